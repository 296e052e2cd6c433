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
    /// The session whose cookie the new one replaces in this browser.
    pub old: Option<[u8; 32]>,
    /// Now.
    pub at: Millis,
    /// Completed with the account that was found.
    pub record: Record,
}

/// Sessions that an account may have at a time: phones, tablets and forgotten browsers of a household.
const SESSIONS: i64 = 10;

/// Finds or makes the account and opens the session. Ends the one that it replaces, and the oldest where there
/// are too many; tells which, so that memory forgets them.
pub async fn sign_in(tx: &mut Tx, s: &SignIn) -> Result<(AccountId, Vec<Vec<u8>>), sqlx::Error> {
    let (account, new) = login::link(tx, s.tenant, &s.verified, s.candidate, s.at).await?;
    store::upsert(tx, s.tenant, account, CONSENT_VERSION, s.at).await?;
    let expires = s.at.plus_ms(sessions::LIFE_MS);
    let mut ended: Vec<Vec<u8>> = s.old.iter().map(|old| old.to_vec()).collect();
    for old in &ended {
        store::revoke(tx, s.tenant, old, s.at).await?;
    }
    let too_many = store::older_sessions(tx, s.tenant, account, (s.at, SESSIONS - 1)).await?;
    for old in &too_many {
        store::revoke(tx, s.tenant, old, s.at).await?;
    }
    ended.extend(too_many);
    store::insert_session(tx, s.tenant, &s.hash, account, (s.at, expires)).await?;
    let mut record = s.record.clone().detail(if new { "new" } else { "again" });
    record.actor = audit::Actor::Citizen(account);
    audit::acts::record(tx, &[record]).await?;
    Ok((account, ended))
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

/// Nobody stays signed in: after a restore, sessions that were ended since would live again.
pub async fn end_all_sessions(tx: &mut Tx, tenant: TenantId) -> Result<(), sqlx::Error> {
    store::delete_sessions(tx, tenant).await
}
