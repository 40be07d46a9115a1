-- Events that a subscriber wants once more ($resend): numbers, both ends included.
alter table subscription_state add column resend_from bigint, add column resend_to bigint;
drop index subscription_state_due;
create index subscription_state_due on subscription_state (next_attempt)
  where status = 'active' and (settled + 1 < next_event or resend_from is not null) and not by_socket;
