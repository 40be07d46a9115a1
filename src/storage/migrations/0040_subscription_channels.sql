-- What delivery must know of a subscription without reading it: who serves it, and when a sign of life is due.
alter table subscription_state
  add column by_socket boolean not null default false,  -- a client fetches it over a websocket; no endpoint is called
  add column heartbeat_s integer,                        -- a heartbeat after so many seconds of silence
  add column spoken timestamptz,                         -- when something was last sent
  drop constraint subscription_state_status_check,
  -- requested: numbered already, but the endpoint has not yet shown that it listens
  add constraint subscription_state_status_check check (status in ('requested', 'active', 'off', 'error', 'deleted'));
drop index subscription_state_due;
create index subscription_state_due on subscription_state (next_attempt)
  where status = 'active' and settled + 1 < next_event and not by_socket;
create index subscription_state_requested on subscription_state (next_attempt) where status = 'requested';
create index subscription_state_heartbeat on subscription_state (spoken)
  where status = 'active' and heartbeat_s is not null and not by_socket;

-- Secrets of a Subscription's channel, sealed (decision 17): headers, query of the endpoint, signing key. A version without
-- a row has those of the one before.
create table subscription_secret (
  rid bigint not null,
  version integer not null,
  sealed text not null,
  primary key (rid, version)
);
