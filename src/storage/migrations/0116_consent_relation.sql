-- Sight that a patient has consented to, for an organisation, a professional or a representative.
alter table relation drop constraint relation_kind_check;
alter table relation add constraint relation_kind_check
  check (kind in ('episode', 'fastlege', 'referral', 'referral-received', 'plan', 'admission', 'emergency', 'cover', 'consent'));
