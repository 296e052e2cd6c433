//! The root key of an installation and what is derived from it: keyed hashes, sealed columns, retry keys.
//!
//! It lies outside the database (`DIR/keys/root.key`, mode 0600). Answers are **not** under it: they are
//! sealed to a municipality's public key (`seal`).

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad as AeadAad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::TenantId;
use crate::random;

/// What a sealed value belongs to. A value moved to another row, column or municipality does not open.
#[derive(Clone, Copy, Debug)]
pub struct Aad<'a> {
    /// The municipality.
    pub tenant: TenantId,
    /// Table that holds the value.
    pub table: &'a str,
    /// Column that holds the value.
    pub column: &'a str,
    /// Key of the row.
    pub row: &'a str,
    /// Correction round or generation, 0 where there is none.
    pub round: u32,
}

impl Aad<'_> {
    /// Length-prefixed, so that no two contexts spell the same bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        for part in ["madoguchi/1", &self.tenant.to_string(), self.table, self.column, self.row] {
            push_part(&mut out, part.as_bytes());
        }
        out.extend_from_slice(&self.round.to_be_bytes());
        out
    }
}

fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u32).to_be_bytes());
    out.extend_from_slice(part);
}

/// A sealed value did not open: wrong key, wrong place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: wrong key or changed bytes")]
pub struct OpenError;

/// A 256-bit key for AES-GCM; forgotten (zeroed) when dropped.
pub(crate) struct Key32(pub(crate) Zeroizing<[u8; 32]>);

impl Key32 {
    pub(crate) fn random() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Result<Self, OpenError> {
        Ok(Self(Zeroizing::new(bytes.try_into().map_err(|_| OpenError)?)))
    }

    /// `label` and `context` name the use; different uses give unrelated keys.
    pub(crate) fn derive(&self, label: &[u8], context: &[u8]) -> Self {
        let mut out = Zeroizing::new([0_u8; 32]);
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"madoguchi/1").extract(self.0.as_ref());
        let info = [label, b"/", context];
        #[expect(clippy::expect_used, reason = "32 bytes is always a valid HKDF-SHA256 length")]
        prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(out.as_mut())).expect("hkdf length");
        Self(out)
    }

    #[expect(clippy::expect_used, reason = "the key has the length that the algorithm wants")]
    fn aead(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, self.0.as_ref()).expect("key length")
    }

    /// nonce (12) ‖ ciphertext ‖ tag (16)
    #[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB")]
    pub(crate) fn seal(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(plain.len() + 28);
        body.extend_from_slice(plain);
        let nonce = self.aead().seal_in_place_append_tag(AeadAad::from(aad), &mut body).expect("seal");
        let mut out = Vec::with_capacity(body.len() + 12);
        out.extend_from_slice(nonce.as_ref());
        out.append(&mut body);
        out
    }

    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, body) = sealed.split_at_checked(12).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
        let mut body = Zeroizing::new(body.to_vec());
        let n = self
            .aead()
            .open_in_place(nonce, AeadAad::from(aad), body.as_mut_slice())
            .map_err(|_| OpenError)?
            .len();
        body.truncate(n);
        Ok(body)
    }
}

/// Why the root key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file or folder could not be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
    /// Others than the owner may read the file.
    #[error("{0} may be read by others: run chmod 600 on it")]
    Mode(PathBuf),
    /// Not a key file of ours.
    #[error("{0} is not a key of 32 bytes")]
    Shape(PathBuf),
}

/// The root key. Clones share it.
#[derive(Clone)]
pub struct Keys {
    root: Arc<Key32>,
    dir: Arc<PathBuf>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Reads `dir/root.key`; makes the folder and the key where there is none.
    pub fn load_or_create(dir: &Path) -> Result<Self, KeysError> {
        if !dir.join("root.key").exists() {
            fs::create_dir_all(dir).map_err(|e| KeysError::Io(dir.into(), e))?;
            write_secret(&dir.join("root.key"), &random::bytes::<32>())?;
        }
        Self::load(dir)
    }

    /// Reads `dir/root.key`.
    pub fn load(dir: &Path) -> Result<Self, KeysError> {
        let bytes = read_secret(&dir.join("root.key"))?;
        let root = Key32::from_slice(&bytes).map_err(|_| KeysError::Shape(dir.join("root.key")))?;
        Ok(Self { root: Arc::new(root), dir: Arc::new(dir.to_path_buf()) })
    }

    /// The folder that holds the keys.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A keyed hash of `parts`; `purpose` separates uses.
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        let key = self.root.derive(b"mac", purpose.as_bytes());
        let mut ctx = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.0.as_ref()));
        for part in parts {
            ctx.update(&(part.len() as u64).to_be_bytes());
            ctx.update(part);
        }
        let mut out = [0_u8; 32];
        out.copy_from_slice(ctx.sign().as_ref());
        out
    }

    /// A key of the installation's own for one use.
    pub(crate) fn derive(&self, purpose: &str, of: &str) -> Key32 {
        self.root.derive(purpose.as_bytes(), of.as_bytes())
    }

    /// Seals a small secret (LINE ids, channel secrets, cookies) for one place.
    pub fn seal(&self, aad: &Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.root.derive(b"seal", aad.table.as_bytes()).seal(&aad.encode(), plain)
    }

    /// Opens what [`Keys::seal`] made for the same place.
    pub fn open(&self, aad: &Aad<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.root.derive(b"seal", aad.table.as_bytes()).open(&aad.encode(), sealed)
    }
}

/// Writes a key file that only its owner may read, and syncs it.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeysError> {
    let io = |e| KeysError::Io(path.into(), e);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir).and_then(|d| d.sync_all()).map_err(io)?;
    }
    Ok(())
}

/// Reads a key file; refuses one that others may read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let io = |e| KeysError::Io(path.into(), e);
    let mode = fs::metadata(path).map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeysError::Mode(path.into()));
    }
    fs::read(path).map(Zeroizing::new).map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aad(row: &str) -> Aad<'_> {
        Aad { tenant: "232131".parse().expect("tenant"), table: "t", column: "c", row, round: 0 }
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let sealed = keys.seal(&aad("1"), b"secret");
        assert_eq!(keys.open(&aad("1"), &sealed).expect("opens").as_slice(), b"secret");
        assert_eq!(keys.open(&aad("2"), &sealed), Err(OpenError));
        assert_eq!(keys.open(&aad("1"), &sealed[..20]), Err(OpenError));
        assert_ne!(sealed, keys.seal(&aad("1"), b"secret"));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().expect("dir");
        Keys::load_or_create(dir.path()).expect("keys");
        let file = dir.path().join("root.key");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(Keys::load(dir.path()), Err(KeysError::Mode(_))));
    }
}
