-- DPoP proofs that were used, by a hash of key and jti: the second use of one is refused by whichever instance sees it.
create table used_proof (
  print bytea primary key,
  expires timestamptz not null
);
create index used_proof_expiry on used_proof (expires);
