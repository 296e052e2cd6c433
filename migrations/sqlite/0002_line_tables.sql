-- What the LINE side keeps. No column holds anything that a person typed into a form.

-- Channels and base addresses of a municipality; secrets are sealed.
create table line_channel (
  tenant_id text not null,
  login_id text not null,
  login_secret_sealed blob not null,
  messaging_id text not null,
  messaging_secret_sealed blob not null,
  access_base text not null,
  api_base text not null,
  data_base text not null,
  callback_base text not null,
  bot_prompt text not null,
  changed_at integer not null,
  primary key (tenant_id)
) strict;

-- Which LINE user is which account. The id itself is sealed and erased when the person unlinks.
create table line_identity (
  tenant_id text not null,
  account_id text not null,
  user_hash text not null,
  user_sealed blob,
  linked_at integer not null,
  unlinked_at integer,
  primary key (tenant_id, account_id)
) strict;
create unique index line_identity_user on line_identity (tenant_id, user_hash);

-- Friend or not, by the time of the event, also of people who have no account yet.
create table line_friend (
  tenant_id text not null,
  user_hash text not null,
  friend integer not null,
  friend_at integer not null,
  primary key (tenant_id, user_hash)
) strict;

-- Webhook events that have had their effect.
create table line_webhook_event (
  tenant_id text not null,
  event_id text not null,
  kind text not null,
  received_at integer not null,
  primary key (tenant_id, event_id)
) strict;
create index line_webhook_event_received on line_webhook_event (tenant_id, received_at);

-- What the window has published about a procedure for use in notices.
create table line_wording (
  tenant_id text not null,
  procedure_id text not null,
  version integer not null,
  title text not null,
  discreet integer not null,
  kind text not null,
  base_url text not null,
  published_at integer not null,
  primary key (tenant_id, procedure_id)
) strict;

-- Sentences that a municipality has reworded.
create table line_sentence (
  tenant_id text not null,
  procedure_id text not null,
  notice_kind text not null,
  sentence text not null,
  primary key (tenant_id, procedure_id, notice_kind)
) strict;

-- Who owns a channel. The fence grows with each change of owner.
create table line_lane (
  tenant_id text not null,
  owner text not null,
  fence integer not null,
  lease_until integer not null,
  hold text,
  sending_on integer not null,
  primary key (tenant_id)
) strict;

-- Notices: the transactional outbox and the record of what LINE was told.
-- state: waiting, frozen, sending, accepted, parked, refused, expired, undeliverable, stopped
create table line_notice (
  seq integer primary key,
  tenant_id text not null,
  id text not null,
  account_id text not null,
  application_id text not null,
  procedure_id text not null,
  kind text not null,
  receipt text not null,
  due_on text,
  days integer,
  page text not null,
  created_at integer not null,
  not_after integer not null,
  state text not null,
  next_at integer not null,
  generation integer not null default 0,
  retry_key text,
  channel_id text,
  user_hash text,
  wording_version integer,
  body text,
  key_at integer,
  attempting_at integer,
  first_unknown_at integer,
  attempts integer not null default 0,
  last_outcome text,
  last_at integer,
  request_id text,
  accepted_request_id text,
  accepted_at integer,
  hold text
) strict;
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
  made_at integer not null,
  primary key (tenant_id, marker)
) strict;
