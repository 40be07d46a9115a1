-- What the embedded token issuer remembers: sessions, codes, grants, refresh tokens, used assertions.
create table issuer_record (
  kind text not null,
  id text not null,
  payload jsonb not null,
  -- All of a grant are revoked at once.
  grant_id text,
  -- A session is also found by its public id.
  uid text,
  consumed timestamptz,
  expires timestamptz,
  primary key (kind, id)
);
create index issuer_record_of_grant on issuer_record (grant_id) where grant_id is not null;
create index issuer_record_by_uid on issuer_record (uid) where uid is not null;
create index issuer_record_expiry on issuer_record (expires) where expires is not null;
