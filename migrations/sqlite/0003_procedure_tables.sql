-- Procedures, every published version of their forms, and what each municipality's catalogue shows.
create table procedure_shelf (
  tenant_id    text not null primary key,
  definition   text not null,
  published_at integer not null
) strict;

create table procedure (
  tenant_id       text not null,
  procedure_id    text not null,
  slug            text not null,
  current_version integer not null,
  primary key (tenant_id, procedure_id),
  unique (tenant_id, slug)
) strict;

create table procedure_version (
  tenant_id    text not null,
  procedure_id text not null,
  version      integer not null,
  hash         text not null,
  definition   text not null,
  published_at integer not null,
  primary key (tenant_id, procedure_id, version),
  unique (tenant_id, procedure_id, hash)
) strict;
