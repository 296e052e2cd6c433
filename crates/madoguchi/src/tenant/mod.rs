//! 自治体: a municipality as the database knows it: its code, slug and public key.
//! Is: the anchor of every row. Is not: its facts for people (procedures and contact: `procedure::Shelf`) nor
//! its LINE channels (`madoguchi_line::channel`). The private key lies in the keys folder, outside the
//! database, and is read by the key agent only.

pub mod store;

use std::path::PathBuf;

use madoguchi_base::TenantId;
use madoguchi_base::keys::Keys;

/// Where the private key of a municipality lies.
pub fn private_key_path(keys: &Keys, tenant: TenantId) -> PathBuf {
    keys.dir().join(format!("tenant-{tenant}.key"))
}
