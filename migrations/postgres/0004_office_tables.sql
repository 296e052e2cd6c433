-- Staff accounts, their sessions (read on every request) and tries to sign in.

create table staff (
  tenant_id     text not null,
  staff_id      text not null,
  login         text not null,
  name          text not null,
  role          text not null,
  department    text not null,
  password_hash text not null,
  disabled_at   bigint,
  made_at       bigint not null,
  primary key (tenant_id, staff_id)
);
create unique index staff_login on staff (tenant_id, login);

-- role: the role at sign-in; a session whose role is no longer the account's is over.
create table staff_session (
  tenant_id  text not null,
  token_hash bytea not null,
  staff_id   text not null,
  role       text not null,
  made_at    bigint not null,
  seen_at    bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  primary key (tenant_id, token_hash)
);
create index staff_session_of on staff_session (tenant_id, staff_id);

-- scope: target (a login name, existing or not) or source (an address); only keyed hashes of them.
create table sign_in_attempt (
  tenant_id text not null,
  scope     text not null,
  key_hash  bytea not null,
  wrong     bigint not null,
  last_at   bigint not null,
  next_at   bigint not null,
  primary key (tenant_id, scope, key_hash)
);
