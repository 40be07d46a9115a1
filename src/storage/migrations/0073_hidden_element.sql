-- Elements that are shown to the entitled alone, sealed (decision 17): addresses of people whose address is protected. They stand
-- in no text of the resource, so no way out can forget to leave them out. A version without a row has those of the one before.
create table hidden_element (
  rid bigint not null,
  version integer not null,
  sealed text not null,
  primary key (rid, version)
);
