-- What a patient has blocked (sperring): the deny provisions of active Consents, as rows that every query of patients' data
-- looks at. `party` null: everyone but `except_party`. `types` null: everything, also what is not written yet.
create table record_block (
  source bigint not null,             -- the Consent
  patient bigint not null,
  party integer references dict_party,
  except_party integer references dict_party,
  types smallint[],
  rid bigint,                         -- one resource
  starts timestamptz not null,
  ends timestamptz,
  absolute boolean not null           -- not even in an emergency
);
create index record_block_patient on record_block (patient);
create index record_block_source on record_block (source);

-- emergency: taken by a person, with a reason (break-the-glass). cover: lent to another organisation until a date.
alter table relation drop constraint relation_kind_check;
alter table relation add constraint relation_kind_check
  check (kind in ('episode', 'fastlege', 'referral', 'referral-received', 'plan', 'admission', 'emergency', 'cover'));
