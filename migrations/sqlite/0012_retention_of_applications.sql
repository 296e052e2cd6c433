-- Destroying applications whose 保存期間 is over: lists that one person makes and another approves, and the record.
alter table application add column destroyed_at integer;

-- state: collecting, proposed, approved, done, cancelled
create table retention_list (
  tenant_id   text not null,
  list_id     text not null,
  state       text not null,
  until_day   text not null,
  made_at     integer not null,
  made_by     text not null,
  decided_at  integer,
  decided_by  text,
  finished_at integer,
  primary key (tenant_id, list_id)
) strict;

-- The 廃棄記録: what was destroyed, by whose decision, when. No word of an applicant.
-- state: listed, held, gone
create table retention_item (
  tenant_id      text not null,
  list_id        text not null,
  application_id text not null,
  procedure_id   text not null,
  receipt        text not null,
  ended_on       text not null,
  due_on         text not null,
  state          text not null,
  at             integer not null,
  primary key (tenant_id, list_id, application_id)
) strict;

-- Kept beyond their time: reason is a code (dispute, inquiry, other).
create table retention_hold (
  tenant_id      text not null,
  application_id text not null,
  reason         text not null,
  set_at         integer not null,
  set_by         text not null,
  primary key (tenant_id, application_id)
) strict;
