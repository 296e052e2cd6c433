-- The clerk's desk: filters that stay, lists of a department, people who were told by telephone or post.
-- filters: choices of lists and days as JSON; never what was typed.
alter table staff_session add column filters text not null default '';
-- A department is a set of procedures; each of its states is read in the order of arrival.
create index application_of_procedure on application (tenant_id, procedure_id, state, arrived_at, application_id);
-- Notices that did not arrive, newest first.
create index line_notice_troubled on line_notice (tenant_id, created_at, application_id)
  where state in ('parked', 'refused', 'expired', 'undeliverable');

-- how: telephone, post, or none (nobody has to be told).
create table application_contact (
  tenant_id      text not null,
  contact_id     text not null,
  application_id text not null,
  staff_id       text not null,
  at             integer not null,
  how            text not null,
  primary key (tenant_id, contact_id)
) strict, without rowid;
create index application_contact_of on application_contact (tenant_id, application_id, at);
