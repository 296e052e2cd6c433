//! 下書き: what somebody has typed and not submitted yet, one for each person and procedure, for 30 days.
//! Is: what was typed, as it was typed, under a key that lives for a month. Is not: a state of an application; there
//! is none yet. Files that belong to it lie in `attachment`.

pub mod acts;
pub mod citizen;
pub mod keys;
pub mod store;

use aws_lc_rs::digest;
use madoguchi_base::{AccountId, ProcedureId, TenantId};
use uuid::Uuid;

pub use keys::DraftKeys;

/// How long a draft is kept after it was last saved, in milliseconds: told on every page that keeps one.
pub const LIFE_MS: i64 = 30 * 86_400_000;

/// The id of somebody's draft of a procedure: derived, so that there is one.
pub fn id_of(tenant: TenantId, account: AccountId, procedure: ProcedureId) -> Uuid {
    let text = format!("draft/{tenant}/{account}/{procedure}");
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash.as_ref()[..16]);
    Uuid::new_v8(first)
}

/// A draft in a list.
pub struct DraftItem {
    /// Where it goes on.
    pub href: String,
    /// The procedure's title.
    pub title: String,
    /// When it was saved.
    pub saved: String,
    /// The last day on which it is there.
    pub until: String,
    /// Where 「削除する」 posts.
    pub remove: String,
}
