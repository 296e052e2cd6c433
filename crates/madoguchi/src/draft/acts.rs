//! Saving and finding drafts, and what others may put into their transaction.

use madoguchi_base::db::{Class, Never, Tx};
use madoguchi_base::keys::Aad;
use madoguchi_base::{AccountId, Millis, TenantId};
use uuid::Uuid;

use super::{LIFE_MS, id_of, store};
use crate::app::App;
use crate::attachment;
use crate::error::Error;
use crate::procedure::{Input, Published};

pub use store::{Row, mine};

/// Ends up to 64 drafts whose applications arrive in this transaction.
pub async fn end(tx: &mut Tx, tenant: TenantId, drafts: &[Uuid]) -> Result<(), sqlx::Error> {
    if drafts.is_empty() { Ok(()) } else { store::delete_all(tx, tenant, drafts).await }
}

fn place(tenant: TenantId, row: &str) -> Aad<'_> {
    Aad { tenant, table: "draft", column: "sealed", row, round: 0 }
}

/// Saves what was typed, in the place of what was saved before; its files stay as long as it does.
pub async fn save(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    published: &Published,
    input: &Input,
) -> Result<(), Error> {
    let key = app.draft_keys.current(tenant).await?;
    let id = id_of(tenant, account, published.id);
    let now = app.clock.wall();
    let new = store::New {
        id,
        account,
        procedure: published.id,
        version: published.version,
        key: key.id,
        sealed: key.seal(&place(tenant, &id.to_string()), input.to_body().as_bytes()),
        saved_at: now,
        expires_at: now.plus_ms(LIFE_MS),
    };
    let files = attachment::acts::extended(app, (tenant, account), &published.form, input, &key).await?;
    let row = (tenant, new, files);
    app.db
        .write::<_, (), Never, _>("draft.save", Class::Person, tenant, row, |(tenant, new, files), tx| {
            Box::pin(async move {
                store::put(tx, *tenant, new).await?;
                attachment::acts::extend(tx, *tenant, new.key, files, new.expires_at).await?;
                Ok(())
            })
        })
        .await?;
    Ok(())
}

/// Somebody's draft of a procedure: the version of its form, and what was typed.
pub async fn load(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    published: &Published,
) -> Result<Option<(u32, Input)>, Error> {
    let id = id_of(tenant, account, published.id).to_string();
    let mut x = app.db.reader().await?;
    let rows = store::mine(&mut x, tenant, account, app.clock.wall()).await?;
    let Some(row) = rows.into_iter().find(|r| r.draft_id == id) else { return Ok(None) };
    let key = app.draft_keys.find(&mut x, tenant, &row.key_id).await?;
    let broken = || Error::internal("draft", "a draft does not open");
    let body = key.unseal(&place(tenant, &id), &row.sealed).map_err(|_| broken())?;
    let version = u32::try_from(row.form_version).map_err(|_| broken())?;
    Ok(Some((version, Input::parse_with_token(&body).map_err(|_| broken())?)))
}

/// Deletes somebody's draft of a procedure; its files go with the next round of the job.
pub async fn remove(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    published: &Published,
) -> Result<(), Error> {
    let input = (tenant, account, published.id, app.clock.wall());
    app.db
        .write::<_, (), Never, _>("draft.remove", Class::Person, tenant, input, |i, tx| {
            Box::pin(async move {
                store::delete_all(tx, i.0, &[id_of(i.0, i.1, i.2)]).await?;
                attachment::acts::let_go(tx, i.0, i.1, i.2, i.3).await?;
                Ok(())
            })
        })
        .await?;
    Ok(())
}

/// A key lives a day for new drafts, and as long as a draft after that.
const KEY_MS: i64 = LIFE_MS + 2 * 86_400_000;

/// Deletes drafts whose time is over, and the keys that nothing lies under any more: with them go all copies.
pub async fn expire(app: &App, tenant: TenantId) -> bool {
    if !app.clock.may_expire() {
        return true;
    }
    let now: Millis = app.clock.wall();
    let input = (tenant, now, now.plus_ms(-KEY_MS));
    let keys = app
        .db
        .write::<_, Vec<String>, Never, _>(
            "draft.expire",
            Class::Bulk,
            tenant,
            input,
            |(t, now, before), tx| Box::pin(async move { Ok(store::expire(tx, *t, *now, *before).await?) }),
        )
        .await;
    keys.map(|gone| app.draft_keys.forget(tenant, &gone)).is_ok()
}
