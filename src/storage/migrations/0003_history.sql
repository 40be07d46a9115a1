-- History of one type goes along the log of that type; without this it would read the log of everything.
create index change_log_of_type on change_log (type, xid, seq);
