-- HL7 v2: a cancellation asks whether what it cancels has come (sender and visit).
create index message_conversation on message (sender, conversation) where conversation is not null;
