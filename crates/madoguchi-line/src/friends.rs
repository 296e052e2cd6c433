//! Who can be reached: friends of the municipality's official account, by the time of LINE's events.

use madoguchi_base::db::Exec;
use madoguchi_base::{AccountId, TenantId};

use crate::store;

/// Whether LINE would deliver a notice to a person. A person who is no friend and one who has blocked the
/// account are not told apart, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// A friend.
    Friend,
    /// Not a friend, or blocked, or not linked with LINE (any more).
    NotReachable,
    /// LINE has not said.
    Unknown,
}

/// Whether an account's person can be reached.
pub async fn state(x: &mut impl Exec, tenant: TenantId, account: AccountId) -> Result<Reach, sqlx::Error> {
    Ok(match store::identity::friend_of(x, tenant, account).await? {
        None | Some((_, Some(_)) | (Some(false), _)) => Reach::NotReachable,
        Some((Some(true), None)) => Reach::Friend,
        Some((None, None)) => Reach::Unknown,
    })
}
