//! Sign-in and sign-out, for a transaction of the caller's.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{AccountId, Millis, TenantId};
use madoguchi_line::login::{self, Verified};

use super::{CONSENT_VERSION, sessions, store, token_hash};
use crate::audit::{self, Record};

/// A verified sign-in, ready to be stored.
pub struct SignIn {
    /// Municipality.
    pub tenant: TenantId,
    /// What LINE said, without name and picture.
    pub verified: Verified,
    /// The account to make where the person has none.
    pub candidate: AccountId,
    /// Hash of the new session's token.
    pub hash: [u8; 32],
    /// Now.
    pub at: Millis,
    /// Completed with the account that was found.
    pub record: Record,
}

/// Finds or makes the account and opens the session.
pub async fn sign_in(tx: &mut Tx, s: &SignIn) -> Result<AccountId, sqlx::Error> {
    let (account, new) = login::link(tx, s.tenant, &s.verified, s.candidate, s.at).await?;
    store::upsert(tx, s.tenant, account, CONSENT_VERSION, s.at).await?;
    let expires = s.at.plus_ms(sessions::LIFE_MS);
    store::insert_session(tx, s.tenant, &s.hash, account, (s.at, expires)).await?;
    let mut record = s.record.clone().detail(if new { "new" } else { "again" });
    record.actor = audit::Actor::Citizen(account);
    audit::acts::record(tx, &[record]).await?;
    Ok(account)
}

/// The account of a live session, from the database: what the key agent trusts.
pub async fn account_of_token(
    x: &mut impl Exec,
    tenant: TenantId,
    token: &str,
    now: Millis,
) -> Result<Option<AccountId>, sqlx::Error> {
    let seen_after = now.plus_ms(-sessions::IDLE_MS - sessions::WRITE_MS);
    let found = store::find_session(x, tenant, &token_hash(token), (now, seen_after)).await?;
    Ok(found.and_then(|s| s.account_id.parse().ok()))
}
