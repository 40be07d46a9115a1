-- A second fence under the conditions of the queries: requests are answered by a role that sees rows of the data controllers its
-- connection was opened for, and rows of none. It writes no resource: `commit` alone does. The fence stands where content is;
-- search rows have none, and conditions on them must be free to use every index.
do $$
begin
  if not exists (select from pg_roles where rolname = 'hjemmebro_request') then
    create role hjemmebro_request nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;  -- another database of the same server was quicker
  when insufficient_privilege then null;                -- the server says so at its start
end $$;

do $$
declare
  fenced text;
begin
  if not exists (select from pg_roles where rolname = 'hjemmebro_request') then return; end if;
  execute format('grant hjemmebro_request to %I', current_user);
  grant usage on schema public to hjemmebro_request;
  grant select, insert, update, delete on all tables in schema public to hjemmebro_request;
  grant usage on all sequences in schema public to hjemmebro_request;
  alter default privileges in schema public grant select, insert, update, delete on tables to hjemmebro_request;
  alter default privileges in schema public grant usage on sequences to hjemmebro_request;
  revoke update, delete on audit, audit_agent from hjemmebro_request;
  revoke insert, update, delete on audit_seal, audit_patient, relation, record_block, resource_party, patient_identifier from hjemmebro_request;
  foreach fenced in array array['resource', 'resource_history', 'observation_point', 'change_log', 'patient_identifier', 'followup_state'] loop
    execute format('revoke insert, update, delete on %I from hjemmebro_request', fenced);
    execute format('alter table %I enable row level security', fenced);
    execute format('create policy controllers on %I for select to hjemmebro_request
      using (controller = any ((select current_setting(''hjemmebro.controllers'')::integer[])::integer[]))', fenced);
  end loop;
exception when insufficient_privilege then null;
end $$;
