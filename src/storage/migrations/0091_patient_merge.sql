-- A Patient that was merged into another (decision 3): what still names it is about the other.
create table patient_merge (
  merged bigint primary key,          -- patient keys
  survivor bigint not null
);
create index patient_merge_survivor on patient_merge (survivor);

-- The short way of a create does not know a merged Patient: the long way finds the one that is left.
do $$
declare
  v_before text := pg_get_functiondef('hb_create'::regproc);
  v_after text := replace(v_before,
    'left join resource p on p.type = c_patient_type and p.id = x.id and p.content is not null',
    'left join resource p on p.type = c_patient_type and p.id = x.id and p.content is not null and not exists (select from patient_merge m where m.merged = p.rid)');
begin
  if v_after = v_before then
    raise exception 'hb_create has another form than this migration knows';
  end if;
  execute v_after;
end $$;
