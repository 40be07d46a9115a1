-- Bulk export and import: what was asked for, by whom, and how far it has come. The work itself is a row of `job`.
create table bulk_job (
  id uuid primary key,
  kind text not null check (kind in ('export', 'import')),
  state text not null check (state in ('accepted', 'running', 'done', 'failed')),
  principal jsonb not null,            -- the caller, as it was when it asked
  request jsonb not null,
  progress text not null default '',
  lines_done bigint not null default 0, -- of an import
  transaction_time timestamptz(3),     -- of an export: everything committed before is in it
  error text,
  created_at timestamptz(3) not null,
  finished_at timestamptz(3)
);

-- The files of a job: newline-delimited resources of one type. They go with it.
create table bulk_file (
  job uuid not null references bulk_job on delete cascade,
  number integer not null,
  kind text not null check (kind in ('output', 'deleted', 'error', 'input')),
  type text not null,
  lines bigint not null default 0,
  primary key (job, number)
);
create table bulk_chunk (
  job uuid not null,
  file integer not null,
  number integer not null,
  content text not null,
  primary key (job, file, number),
  foreign key (job, file) references bulk_file on delete cascade
);
