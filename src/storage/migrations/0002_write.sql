-- The one statement that writes (src/storage/write.ts): everything a commit changes, as arrays, in one round trip.
-- A block of 1000 rids is taken at a time, so that a create knows its rid without asking.
alter sequence resource_rid increment by 1000;

-- Writes resources with their history, search rows, grants, audit row and change-log rows. `*_at` is the 1-based place in the
-- resource arrays. p_kind: c(reate) u(pdate) d(elete). p_patients: array literals of patient keys.
create function hb_write(
  p_now timestamptz, p_rid bigint[], p_type smallint[], p_id text[], p_version integer[], p_controller integer[],
  p_patients text[], p_managed boolean[], p_content text[], p_kind "char"[],
  t_at integer[], t_param integer[], t_code integer[],
  i_at integer[], i_param integer[], i_system integer[], i_value text[], i_type integer[],
  d_at integer[], d_param integer[], d_low bigint[], d_high bigint[],
  q_at integer[], q_param integer[], q_low numeric[], q_high numeric[], q_system integer[], q_code integer[],
  q_canon integer[], q_canon_low numeric[], q_canon_high numeric[],
  s_at integer[], s_param integer[], s_value text[], s_exact text[],
  u_at integer[], u_param integer[], u_value text[],
  r_at integer[], r_param integer[], r_type smallint[], r_id text[], r_version text[], r_url text[], r_system integer[], r_value text[],
  o_at integer[], o_code integer[], o_low bigint[], o_high bigint[], o_value numeric[], o_unit integer[], o_component boolean[],
  g_at integer[], g_party integer[],
  a_request text, a_client text, a_subject text, a_organisation text, a_action text, a_type text, a_ids text[], a_detail text
) returns void language plpgsql as $$
declare
  v_old bigint[];
begin
  if 'c' <> all (p_kind) or cardinality(p_kind) > 1 then
    select array_agg(w.rid) into v_old from unnest(p_rid, p_kind) w(rid, kind) where w.kind <> 'c';
  end if;
  if v_old is not null then
    insert into resource_history (rid, version, type, id, updated, controller, patients, content)
      select rid, version, type, id, updated, controller, patients, content from resource where rid = any (v_old);
    delete from sp_token where rid = any (v_old);
    delete from sp_identifier where rid = any (v_old);
    delete from sp_date where rid = any (v_old);
    delete from sp_quantity where rid = any (v_old);
    delete from sp_string where rid = any (v_old);
    delete from sp_uri where rid = any (v_old);
    delete from sp_reference where rid = any (v_old);
    delete from observation_point where rid = any (v_old);
  end if;

  insert into resource as r (rid, type, id, version, updated, controller, patients, managed, content)
    select w.rid, w.type, w.id, w.version, p_now, w.controller, w.patients::bigint[], w.managed, w.content
    from unnest(p_rid, p_type, p_id, p_version, p_controller, p_patients, p_managed, p_content)
      w(rid, type, id, version, controller, patients, managed, content)
    on conflict (rid) do update set version = excluded.version, updated = excluded.updated, controller = excluded.controller,
      patients = excluded.patients, managed = excluded.managed, content = excluded.content;

  if t_at <> '{}' then
    insert into sp_token (param, code, rid, controller, patients)
      select x.param, x.code, w.rid, w.controller, w.patients::bigint[]
      from unnest(t_at, t_param, t_code) x(at, param, code)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if i_at <> '{}' then
    insert into sp_identifier (param, system, value, type_code, rid, controller, patients)
      select x.param, x.system, x.value, x.type_code, w.rid, w.controller, w.patients::bigint[]
      from unnest(i_at, i_param, i_system, i_value, i_type) x(at, param, system, value, type_code)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if d_at <> '{}' then
    insert into sp_date (param, low, high, rid, controller, patients)
      select x.param, x.low, x.high, w.rid, w.controller, w.patients::bigint[]
      from unnest(d_at, d_param, d_low, d_high) x(at, param, low, high)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if q_at <> '{}' then
    insert into sp_quantity (param, low, high, system, code, canon_code, canon_low, canon_high, rid, controller, patients)
      select x.param, x.low, x.high, x.system, x.code, x.canon, x.canon_low, x.canon_high, w.rid, w.controller, w.patients::bigint[]
      from unnest(q_at, q_param, q_low, q_high, q_system, q_code, q_canon, q_canon_low, q_canon_high)
        x(at, param, low, high, system, code, canon, canon_low, canon_high)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if s_at <> '{}' then
    insert into sp_string (param, value, exact, rid, controller, patients)
      select x.param, x.value, x.exact, w.rid, w.controller, w.patients::bigint[]
      from unnest(s_at, s_param, s_value, s_exact) x(at, param, value, exact)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if u_at <> '{}' then
    insert into sp_uri (param, value, rid, controller, patients)
      select x.param, x.value, w.rid, w.controller, w.patients::bigint[]
      from unnest(u_at, u_param, u_value) x(at, param, value)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if r_at <> '{}' then
    insert into sp_reference (param, target_type, target_id, target_version, url, identifier_system, identifier_value, rid, controller, patients)
      select x.param, x.type, x.id, x.version, x.url, x.system, x.value, w.rid, w.controller, w.patients::bigint[]
      from unnest(r_at, r_param, r_type, r_id, r_version, r_url, r_system, r_value) x(at, param, type, id, version, url, system, value)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at;
  end if;
  if o_at <> '{}' then
    insert into observation_point (patient, code, low, high, rid, value, unit, component, controller)
      select p.patient, x.code, x.low, x.high, w.rid, x.value, x.unit, x.component, w.controller
      from unnest(o_at, o_code, o_low, o_high, o_value, o_unit, o_component) x(at, code, low, high, value, unit, component)
      join unnest(p_rid, p_controller, p_patients) with ordinality w(rid, controller, patients, at) on w.at = x.at
      cross join unnest(case when w.patients = '{}' then array[0::bigint] else w.patients::bigint[] end) p(patient);  -- 0: not yet known
  end if;
  if g_at <> '{}' then
    insert into resource_party (rid, party)
      select w.rid, x.party from unnest(g_at, g_party) x(at, party)
      join unnest(p_rid) with ordinality w(rid, at) on w.at = x.at
      on conflict do nothing;
  end if;

  insert into change_log (kind, type, rid, version, controller, patients)
    select w.kind, w.type, w.rid, w.version, w.controller, w.patients::bigint[]
    from unnest(p_kind, p_type, p_rid, p_version, p_controller, p_patients) with ordinality
      w(kind, type, rid, version, controller, patients, at) order by w.at;

  insert into audit (at, request, client, subject, organisation, action, outcome, type, ids, patients, detail)
    values (p_now, a_request, a_client, a_subject, a_organisation, a_action, 0, a_type, a_ids,
      (select coalesce(array_agg(distinct k), '{}') from unnest(p_patients) w(patients), unnest(w.patients::bigint[]) k), a_detail);
end $$;

-- A create in one round trip: finds the patients, checks the relation, and writes – unless the change concerns a patient who is
-- monitored or a patient that cannot be found, which need the long way.
-- Returns ok · forbidden (no relation) · long (nothing was written).
create function hb_create(
  c_patient_type smallint, c_ids text[], c_systems integer[], c_values text[], c_parties integer[], c_feeds boolean, c_own_controller boolean,
  p_now timestamptz, p_rid bigint, p_type smallint, p_id text, p_controller integer, p_content text,
  t_at integer[], t_param integer[], t_code integer[],
  i_at integer[], i_param integer[], i_system integer[], i_value text[], i_type integer[],
  d_at integer[], d_param integer[], d_low bigint[], d_high bigint[],
  q_at integer[], q_param integer[], q_low numeric[], q_high numeric[], q_system integer[], q_code integer[],
  q_canon integer[], q_canon_low numeric[], q_canon_high numeric[],
  s_at integer[], s_param integer[], s_value text[], s_exact text[],
  u_at integer[], u_param integer[], u_value text[],
  r_at integer[], r_param integer[], r_type smallint[], r_id text[], r_version text[], r_url text[], r_system integer[], r_value text[],
  o_at integer[], o_code integer[], o_low bigint[], o_high bigint[], o_value numeric[], o_unit integer[], o_component boolean[],
  g_at integer[], g_party integer[],
  a_request text, a_client text, a_subject text, a_organisation text, a_action text, a_type text, a_ids text[], a_detail text
) returns text language plpgsql as $$
declare
  v_patients bigint[] := '{}';
  v_found integer := 0;
  v_controllers integer[] := '{}';
  v_key bigint;
begin
  if c_ids <> '{}' then
    select coalesce(array_agg(p.rid), '{}'), count(*), coalesce(array_agg(p.controller), '{}') into v_patients, v_found, v_controllers
      from resource p where p.type = c_patient_type and p.id = any (c_ids) and p.content is not null;
    if v_found <> cardinality(c_ids) then return 'long'; end if;
  end if;
  if c_values <> '{}' then
    select v_patients || coalesce(array_agg(distinct f.patient), '{}'), count(distinct (f.system, f.value)), v_controllers || coalesce(array_agg(f.controller), '{}')
      into v_patients, v_found, v_controllers
      from unnest(c_systems, c_values) x(system, value)
      join patient_identifier f on f.value = x.value and f.system = x.system and f.controller = p_controller;
    if v_found <> cardinality(c_values) then return 'long'; end if;
  end if;
  if v_patients <> '{}' then
    if not c_own_controller or exists (select from unnest(v_controllers) c where c <> p_controller) then return 'long'; end if;
    select array_agg(distinct k order by k) into v_patients from unnest(v_patients) k;
    if c_parties is not null and exists (
      select from unnest(v_patients) k where not exists (
        select from relation x where x.patient = k and x.party = any (c_parties) and x.starts <= p_now and (x.ends is null or x.ends > p_now)))
    then return 'forbidden'; end if;
    if c_feeds then
      -- Shared: creates for an unmonitored patient go side by side; whatever makes the patient monitored locks exclusively.
      foreach v_key in array v_patients loop
        perform pg_advisory_xact_lock_shared(v_key);
      end loop;
      if exists (select from followup_state f where f.patient = any (v_patients)) then return 'long'; end if;
    end if;
  end if;
  perform hb_write(p_now, array[p_rid], array[p_type], array[p_id], array[1], array[p_controller], array[v_patients::text],
    array[false], array[p_content], array['c'::"char"],
    t_at, t_param, t_code, i_at, i_param, i_system, i_value, i_type, d_at, d_param, d_low, d_high,
    q_at, q_param, q_low, q_high, q_system, q_code, q_canon, q_canon_low, q_canon_high,
    s_at, s_param, s_value, s_exact, u_at, u_param, u_value,
    r_at, r_param, r_type, r_id, r_version, r_url, r_system, r_value,
    o_at, o_code, o_low, o_high, o_value, o_unit, o_component, g_at, g_party,
    a_request, a_client, a_subject, a_organisation, a_action, a_type, a_ids, a_detail);
  return 'ok';
end $$;
