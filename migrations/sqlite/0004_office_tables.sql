-- Staff accounts, their sessions (read on every request) and tries to sign in.

create table staff (
  tenant_id     text not null,
  staff_id      text not null,
  login         text not null,
  name          text not null,
  role          text not null,
  department    text not null,
  password_hash text not null,
  disabled_at   integer,
  made_at       integer not null,
  primary key (tenant_id, staff_id)
) strict;
create unique index staff_login on staff (tenant_id, login);

-- role: the role at sign-in; a session whose role is no longer the account's is over.
create table staff_session (
  tenant_id  text not null,
  token_hash blob not null,
  staff_id   text not null,
  role       text not null,
  made_at    integer not null,
  seen_at    integer not null,
  expires_at integer not null,
  revoked_at integer,
  primary key (tenant_id, token_hash)
) strict;
create index staff_session_of on staff_session (tenant_id, staff_id);

-- scope: target (a login name, existing or not) or source (an address); only keyed hashes of them.
create table sign_in_attempt (
  tenant_id text not null,
  scope     text not null,
  key_hash  blob not null,
  wrong     integer not null,
  last_at   integer not null,
  next_at   integer not null,
  primary key (tenant_id, scope, key_hash)
) strict;
