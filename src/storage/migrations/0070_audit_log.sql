-- The audit log in commit order: what has a lower xid than every running transaction is complete, and can be sealed
-- (decision 18). By patient it is found through audit_patient, which the sealer writes: the entries themselves have no index
-- that a read or a create would have to keep.
alter table audit add column xid xid8 not null default pg_current_xact_id();
alter table audit drop constraint audit_pkey;
alter table audit add primary key (xid, seq);
drop index audit_patients;
create index audit_at on audit (at, xid, seq);

-- Who acted, as the token said it; `key` stands in audit.subject. One row per distinct caller and reason.
create table audit_agent (
  key text primary key,
  subject text not null,
  name text not null,
  role text not null,
  controller text not null,
  unit text,
  hpr text,
  security_level text,
  purpose text
);

create table audit_patient (
  patient bigint not null,
  xid xid8 not null,
  seq bigint not null,
  primary key (patient, xid, seq)
);

-- The hash chain: one link per sealed batch. `digest` is over the rows after the former link up to (xid, seq), `hash` over the
-- former hash and the digest, with a key that the database does not know. `erased`: the rows went after their retention.
create table audit_seal (
  number bigint primary key,
  xid xid8 not null,
  seq bigint not null,
  rows integer not null,
  digest bytea not null,
  hash bytea not null,
  at timestamptz not null,
  erased timestamptz
);

-- What is hashed of an entry; never changes, or no chain could be verified any more.
create function hb_audit_digest(a audit) returns bytea language sql stable as $$
  select sha256(convert_to(json_build_array(a.xid::text, a.seq, (extract(epoch from a.at) * 1000)::bigint, a.request, a.client, a.subject,
    a.organisation, a.action, a.outcome, a.type, a.ids, a.patients, a.detail)::text, 'UTF8'))
$$;

-- The patients that `Type/id`s are about.
create function hb_patients_of(p_ids text[]) returns bigint[] language sql stable as $$
  select coalesce(array_agg(distinct k), '{}')
  from unnest(p_ids) i
    join resource_type t on t.name = split_part(i, '/', 1)
    join resource r on r.type = t.id and r.id = split_part(i, '/', 2)
    cross join unnest(r.patients) k
$$;
