-- Topics that were written over the API and are in use, by canonical URL; those of the installation are files.
create table subscription_topic (
  rid bigint primary key,             -- of the Basic
  url text not null unique
);
