-- Search rows for composites over repeating elements, units as people write them, positions and full text; search
-- parameters of the operator's own; and the statements of 0002 that write, with these.

-- Which repetition of a repeating element a value stands in (0, 1 …): values with the same number belong together.
alter table sp_token add column element integer;
alter table sp_identifier add column element integer;
alter table sp_quantity add column element integer, add column unit integer; -- unit: as written, where it is not the code
alter table sp_string add column element integer;
alter table sp_reference add column element integer;

-- Where something is, WGS 84 degrees.
create table sp_position (
  param integer not null, latitude float8 not null, longitude float8 not null, rid bigint not null
);
create index sp_position_place on sp_position (param, latitude, longitude, rid);
create index sp_position_rid on sp_position (rid);

-- Words of the narrative and of everything written in a resource, folded as src/search/fold.ts does. Filled from the change
-- log (src/storage/search/text-index.ts), so that a measurement that comes in does not wait for it.
create table sp_text (
  rid bigint primary key,
  narrative tsvector not null,
  content tsvector not null
);
create index sp_text_narrative on sp_text using gin (narrative);
create index sp_text_content on sp_text using gin (content);

-- What lies below a URL begins with it.
create index sp_uri_start on sp_uri (param, left(value, 200), rid);

-- Search parameters that were stored as resources, beside those of the standard and of profiles/.
create table search_parameter (
  rid bigint primary key,             -- of the SearchParameter
  url text not null,
  definition text not null,           -- the resource, as JSON
  ready boolean not null              -- false: what was there before is still being indexed
);
-- Grows with every change of search_parameter. Whoever writes search rows by an older state is turned away (HB001).
create table search_generation (
  generation integer not null,
  only_one boolean primary key default true check (only_one)
);
insert into search_generation (generation) values (0);

drop function hb_create;
drop function hb_write;
drop function hb_rows;

-- Writes resources with their history, search rows, grants and change-log rows. `*_at` is the 1-based place in the resource
-- arrays. p_kind: c(reate) u(pdate) d(elete) i(ndex anew: search rows only);
-- null = leave this one out. p_patients: array literals of patient keys.
-- The columns of a table come by `unnest` in the select list and what belongs to the resource by subscript: measured, a join
-- of function scans took twice the time for the handful of rows that a measurement has. Plans need no values, so they are
-- made once per connection.
create function hb_rows(
  p_updated timestamptz[], p_rid bigint[], p_type smallint[], p_id text[], p_version integer[], p_controller integer[],
  p_patients text[], p_managed boolean[], p_content text[], p_kind "char"[],
  t_at integer[], t_param integer[], t_code integer[], t_element integer[],
  i_at integer[], i_param integer[], i_system integer[], i_value text[], i_type integer[], i_element integer[],
  d_at integer[], d_param integer[], d_low bigint[], d_high bigint[],
  q_at integer[], q_param integer[], q_low numeric[], q_high numeric[], q_system integer[], q_code integer[],
  q_canon integer[], q_canon_low numeric[], q_canon_high numeric[], q_unit integer[], q_element integer[],
  s_at integer[], s_param integer[], s_value text[], s_exact text[], s_element integer[],
  u_at integer[], u_param integer[], u_value text[],
  r_at integer[], r_param integer[], r_type smallint[], r_id text[], r_version text[], r_url text[], r_system integer[], r_value text[], r_element integer[],
  l_at integer[], l_param integer[], l_latitude float8[], l_longitude float8[],
  o_at integer[], o_code integer[], o_low bigint[], o_high bigint[], o_value numeric[], o_unit integer[], o_component boolean[],
  g_at integer[], g_party integer[], p_generation integer
) returns void language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_old bigint[];
begin
  -- Shared: whoever changes the search parameters waits for those who write by the old ones, and they by the new ones.
  perform pg_advisory_xact_lock_shared(1212809220, 0);
  if p_generation <> (select g.generation from search_generation g) then
    raise exception 'the search parameters have changed' using errcode = 'HB001';
  end if;
  if p_kind && '{u,d,i}'::"char"[] then
    select array_agg(w.rid) into v_old from unnest(p_rid, p_kind) w(rid, kind) where w.kind in ('u', 'd', 'i');
    insert into resource_history (rid, version, type, id, updated, controller, patients, content)
      select rid, version, type, id, updated, controller, patients, content from resource
      where rid in (select w.rid from unnest(p_rid, p_kind) w(rid, kind) where w.kind in ('u', 'd'));
    delete from sp_token where rid = any (v_old);
    delete from sp_identifier where rid = any (v_old);
    delete from sp_date where rid = any (v_old);
    delete from sp_quantity where rid = any (v_old);
    delete from sp_string where rid = any (v_old);
    delete from sp_uri where rid = any (v_old);
    delete from sp_reference where rid = any (v_old);
    delete from sp_position where rid = any (v_old);
    delete from sp_text where rid = any (v_old);
    delete from observation_point where rid = any (v_old);
    update resource r set version = w.version, updated = w.updated, controller = w.controller, patients = w.patients::bigint[],
        managed = w.managed, content = w.content
      from unnest(p_rid, p_version, p_updated, p_controller, p_patients, p_managed, p_content, p_kind)
        w(rid, version, updated, controller, patients, managed, content, kind)
      where r.rid = w.rid and w.kind in ('u', 'd');
  end if;
  if 'c' = any (p_kind) then
    insert into resource (rid, type, id, version, updated, controller, patients, managed, content)
      select w.rid, w.type, w.id, w.version, w.updated, w.controller, w.patients::bigint[], w.managed, w.content
      from unnest(p_rid, p_type, p_id, p_version, p_updated, p_controller, p_patients, p_managed, p_content, p_kind)
        w(rid, type, id, version, updated, controller, patients, managed, content, kind)
      where w.kind = 'c';
  end if;

  if t_at <> '{}' then
    insert into sp_token (param, code, element, rid, controller, patients)
      select x.param, x.code, x.element, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(t_at) as at, unnest(t_param) as param, unnest(t_code) as code, unnest(t_element) as element) x
      where p_kind[x.at] is not null;
  end if;
  if i_at <> '{}' then
    insert into sp_identifier (param, system, value, type_code, element, rid, controller, patients)
      select x.param, x.system, x.value, x.type, x.element, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(i_at) as at, unnest(i_param) as param, unnest(i_system) as system, unnest(i_value) as value, unnest(i_type) as type, unnest(i_element) as element) x
      where p_kind[x.at] is not null;
  end if;
  if d_at <> '{}' then
    insert into sp_date (param, low, high, rid, controller, patients)
      select x.param, x.low, x.high, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(d_at) as at, unnest(d_param) as param, unnest(d_low) as low, unnest(d_high) as high) x
      where p_kind[x.at] is not null;
  end if;
  if q_at <> '{}' then
    insert into sp_quantity (param, low, high, system, code, canon_code, canon_low, canon_high, unit, element, rid, controller, patients)
      select x.param, x.low, x.high, x.system, x.code, x.canon, x.canon_low, x.canon_high, x.unit, x.element, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(q_at) as at, unnest(q_param) as param, unnest(q_low) as low, unnest(q_high) as high, unnest(q_system) as system, unnest(q_code) as code, unnest(q_canon) as canon, unnest(q_canon_low) as canon_low, unnest(q_canon_high) as canon_high, unnest(q_unit) as unit, unnest(q_element) as element) x
      where p_kind[x.at] is not null;
  end if;
  if s_at <> '{}' then
    insert into sp_string (param, value, exact, element, rid, controller, patients)
      select x.param, x.value, x.exact, x.element, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(s_at) as at, unnest(s_param) as param, unnest(s_value) as value, unnest(s_exact) as exact, unnest(s_element) as element) x
      where p_kind[x.at] is not null;
  end if;
  if u_at <> '{}' then
    insert into sp_uri (param, value, rid, controller, patients)
      select x.param, x.value, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(u_at) as at, unnest(u_param) as param, unnest(u_value) as value) x
      where p_kind[x.at] is not null;
  end if;
  if r_at <> '{}' then
    insert into sp_reference (param, target_type, target_id, target_version, url, identifier_system, identifier_value, element, rid, controller, patients)
      select x.param, x.type, x.id, x.version, x.url, x.system, x.value, x.element, p_rid[x.at], p_controller[x.at], p_patients[x.at]::bigint[]
      from (select unnest(r_at) as at, unnest(r_param) as param, unnest(r_type) as type, unnest(r_id) as id, unnest(r_version) as version, unnest(r_url) as url, unnest(r_system) as system, unnest(r_value) as value, unnest(r_element) as element) x
      where p_kind[x.at] is not null;
  end if;
  if l_at <> '{}' then
    insert into sp_position (param, latitude, longitude, rid)
      select x.param, x.latitude, x.longitude, p_rid[x.at]
      from (select unnest(l_at) as at, unnest(l_param) as param, unnest(l_latitude) as latitude, unnest(l_longitude) as longitude) x
      where p_kind[x.at] is not null;
  end if;
  if o_at <> '{}' then
    insert into observation_point (patient, code, low, high, rid, value, unit, component, controller)
      select p.patient, x.code, x.low, x.high, p_rid[x.at], x.value, x.unit, x.component, p_controller[x.at]
      from (select unnest(o_at) as at, unnest(o_code) as code, unnest(o_low) as low, unnest(o_high) as high, unnest(o_value) as value, unnest(o_unit) as unit, unnest(o_component) as component) x
      cross join unnest(case when p_patients[x.at] = '{}' then array[0::bigint] else p_patients[x.at]::bigint[] end) p(patient)  -- 0: not yet known
      where p_kind[x.at] is not null;
  end if;
  if g_at <> '{}' then
    insert into resource_party (rid, party)
      select p_rid[x.at], x.party from (select unnest(g_at) as at, unnest(g_party) as party) x
      where p_kind[x.at] is not null
      on conflict do nothing;
  end if;

  insert into change_log (kind, type, rid, version, controller, patients)
    select w.kind, w.type, w.rid, w.version, w.controller, w.patients::bigint[]
    from unnest(p_kind, p_type, p_rid, p_version, p_controller, p_patients) w(kind, type, rid, version, controller, patients)
    where w.kind in ('c', 'u', 'd');
end $$;

-- Everything that one commit changes, with its audit row.
create function hb_write(
  p_updated timestamptz[], p_rid bigint[], p_type smallint[], p_id text[], p_version integer[], p_controller integer[],
  p_patients text[], p_managed boolean[], p_content text[], p_kind "char"[],
  t_at integer[], t_param integer[], t_code integer[], t_element integer[],
  i_at integer[], i_param integer[], i_system integer[], i_value text[], i_type integer[], i_element integer[],
  d_at integer[], d_param integer[], d_low bigint[], d_high bigint[],
  q_at integer[], q_param integer[], q_low numeric[], q_high numeric[], q_system integer[], q_code integer[],
  q_canon integer[], q_canon_low numeric[], q_canon_high numeric[], q_unit integer[], q_element integer[],
  s_at integer[], s_param integer[], s_value text[], s_exact text[], s_element integer[],
  u_at integer[], u_param integer[], u_value text[],
  r_at integer[], r_param integer[], r_type smallint[], r_id text[], r_version text[], r_url text[], r_system integer[], r_value text[], r_element integer[],
  l_at integer[], l_param integer[], l_latitude float8[], l_longitude float8[],
  o_at integer[], o_code integer[], o_low bigint[], o_high bigint[], o_value numeric[], o_unit integer[], o_component boolean[],
  g_at integer[], g_party integer[], p_generation integer,
  a_request text, a_client text, a_subject text, a_organisation text, a_action text, a_type text, a_ids text[], a_detail text
) returns void language plpgsql as $$
begin
  perform hb_rows(p_updated, p_rid, p_type, p_id, p_version, p_controller, p_patients, p_managed, p_content, p_kind,
    t_at, t_param, t_code, t_element, i_at, i_param, i_system, i_value, i_type, i_element, d_at, d_param, d_low, d_high,
    q_at, q_param, q_low, q_high, q_system, q_code, q_canon, q_canon_low, q_canon_high, q_unit, q_element,
    s_at, s_param, s_value, s_exact, s_element, u_at, u_param, u_value,
    r_at, r_param, r_type, r_id, r_version, r_url, r_system, r_value, r_element,
    l_at, l_param, l_latitude, l_longitude,
    o_at, o_code, o_low, o_high, o_value, o_unit, o_component, g_at, g_party, p_generation);
  insert into audit (at, request, client, subject, organisation, action, outcome, type, ids, patients, detail)
    values (p_updated[1], a_request, a_client, a_subject, a_organisation, a_action, 0, a_type, a_ids,
      (select coalesce(array_agg(distinct k), '{}') from unnest(p_patients) w(patients), unnest(w.patients::bigint[]) k), a_detail);
end $$;

-- Creates that need no more than this, each a change of its own, in one round trip and one transaction: finds the patients,
-- checks the relations and writes. `n_*`: patients by id, `f_*`: by identifier; c_parties: array literals, null = no relation
-- is needed; c_feeds: may the resource concern the follow-up of its patient?
-- Returns for each: ok · forbidden (no relation) · long (not written: the patient is monitored, just being changed, or not found).
create function hb_create(
  c_patient_type smallint, n_at integer[], n_id text[], f_at integer[], f_system integer[], f_value text[],
  c_parties text[], c_feeds boolean[],
  p_updated timestamptz[], p_rid bigint[], p_type smallint[], p_id text[], p_controller integer[], p_content text[],
  t_at integer[], t_param integer[], t_code integer[], t_element integer[],
  i_at integer[], i_param integer[], i_system integer[], i_value text[], i_type integer[], i_element integer[],
  d_at integer[], d_param integer[], d_low bigint[], d_high bigint[],
  q_at integer[], q_param integer[], q_low numeric[], q_high numeric[], q_system integer[], q_code integer[],
  q_canon integer[], q_canon_low numeric[], q_canon_high numeric[], q_unit integer[], q_element integer[],
  s_at integer[], s_param integer[], s_value text[], s_exact text[], s_element integer[],
  u_at integer[], u_param integer[], u_value text[],
  r_at integer[], r_param integer[], r_type smallint[], r_id text[], r_version text[], r_url text[], r_system integer[], r_value text[], r_element integer[],
  l_at integer[], l_param integer[], l_latitude float8[], l_longitude float8[],
  o_at integer[], o_code integer[], o_low bigint[], o_high bigint[], o_value numeric[], o_unit integer[], o_component boolean[],
  g_at integer[], g_party integer[], p_generation integer,
  a_request text[], a_client text[], a_subject text[], a_organisation text[], a_type text[]
) returns text[] language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_count integer := cardinality(p_rid);
  v_patients text[] := array_fill('{}'::text, array[v_count]);
  v_kind "char"[] := array_fill('c'::"char", array[v_count]);
  v_outcome text[] := array_fill('ok'::text, array[v_count]);
  v_keys bigint[];
  v_found record;
  v_place integer;
begin
  if n_at <> '{}' or f_at <> '{}' then
    for v_found in
      select n.at, array_agg(distinct n.key order by n.key) as keys, bool_or(n.key is null or n.controller <> p_controller[n.at]) as lost
      from (
        select x.at, p.rid as key, p.controller from (select unnest(n_at) as at, unnest(n_id) as id) x
          left join resource p on p.type = c_patient_type and p.id = x.id and p.content is not null
        union all
        select x.at, f.patient, f.controller from (select unnest(f_at) as at, unnest(f_system) as system, unnest(f_value) as value) x
          left join patient_identifier f on f.value = x.value and f.system = x.system and f.controller = p_controller[x.at]
      ) n group by n.at
    loop
      if v_found.lost then
        v_outcome[v_found.at] := 'long';
      else
        v_patients[v_found.at] := v_found.keys::text;
      end if;
    end loop;
    for v_place in
      select distinct x.at from (select w.at, unnest(w.patients::bigint[]) as key, w.parties::integer[] as parties, w.updated
          from unnest(v_patients, c_parties, p_updated) with ordinality w(patients, parties, updated, at) where w.parties is not null) x
      where not exists (select from relation r where r.patient = x.key and r.party = any (x.parties) and r.starts <= x.updated and (r.ends is null or r.ends > x.updated))
    loop
      v_outcome[v_place] := 'forbidden';
    end loop;
    -- Shared: creates for an unmonitored patient go side by side; whatever makes the patient monitored locks exclusively. Who
    -- would have to wait goes the long way, so that nobody waits for another's patient.
    select array_agg(k.key) into v_keys
      from (select distinct unnest(w.patients::bigint[]) as key from unnest(v_patients, c_feeds) w(patients, feeds) where w.feeds) k
      where not pg_try_advisory_xact_lock_shared(k.key);
    select v_keys || array_agg(f.patient) into v_keys
      from (select distinct unnest(w.patients::bigint[]) as key from unnest(v_patients, c_feeds) w(patients, feeds) where w.feeds) k
      join followup_state f on f.patient = k.key;
    for v_place in 1 .. v_count loop
      if v_outcome[v_place] = 'ok' and c_feeds[v_place] and v_keys && v_patients[v_place]::bigint[] then v_outcome[v_place] := 'long'; end if;
      if v_outcome[v_place] <> 'ok' then v_kind[v_place] := null; end if;
    end loop;
    if 'ok' <> all (v_outcome) then return v_outcome; end if;
  end if;
  perform hb_rows(p_updated, p_rid, p_type, p_id, array_fill(1, array[v_count]), p_controller, v_patients,
    array_fill(false, array[v_count]), p_content, v_kind,
    t_at, t_param, t_code, t_element, i_at, i_param, i_system, i_value, i_type, i_element, d_at, d_param, d_low, d_high,
    q_at, q_param, q_low, q_high, q_system, q_code, q_canon, q_canon_low, q_canon_high, q_unit, q_element,
    s_at, s_param, s_value, s_exact, s_element, u_at, u_param, u_value,
    r_at, r_param, r_type, r_id, r_version, r_url, r_system, r_value, r_element,
    l_at, l_param, l_latitude, l_longitude,
    o_at, o_code, o_low, o_high, o_value, o_unit, o_component, g_at, g_party, p_generation);
  insert into audit (at, request, client, subject, organisation, action, outcome, type, ids, patients)
    select w.updated, w.request, w.client, w.subject, w.organisation, 'create', 0, w.type, array[w.type || '/' || w.id], w.patients::bigint[]
    from unnest(p_updated, a_request, a_client, a_subject, a_organisation, a_type, p_id, v_patients, v_kind)
      w(updated, request, client, subject, organisation, type, id, patients, kind)
    where w.kind is not null;
  return v_outcome;
end $$;
