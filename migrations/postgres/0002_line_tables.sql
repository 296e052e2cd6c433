-- What the LINE side keeps. No column holds anything that a person typed into a form.

-- Channels and base addresses of a municipality; secrets are sealed.
create table line_channel (
  tenant_id text not null,
  login_id text not null,
  login_secret_sealed bytea not null,
  messaging_id text not null,
  messaging_secret_sealed bytea not null,
  access_base text not null,
  api_base text not null,
  data_base text not null,
  callback_base text not null,
  bot_prompt text not null,
  changed_at bigint not null,
  primary key (tenant_id)
);

-- Which LINE user is which account. The id itself is sealed and erased when the person unlinks.
create table line_identity (
  tenant_id text not null,
  account_id text not null,
  user_hash text not null,
  user_sealed bytea,
  linked_at bigint not null,
  unlinked_at bigint,
  primary key (tenant_id, account_id)
);
create unique index line_identity_user on line_identity (tenant_id, user_hash);

-- Friend or not, by the time of the event, also of people who have no account yet.
create table line_friend (
  tenant_id text not null,
  user_hash text not null,
  friend boolean not null,
  friend_at bigint not null,
  primary key (tenant_id, user_hash)
);

-- Webhook events that have had their effect.
create table line_webhook_event (
  tenant_id text not null,
  event_id text not null,
  kind text not null,
  received_at bigint not null,
  primary key (tenant_id, event_id)
);
create index line_webhook_event_received on line_webhook_event (tenant_id, received_at);

-- What the window has published about a procedure for use in notices.
create table line_wording (
  tenant_id text not null,
  procedure_id text not null,
  version bigint not null,
  title text not null,
  discreet boolean not null,
  kind text not null,
  base_url text not null,
  published_at bigint not null,
  primary key (tenant_id, procedure_id)
);

-- Sentences that a municipality has reworded.
create table line_sentence (
  tenant_id text not null,
  procedure_id text not null,
  notice_kind text not null,
  sentence text not null,
  primary key (tenant_id, procedure_id, notice_kind)
);

-- Who owns a channel. The fence grows with each change of owner.
create table line_lane (
  tenant_id text not null,
  owner text not null,
  fence bigint not null,
  lease_until bigint not null,
  hold text,
  sending_on boolean not null,
  primary key (tenant_id)
);

-- Notices: the transactional outbox and the record of what LINE was told.
-- state: waiting, frozen, sending, accepted, parked, refused, expired, undeliverable, stopped
create table line_notice (
  seq bigint generated always as identity primary key,
  tenant_id text not null,
  id text not null,
  account_id text not null,
  application_id text not null,
  procedure_id text not null,
  kind text not null,
  receipt text not null,
  due_on text,
  days bigint,
  page text not null,
  created_at bigint not null,
  not_after bigint not null,
  state text not null,
  next_at bigint not null,
  generation bigint not null default 0,
  retry_key text,
  channel_id text,
  user_hash text,
  wording_version bigint,
  body text,
  key_at bigint,
  attempting_at bigint,
  first_unknown_at bigint,
  attempts bigint not null default 0,
  last_outcome text,
  last_at bigint,
  request_id text,
  accepted_request_id text,
  accepted_at bigint,
  hold text
);
create unique index line_notice_id on line_notice (tenant_id, id);
create unique index line_notice_page on line_notice (tenant_id, page);
create index line_notice_application on line_notice (tenant_id, application_id);
create index line_notice_due on line_notice (tenant_id, next_at, seq)
  where state in ('waiting', 'frozen');
create index line_notice_open on line_notice (tenant_id, account_id, seq)
  where state in ('waiting', 'frozen', 'sending');

-- Rich menus made by us; the marker is part of the menu's name at LINE.
-- state: intended, created, current, retired, deleted
create table line_menu (
  tenant_id text not null,
  marker text not null,
  menu_id text,
  state text not null,
  content_hash text not null,
  made_at bigint not null,
  primary key (tenant_id, marker)
);
