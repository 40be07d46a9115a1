-- ebXML messages that have been answered: the same MessageId again gets the same answer (ebMS 2.0, 6.4 duplicate elimination).
create table ebxml_message (
  party text not null,
  message_id text not null,
  answer bytea not null,
  received_at timestamptz not null,
  primary key (party, message_id)
);
