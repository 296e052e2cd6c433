-- Municipalities, accounts, applications and the audit log. Times are unix milliseconds, ids are UUIDv7 text.
create table tenant (
  tenant_id  text not null primary key,
  slug       text not null unique,
  public_key bytea not null,
  made_at    bigint not null
);

create table account (
  tenant_id       text not null,
  account_id      text not null,
  consent_version text not null,
  consented_at    bigint not null,
  made_at         bigint not null,
  primary key (tenant_id, account_id)
);

create table session (
  tenant_id  text not null,
  token_hash bytea not null,
  account_id text not null,
  made_at    bigint not null,
  expires_at bigint not null,
  seen_at    bigint not null,
  changed_at bigint not null,
  revoked_at bigint,
  primary key (tenant_id, token_hash)
);
create index session_changed on session (changed_at);
create index session_of on session (tenant_id, account_id);

create table epoch_key (
  tenant_id text not null,
  epoch_id  text not null,
  sealed    bytea not null,
  made_at   bigint not null,
  primary key (tenant_id, epoch_id)
);

create table application (
  tenant_id      text not null,
  application_id text not null,
  account_id     text not null,
  procedure_id   text not null,
  form_version   bigint not null,
  submission_key text not null,
  receipt        text not null,
  answers_mac    bytea not null,
  answers_sealed bytea not null,
  round          bigint not null,
  state          text not null,
  version        bigint not null,
  arrived_at     bigint not null,
  changed_at     bigint not null,
  reason_sealed  bytea,
  primary key (tenant_id, application_id)
);
create unique index application_submission on application (tenant_id, submission_key);
create unique index application_receipt on application (tenant_id, receipt);
create index application_mine on application (tenant_id, account_id, arrived_at);
create index application_inbox on application (tenant_id, state, arrived_at);
create index application_newest on application (tenant_id, arrived_at);

create table application_key (
  tenant_id      text not null,
  application_id text not null,
  epoch_id       text not null,
  wrapped        bytea not null,
  primary key (tenant_id, application_id)
);

create table application_event (
  tenant_id      text not null,
  event_id       text not null,
  application_id text not null,
  command_id     text not null,
  at             bigint not null,
  actor_kind     text not null,
  actor_id       text not null,
  from_state     text,
  to_state       text not null,
  round          bigint not null,
  notice_id      text,
  primary key (tenant_id, event_id)
);
-- A submission's command counts in its municipality, a move's for its application.
create unique index application_event_submit on application_event (tenant_id, command_id) where from_state is null;
create unique index application_event_command on application_event (tenant_id, application_id, command_id)
  where from_state is not null;
create index application_event_of on application_event (tenant_id, application_id, event_id);

create table application_note (
  tenant_id      text not null,
  note_id        text not null,
  application_id text not null,
  staff_id       text not null,
  at             bigint not null,
  sealed         bytea not null,
  primary key (tenant_id, note_id)
);
create index application_note_of on application_note (tenant_id, application_id, note_id);

create table audit (
  tenant_id      text not null,
  audit_id       text not null,
  at             bigint not null,
  actor_kind     text not null,
  actor_id       text not null,
  act            text not null,
  application_id text,
  detail         text not null,
  hash           bytea not null,
  seq            bigint,
  mac            bytea,
  primary key (tenant_id, audit_id)
);
create unique index audit_chain on audit (tenant_id, seq) where seq is not null;
create index audit_unlinked on audit (audit_id) where seq is null;
create index audit_of on audit (tenant_id, application_id, at);

create table audit_head (
  tenant_id text not null primary key,
  seq       bigint not null,
  mac       bytea not null
);
