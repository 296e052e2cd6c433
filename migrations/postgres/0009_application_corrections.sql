-- What staff do with an application beyond accepting it: corrections with a day, earlier rounds of answers, how the
-- application came in, documents looked at, duplicates.
-- due: the day by which the citizen should answer (in correction), otherwise the end of the 標準処理期間.
-- days_left: business days of it that were left when a correction stopped it.
-- answered_at: a correction was answered and nobody of the office has acted since.
alter table application add column channel text not null default 'line';
alter table application add column due text;
alter table application add column days_left bigint;
alter table application add column answered_at bigint;
alter table application add column identity_by text;
alter table application add column identity_at bigint;
alter table application add column duplicate_of text;
-- Small: only what has a day, or waits for a look. Submitting writes to neither.
create index application_due on application (tenant_id, due, application_id) where due is not null;
create index application_answered on application (tenant_id, answered_at, application_id)
  where answered_at is not null;

-- Answers that a correction has replaced, as they were sealed.
create table application_round (
  tenant_id      text not null,
  application_id text not null,
  round          bigint not null,
  answers_sealed bytea not null,
  answers_mac    bytea not null,
  replaced_at    bigint not null,
  primary key (tenant_id, application_id, round)
);

-- What was asked, of which round, by when; fields and reason are sealed under the application's key.
create table application_correction (
  tenant_id      text not null,
  event_id       text not null,
  application_id text not null,
  round          bigint not null,
  from_state     text not null,
  due            text not null,
  staff_id       text not null,
  sealed         bytea not null,
  asked_at       bigint not null,
  answered_at    bigint,
  primary key (tenant_id, event_id)
);
create index application_correction_of on application_correction (tenant_id, application_id, event_id);
