-- Dictionaries. Committed before the write transaction that uses them (decision 2); ids never change.
create table resource_type (
  id smallint generated always as identity primary key,
  name text not null unique
);
create table dict_system (
  id integer generated always as identity primary key,
  url text collate "C" not null unique
);
insert into dict_system (url) overriding system value values ('');
create table dict_code (
  id integer generated always as identity primary key,
  system integer not null references dict_system,
  code text collate "C" not null,
  unique (code, system)
);
-- Search parameters: (type, code); type '*' for those of every resource (_tag, _profile …).
create table dict_param (
  id integer generated always as identity primary key,
  type text not null,
  code text not null,
  unique (type, code)
);
-- Organisations, professionals and clients that can hold a relation: 'org:<orgnr>', 'hpr:<number>', 'client:<id>'.
create table dict_party (
  id integer generated always as identity primary key,
  key text collate "C" not null unique
);
-- Data controllers (dataansvarlig) by organisation number; '' = shared definitions that belong to nobody.
create table dict_controller (
  id integer generated always as identity primary key,
  orgnr text not null unique
);
insert into dict_controller (orgnr) values ('');

create sequence resource_rid as bigint;

-- Current version of every resource, as the text that is sent back. `content` is null when deleted.
-- A patient key is the rid of the Patient resource. Dictionary ids have no foreign keys here: their rows are committed before
-- and never go, and the check would lock the same few rows in every write.
create table resource (
  rid bigint primary key,
  type smallint not null,
  id text collate "C" not null,
  version integer not null,
  updated timestamptz(3) not null,
  controller integer not null,
  patients bigint[] not null default '{}',
  managed boolean not null default false,
  content text,
  unique (type, id)
);
create index resource_updated on resource (type, updated, rid) where content is not null;
create index resource_of_type on resource (type, rid) where content is not null;

-- Superseded versions: written when a version is replaced, so that a create writes its text once. History = this + resource.
create table resource_history (
  rid bigint not null,
  version integer not null,
  type smallint not null,
  id text collate "C" not null,
  updated timestamptz(3) not null,
  controller integer not null,
  patients bigint[] not null,
  content text,
  primary key (rid, version)
);

-- Search rows (src/search/index-row.ts). `param` implies the type, save for the parameters of every resource.
create table sp_token (
  param integer not null, code integer not null, rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_token_value on sp_token (param, code, rid);
create index sp_token_rid on sp_token (rid);

create table sp_identifier (
  param integer not null, system integer not null, value text collate "C" not null,
  type_code integer, rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_identifier_value on sp_identifier (value, param, system, rid);
create index sp_identifier_rid on sp_identifier (rid);

-- low/high: milliseconds since 1970, half-open.
create table sp_date (
  param integer not null, low bigint not null, high bigint not null, rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_date_low on sp_date (param, low, rid) include (high);
create index sp_date_rid on sp_date (rid);
-- What lasts longer than a day (25 hours when the clocks change) is rare: `gt` looks for it here, for the rest by `low`.
create index sp_date_long on sp_date (param, high, rid) include (low) where high - low > 90000000;

create table sp_quantity (
  param integer not null, low numeric not null, high numeric not null,
  system integer, code integer, canon_code integer, canon_low numeric, canon_high numeric,
  rid bigint not null, controller integer not null, patients bigint[] not null
);
create index sp_quantity_low on sp_quantity (param, low, rid);
create index sp_quantity_canon on sp_quantity (param, canon_code, canon_low, rid) where canon_code is not null;
create index sp_quantity_rid on sp_quantity (rid);
-- Ranges (and `<5`, `>5`) are rare: `gt` looks for them here, for single values by `low`.
create index sp_quantity_range on sp_quantity (param, high, rid) where low <> high;
create index sp_quantity_canon_range on sp_quantity (param, canon_code, canon_high, rid) where canon_low <> canon_high;

create table sp_string (
  param integer not null, value text collate "C" not null, exact text collate "C" not null, rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_string_value on sp_string (param, left(value, 200), rid);
create index sp_string_rid on sp_string (rid);

create table sp_uri (
  param integer not null, value text collate "C" not null, rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_uri_value on sp_uri (param, md5(value), rid);
create index sp_uri_rid on sp_uri (rid);

create table sp_reference (
  param integer not null, target_type smallint, target_id text collate "C", target_version text, url text collate "C",
  identifier_system integer, identifier_value text collate "C", rid bigint not null,
  controller integer not null, patients bigint[] not null
);
create index sp_reference_target on sp_reference (target_id, param, target_type, rid) where target_id is not null;
create index sp_reference_identifier on sp_reference (identifier_value, param, identifier_system, rid) where identifier_value is not null;
create index sp_reference_url on sp_reference (md5(url), param, rid) where url is not null;
create index sp_reference_rid on sp_reference (rid);

-- Observation time series (decision 4): one row per literal coding of Observation.code or component.code and patient.
create table observation_point (
  patient bigint not null, code integer not null, low bigint not null, high bigint not null, rid bigint not null,
  value numeric, unit integer, component boolean not null, controller integer not null
);
create index observation_point_series on observation_point (patient, code, low desc, rid desc) include (high, value, unit, component);
create index observation_point_rid on observation_point (rid);

-- Patients by national identifier (decision 3): one active Patient per identifier and controller.
create table patient_identifier (
  controller integer not null, system integer not null, value text collate "C" not null,
  patient bigint not null,
  primary key (value, system, controller)
);
create index patient_identifier_patient on patient_identifier (patient);

-- Care relations (decision 16): a party may see a patient from `starts` to `ends`.
create table relation (
  party integer not null references dict_party,
  patient bigint not null,
  kind text not null check (kind in ('episode', 'fastlege', 'referral', 'referral-received', 'plan', 'admission')),
  source bigint not null,
  starts timestamptz not null,
  ends timestamptz,
  primary key (patient, party, kind, source)
);
create index relation_party on relation (party, patient) include (starts, ends);

-- Rows granted one by one: an unaccepted referral to its sender, a reading to the device client that sent it.
create table resource_party (
  rid bigint not null, party integer not null,
  primary key (party, rid)
);
create index resource_party_rid on resource_party (rid);

-- One row per change, in the transaction of the change (decision 15). Read in commit order below pg_snapshot_xmin.
create table change_log (
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  kind "char" not null,               -- c(reate) u(pdate) d(elete)
  type smallint not null,
  rid bigint not null,
  version integer not null,
  controller integer not null,
  patients bigint[] not null,
  primary key (xid, seq)
);

-- What was done, by whom, to what (decision 18). No identity numbers.
create table audit (
  seq bigint generated always as identity primary key,
  at timestamptz(3) not null,
  request text not null,
  client text not null,
  subject text not null,
  organisation text,
  action text not null,               -- create read vread update delete search history operation message denied …
  outcome smallint not null,          -- 0 success, 4 refused, 8 failed
  type text,
  ids text[] not null default '{}',
  patients bigint[] not null default '{}',
  detail text
);
-- Reads and searches have none here; without the condition each would still have an entry.
create index audit_patients on audit using gin (patients) where patients <> '{}';

-- The follow-up engine's state of one patient: pure data, changed only under the patient lock.
create table followup_state (
  patient bigint primary key,
  controller integer not null,
  state text not null,
  next_at timestamptz,                -- when time itself must be judged again (schedules, deadlines, red clock)
  updated timestamptz not null
);
create index followup_state_next on followup_state (next_at) where next_at is not null;

-- Open alerts: one per patient and rule (decision 5).
create table followup_alert (
  patient bigint not null,
  rule text not null,
  issue bigint not null,
  task bigint,
  open boolean not null,
  primary key (issue)
);
create unique index followup_alert_open on followup_alert (patient, rule) where open;

-- Durable work: re-evaluation after an engine failure, outbound messages (decision 11).
create table job (
  id bigint generated always as identity primary key,
  kind text not null,
  key text,                           -- at most one open job of a kind and key
  payload jsonb not null,
  run_at timestamptz not null,        -- moved ahead while an instance works on it
  attempts integer not null default 0,
  last_error text,
  done_at timestamptz
);
create index job_ready on job (run_at) where done_at is null;
create unique index job_key on job (kind, key) where done_at is null and key is not null;

-- Messages in and out, as received and as sent, with their receipt.
create table message (
  id uuid primary key,
  direction text not null check (direction in ('in', 'out')),
  transport text not null,
  msg_id text,
  msg_type text,
  conversation text,
  parent text,
  sender text,
  receiver text,
  party text,
  received_at timestamptz not null,
  raw bytea not null,
  state text not null,                -- accepted rejected held failed | queued sent acknowledged dead
  receipt bytea,
  receipt_code text,
  error text,
  effects text[] not null default '{}',
  patients bigint[] not null default '{}'
);
create unique index message_in_once on message (sender, msg_id) where direction = 'in' and msg_id is not null;
create index message_state on message (direction, state, received_at);

-- Subscriptions: position in the log, numbered events, deliveries (decision 15).
create table subscription_state (
  rid bigint primary key,
  version integer not null,           -- version of the Subscription that matching follows
  announced text not null,            -- Subscription.status as that version shows it
  status text not null check (status in ('active', 'off', 'error', 'deleted')),
  start_xid xid8 not null,
  start_seq bigint not null,
  next_event bigint not null default 1,
  settled bigint not null default 0,  -- every event up to this one is delivered, dead or withheld
  failures integer not null default 0,
  failing_since timestamptz,
  next_attempt timestamptz,
  error text,
  lease_owner text,
  lease_until timestamptz
) with (fillfactor = 50);
create index subscription_state_due on subscription_state (next_attempt) where status = 'active' and settled + 1 < next_event;
-- Who created the Subscription (a principal as JSON): events are judged by the access of this caller.
create table subscription_owner (
  rid bigint primary key,
  principal jsonb not null
);
create table subscription_event (
  subscription bigint not null,
  event bigint not null,
  rid bigint not null,
  version integer not null,
  kind "char" not null,
  at timestamptz not null,
  outcome "char",                     -- null pending, d(elivered), x dead, w(ithheld: access has ended)
  settled_at timestamptz,
  primary key (subscription, event)
);
create table log_position (
  reader text primary key,
  xid xid8 not null,
  seq bigint not null
);

-- When a part that must never stand still last worked (decision 11).
create table heartbeat (
  name text primary key,
  at timestamptz not null
);

-- Sending of outbound messages: one row per message of direction out, made by the sender.
create table message_delivery (
  message uuid primary key references message,
  attempts integer not null default 0,
  failing_since timestamptz,
  next_attempt timestamptz,
  sent_at timestamptz,
  alarmed_at timestamptz,
  lease_owner text,
  lease_until timestamptz
);
create index message_delivery_unanswered on message_delivery (sent_at) where alarmed_at is null;
