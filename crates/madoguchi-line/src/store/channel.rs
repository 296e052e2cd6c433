//! `line_channel`: channel ids, sealed secrets, base addresses.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId, on};

/// One row.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ChannelRow {
    pub(crate) tenant_id: String,
    pub(crate) login_id: String,
    pub(crate) login_secret_sealed: Vec<u8>,
    pub(crate) messaging_id: String,
    pub(crate) messaging_secret_sealed: Vec<u8>,
    pub(crate) access_base: String,
    pub(crate) api_base: String,
    pub(crate) data_base: String,
    pub(crate) callback_base: String,
    pub(crate) bot_prompt: String,
}

/// One row with what the municipality chose and the key pair in use.
#[derive(sqlx::FromRow)]
pub(crate) struct ListedRow {
    #[sqlx(flatten)]
    pub(crate) channel: ChannelRow,
    pub(crate) mode: Option<String>,
    pub(crate) relay_to: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) kid: Option<String>,
    pub(crate) private_sealed: Option<Vec<u8>>,
}

/// Every municipality's channels (some hundred rows at most).
pub(crate) async fn list(x: &mut impl Exec) -> Result<Vec<ListedRow>, sqlx::Error> {
    on!(x, |c| {
        sqlx::query_as(
        "select c.tenant_id, c.login_id, c.login_secret_sealed, c.messaging_id, c.messaging_secret_sealed, \
         c.access_base, c.api_base, c.data_base, c.callback_base, c.bot_prompt, s.mode, s.relay_to, k.key_id, \
         k.kid, k.private_sealed from line_channel c left join line_setting s on s.tenant_id = c.tenant_id \
         left join line_assertion_key k on k.tenant_id = c.tenant_id and k.state = 'active' \
         order by c.tenant_id"
    )
    .fetch_all(c)
    .await
    })
}

/// Replaces a municipality's channels.
pub(crate) async fn set(
    tx: &mut Tx,
    tenant: TenantId,
    row: &ChannelRow,
    at: Millis,
) -> Result<(), sqlx::Error> {
    on!(tx, |c| sqlx::query("delete from line_channel where tenant_id = $1")
        .bind(tenant.to_string())
        .execute(c)
        .await
        .map(drop))?;
    on!(tx, |c| sqlx::query(
        "insert into line_channel (tenant_id, login_id, login_secret_sealed, messaging_id, \
         messaging_secret_sealed, access_base, api_base, data_base, callback_base, bot_prompt, changed_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )
    .bind(tenant.to_string())
    .bind(row.login_id.as_str())
    .bind(row.login_secret_sealed.as_slice())
    .bind(row.messaging_id.as_str())
    .bind(row.messaging_secret_sealed.as_slice())
    .bind(row.access_base.as_str())
    .bind(row.api_base.as_str())
    .bind(row.data_base.as_str())
    .bind(row.callback_base.as_str())
    .bind(row.bot_prompt.as_str())
    .bind(at.0)
    .execute(c)
    .await
    .map(drop))
}
