-- Lawful erasure of a person: asked for by one, carried out by another.
create table erasure (
  number bigint generated always as identity primary key,
  patient bigint not null,
  id text not null,
  reason text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  confirmed_by text,
  done_at timestamptz
);
revoke all on erasure from public;
