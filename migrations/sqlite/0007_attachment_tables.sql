-- What nobody has submitted yet, under keys that live for a month: drafts, and files with or without an application.
create table draft_key (
  tenant_id text not null,
  key_id    text not null,
  sealed    blob not null,
  made_at   integer not null,
  primary key (tenant_id, key_id)
) strict, without rowid;
create index draft_key_age on draft_key (tenant_id, made_at);

-- One draft for a person and a procedure: its id is derived from both.
create table draft (
  tenant_id    text not null,
  draft_id     text not null,
  account_id   text not null,
  procedure_id text not null,
  form_version integer not null,
  key_id       text not null,
  sealed       blob not null,
  saved_at     integer not null,
  expires_at   integer not null,
  primary key (tenant_id, draft_id)
) strict;
create index draft_mine on draft (tenant_id, account_id, saved_at);
create index draft_due on draft (tenant_id, expires_at);

-- The bytes lie outside the database, named by attachment_id; stored_bytes tells how many. The file's key is wrapped
-- under a draft key (draft_key_id, draft_wrapped) until it is submitted and looked at, and under the application's
-- key (wrapped) from then on. scan: off, waiting, clean, infected.
create table attachment (
  tenant_id      text not null,
  attachment_id  text not null,
  account_id     text not null,
  procedure_id   text not null,
  field          text not null,
  application_id text,
  draft_key_id   text,
  draft_wrapped  blob,
  wrapped        blob,
  about_sealed   blob not null,
  stored_bytes   integer not null,
  scan           text not null,
  made_at        integer not null,
  expires_at     integer,
  primary key (tenant_id, attachment_id)
) strict;
create index attachment_of on attachment (tenant_id, application_id) where application_id is not null;
create index attachment_mine on attachment (tenant_id, account_id, procedure_id) where application_id is null;
create index attachment_due on attachment (tenant_id, expires_at) where expires_at is not null;
create index attachment_scan on attachment (tenant_id, made_at) where scan = 'waiting';
