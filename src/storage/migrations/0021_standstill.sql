-- When monitoring itself stood still: misses of that time are marked as its own.
create table standstill (
  part text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  primary key (part, from_at)
);
