-- How long alerts wait: for the statistics of response times.
alter table followup_alert
  add column colour text,
  add column since timestamptz,         -- when it reached that colour
  add column due timestamptz,
  add column answered timestamptz,      -- when somebody took it
  add column ended timestamptz,
  add column cancelled boolean not null default false;
create index followup_alert_since on followup_alert (since);
create index followup_alert_task on followup_alert (task) where open;
