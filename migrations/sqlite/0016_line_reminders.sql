-- Reminders: promised with their occasion, told at their time if they are still true, never twice.
-- state: promised, told, void (no longer true), late
create table line_reminder (
  tenant_id text not null,
  id text not null,
  account_id text not null,
  application_id text not null,
  procedure_id text not null,
  kind text not null,
  occasion text not null,
  receipt text not null,
  due_on text,
  page text not null,
  not_before integer not null,
  not_after integer not null,
  state text not null,
  settled_at integer,
  primary key (tenant_id, id)
) strict;
create unique index line_reminder_once on line_reminder (tenant_id, application_id, occasion);
create index line_reminder_due on line_reminder (tenant_id, not_before) where state = 'promised';

-- What a notice reminds of; null for news.
alter table line_notice add column occasion text;

-- The rich menu that is ready to be published: its areas and its picture.
create table line_menu_draft (
  tenant_id text not null,
  spec text not null,
  picture blob not null,
  changed_at integer not null,
  primary key (tenant_id)
) strict;
