-- Messages of one receiver go out in the order they were queued, also those of one millisecond.
alter table message add column queued bigint generated always as identity;
