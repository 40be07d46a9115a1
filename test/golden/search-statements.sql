-- Patient?
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Patient> and r.content is not null
  order by r.rid desc limit 51;

-- Patient?_id=a,b&_lastUpdated=ge2026-01-01
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Patient> and r.content is not null and r.id = any ($1::text[]) and r.updated >= $2::timestamptz
  order by r.rid desc limit 51;

-- Patient?identifier=http://example.org/known|1&name=ås
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Patient> and r.content is not null and exists (select from sp_identifier s1
  where s1.rid = r.rid and s1.param = <Patient.identifier> and (s1.value = $1 and s1.system = $2)) and exists (select from sp_string s2
  where s2.rid = r.rid and s2.param = <Patient.name> and (left(s2.value, 200) >= $3 and left(s2.value, 200) < $4))
  order by r.rid desc limit 51;

-- Patient?birthdate=gt1950&_sort=birthdate,-family
select x.rid::float8 as rid, x.type, x.id, x.version, (extract(epoch from x.updated) * 1000)::float8 as updated, x.content as text, x.k0::float8 as k0, x.k1 as k1 from (select r.*, d.low as k0, (select max(left(s3.value, 200)) from sp_string s3
  where s3.rid = r.rid and s3.param = <Patient.family>) as k1 from sp_date d
  join resource r on r.rid = d.rid
  where d.param = <Patient.birthdate> and not exists (select from sp_date b
  where b.rid = d.rid and b.param = d.param and (b.low, b.high) < (d.low, d.high)) and r.type = <Patient> and r.content is not null and exists (select from sp_date s1
  where s1.rid = r.rid and s1.param = <Patient.birthdate> and ((s1.low > $2::bigint and s1.high > $1::bigint) or (s1.high - s1.low > 90000000 and s1.high > $1::bigint)))) x
  where x.k0 is not null
  order by x.k0, x.k1 desc nulls last, x.rid limit 51;

-- Observation?patient=Patient/1&category=http://loinc.org|1
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and r.rid in (select s1.rid from sp_reference s1
  where s1.param = <Observation.subject> and s1.target_id = $1 and s1.target_type in (<Patient>)
  union all select s2.rid from resource p4 join patient_identifier k3 on k3.patient = p4.rid join sp_reference s2 on s2.identifier_value = k3.value and s2.identifier_system = k3.system and s2.controller = k3.controller and s2.target_id is null
  where s2.param = <Observation.subject> and p4.type = <Patient> and p4.id = any ($2::text[])) and exists (select from sp_token s5
  where s5.rid = r.rid and s5.param = <Observation.category> and s5.code = $3)
  order by r.rid desc limit 51;

-- Observation?patient=Patient/1&code=http://loinc.org|1&date=ge2026-03-01&_sort=-date
select r.rid::float8 as rid, r.id, r.content::varchar as content, o.low::float8 as k0, r.patients[1]::float8 as patient from observation_point o
  join resource r on r.rid = o.rid
  where o.patient = (select p.rid from resource p
  where p.type = <Patient> and p.id = $2) and (o.code = $1) and not o.component and (((o.low > $4::bigint and o.high > $3::bigint) or (o.high - o.low > 90000000 and o.high > $3::bigint))) and r.content is not null
  order by o.low desc, o.rid desc limit 51;

-- Observation?code=http://loinc.org|1&value-quantity=gt5.4|http://unitsofmeasure.org|kg
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and exists (select from sp_token s1
  where s1.rid = r.rid and s1.param = <Observation.code> and s1.code = $1) and exists (select from sp_quantity s2
  where s2.rid = r.rid and s2.param = <Observation.value-quantity> and (s2.canon_code = $2 and ((s2.canon_low > $3::numeric and s2.canon_high > $3::numeric) or (s2.canon_low <> s2.canon_high and s2.canon_high > $3::numeric))))
  order by r.rid desc limit 51;

-- Observation?code:not=http://loinc.org|1&method:missing=true
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and not (exists (select from sp_token s1
  where s1.rid = r.rid and s1.param = <Observation.code> and s1.code = $1)) and not (exists (select from sp_token s2
  where s2.rid = r.rid and s2.param = <Observation.method>))
  order by r.rid desc limit 51;

-- Observation?combo-code-value-quantity=http://loinc.org|1$gt5.4
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and exists (select from sp_token s1 join sp_quantity s2 on s2.rid = s1.rid and s2.element is not distinct from s1.element
  where s1.rid = r.rid and s1.param in (1036, 1037) and s1.code = $1 and s2.param in (1040, 1057) and ((s2.low > $2::numeric and s2.high > $2::numeric) or (s2.low <> s2.high and s2.high > $2::numeric)))
  order by r.rid desc limit 51;

-- Location?near=69.65|18.96|10|km
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Location> and r.content is not null and exists (select from sp_position s1
  where s1.rid = r.rid and s1.param = <Location.near> and (s1.latitude between $3::float8 and $4::float8 and 12742017.6 * asin(least(1, sqrt(power(sin(radians(s1.latitude - $1::float8) / 2), 2) + cos(radians($1::float8)) * cos(radians(s1.latitude)) * power(sin(radians(s1.longitude - $2::float8) / 2), 2)))) <= $5::float8))
  order by r.rid desc limit 51;

-- Observation?_filter=code%20eq%20http://loinc.org|1%20and%20not%20(value-quantity%20gt%205.4)
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and (exists (select from sp_token s1
  where s1.rid = r.rid and s1.param = <Observation.code> and s1.code = $1) and not (exists (select from sp_quantity s2
  where s2.rid = r.rid and s2.param = <Observation.value-quantity> and ((s2.low > $2::numeric and s2.high > $2::numeric) or (s2.low <> s2.high and s2.high > $2::numeric)))))
  order by r.rid desc limit 51;

-- Observation?subject:Patient.name=berg
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Observation> and r.content is not null and r.rid in (select s1.rid from resource t2 join sp_reference s1 on s1.target_id = t2.id and s1.target_type = t2.type
  where s1.param = <Observation.subject> and t2.type = <Patient> and t2.content is not null and exists (select from sp_string s3
  where s3.rid = t2.rid and s3.param = <Patient.name> and (left(s3.value, 200) >= $1 and left(s3.value, 200) < $2))
  union all select s1.rid from resource t2 join patient_identifier k4 on k4.patient = t2.rid join sp_reference s1 on s1.identifier_value = k4.value and s1.identifier_system = k4.system and s1.controller = k4.controller and s1.target_id is null
  where s1.param = <Observation.subject> and t2.type = <Patient> and t2.content is not null and exists (select from sp_string s3
  where s3.rid = t2.rid and s3.param = <Patient.name> and (left(s3.value, 200) >= $1 and left(s3.value, 200) < $2)))
  order by r.rid desc limit 51;

-- Patient?_has:Observation:patient:code=http://loinc.org|1
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.type = <Patient> and r.content is not null and r.rid in (select t3.rid from resource o2 join sp_reference s1 on s1.rid = o2.rid and s1.param = <Observation.subject> join resource t3 on t3.id = s1.target_id and t3.type = s1.target_type
  where o2.type = <Observation> and o2.content is not null and exists (select from sp_token s5
  where s5.rid = o2.rid and s5.param = <Observation.code> and s5.code = $1)
  union all select k4.patient from resource o2 join sp_reference s1 on s1.rid = o2.rid and s1.param = <Observation.subject> join patient_identifier k4 on k4.value = s1.identifier_value and k4.system = s1.identifier_system and k4.controller = s1.controller
  where s1.target_id is null and o2.type = <Observation> and o2.content is not null and exists (select from sp_token s5
  where s5.rid = o2.rid and s5.param = <Observation.code> and s5.code = $1))
  order by r.rid desc limit 51;

-- ?_type=Patient,Practitioner&_tag=http://loinc.org|1
select r.rid::float8 as rid, r.type, r.id, r.version, (extract(epoch from r.updated) * 1000)::float8 as updated, r.content as text
  from resource r where r.content is not null and ((r.type in (<Patient>, 108))) and exists (select from sp_token s1
  where s1.rid = r.rid and s1.param = <*._tag> and s1.code = $1)
  order by r.rid desc limit 51;
