-- Versions that a PATCH made, for Bundle.entry.request.method of histories. Few are; the others tell by themselves what made them.
create table patched_version (
  rid bigint not null,
  version integer not null,
  primary key (rid, version)
);
do $$
begin
  revoke insert, update, delete on patched_version from hjemmebro_request;
exception when undefined_object or insufficient_privilege then null;
end $$;
