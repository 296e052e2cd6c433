//! Ending the link with LINE. LINE's guidelines want an application to tell LINE too (`deauthorize`), which
//! takes an access token of the person. None is kept: a fresh sign-in at that moment gives one.

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{AccountId, Millis, TenantId};

use super::Verified;
use crate::api::login as api;
use crate::api::token::{self, Proof};
use crate::line::Line;
use crate::store;

/// Ends the link between an account and LINE: the LINE user id is erased and what is not yet under way is
/// stopped. Applications stay. `false` where there was no link.
pub async fn unlink(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    at: Millis,
) -> Result<bool, sqlx::Error> {
    let ended = store::identity::unlink(tx, tenant, account, at).await?;
    store::notice::stop_all(tx, tenant, account).await?;
    Ok(ended)
}

/// Whose account a verified person's is, if any.
pub async fn account_of(
    x: &mut impl Exec,
    tenant: TenantId,
    verified: &Verified,
) -> Result<Option<AccountId>, sqlx::Error> {
    let found = store::identity::account_of(x, tenant, &verified.user_hash).await?;
    Ok(found.and_then(|account| account.parse().ok()))
}

impl Verified {
    /// Whether this sign-in was begun in order to end the link.
    pub fn is_unlink(&self) -> bool {
        self.unlink_token.is_some()
    }
}

impl Line {
    /// Tells LINE that the person has ended the link, with the token of the sign-in that was begun for it:
    /// LINE then forgets the consent and every token of the person for this channel. After our own commit, so
    /// that the person's wish does not wait for LINE. `false` where LINE could not be told.
    pub async fn deauthorize(&self, tenant: TenantId, verified: &Verified) -> bool {
        let (Some(token), Some(channel)) = (&verified.unlink_token, self.inner.channel(tenant)) else {
            return false;
        };
        for _ in 0..2 {
            let proof = Proof::Secret(&channel.login_secret);
            let ours = token::fetch(&self.inner, &channel, (&channel.login_id, &proof)).await;
            let Ok((ours, _)) = ours else { continue };
            if api::deauthorize(&self.inner.http, &channel, &ours, token).await {
                return true;
            }
        }
        // The consent stays at LINE until the person removes it there; the token at least goes.
        api::revoke(&self.inner.http, &channel, token).await;
        false
    }
}
