-- How much of LINE a municipality uses (notify_only, full), and where its webhooks are passed on to.
create table line_setting (
  tenant_id text not null,
  mode text not null,
  relay_to text,
  changed_at bigint not null,
  primary key (tenant_id)
);

-- Municipalities from before this table had menus and webhooks: it stays that way. New ones begin with notices only.
insert into line_setting (tenant_id, mode, relay_to, changed_at)
  select tenant_id, 'full', null, changed_at from line_channel;

-- Key pairs for JWT assertions in place of the channel's secret. The private half is sealed.
-- state: made (its public half is to be registered at LINE), active, retired
create table line_assertion_key (
  tenant_id text not null,
  key_id text not null,
  kid text,
  private_sealed bytea not null,
  public_jwk text not null,
  state text not null,
  made_at bigint not null,
  primary key (tenant_id, key_id)
);

-- What became of webhooks that were passed on: numbers only.
create table line_relay (
  tenant_id text not null,
  passed_on bigint not null,
  failed bigint not null,
  dropped bigint not null,
  last_at bigint,
  last_failed_at bigint,
  last_failure text,
  primary key (tenant_id)
);
