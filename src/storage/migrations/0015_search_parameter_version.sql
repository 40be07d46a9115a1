-- Which version of the SearchParameter the row is of: a reindex for a former version does not make a later one ready.
alter table search_parameter add column version integer not null;
