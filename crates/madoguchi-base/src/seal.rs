//! Sealing of answers to a municipality's public key.
//!
//! The public part of the program holds the public key only. Every few minutes it makes an epoch key, stores
//! it HPKE-sealed, wraps application keys under it and forgets it. What intruders in the public part get is
//! minutes of submissions, not the archive. HPKE is RFC 9180 (X25519, HKDF-SHA256, AES-256-GCM).

use std::path::Path;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::keys::{Aad, Key32, KeysError, OpenError, read_secret, write_secret};
use crate::{AccountId, ApplicationId, Clock, TenantId, id};

/// Sealed lengths tell little: plain texts are padded to a multiple of this many bytes.
const PAD: usize = 256;
const ENC_LEN: usize = 32;

/// A municipality's public key: seals, cannot open.
#[derive(Clone, Debug)]
pub struct TenantPublic(HpkePublicKey);

/// A municipality's private key: held by the key agent only.
pub struct TenantPrivate(HpkePrivateKey);

impl TenantPublic {
    /// From stored bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(HpkePublicKey(bytes))
    }

    /// The 32 bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.0
    }
}

impl TenantPrivate {
    /// Makes a key pair; the private part goes to `path` (0600).
    ///
    /// # Panics
    /// Without randomness.
    pub fn create(path: &Path) -> Result<TenantPublic, KeysError> {
        #[expect(clippy::expect_used, reason = "fails only without randomness: stop")]
        let (public, private) = SUITE.generate_key_pair().expect("key pair");
        write_secret(path, private.secret_bytes())?;
        Ok(TenantPublic(public))
    }

    /// Reads the private part.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        Ok(Self(HpkePrivateKey::from(read_secret(path)?.to_vec())))
    }

    /// The public part, so that nobody has to believe what a database says it is. Fails where the bytes are
    /// no key.
    pub fn public(&self) -> Result<TenantPublic, OpenError> {
        let private = PrivateKey::from_private_key(&X25519, self.0.secret_bytes()).map_err(|_| OpenError)?;
        let public = private.compute_public_key().map_err(|_| OpenError)?;
        Ok(TenantPublic(HpkePublicKey(public.as_ref().to_vec())))
    }
}

/// Lives for minutes; wraps the keys of the applications that arrive meanwhile.
pub struct EpochKey {
    /// Names the stored, sealed copy.
    pub id: Uuid,
    key: Key32,
}

impl EpochKey {
    /// A new key and its copy sealed to the municipality, to be stored before the key is used.
    pub fn new(clock: &Clock, tenant: TenantId, to: &TenantPublic) -> Result<(Self, Vec<u8>), OpenError> {
        let (id, key) = (id::new_uuid(clock), Key32::random());
        let (enc, body) = SUITE
            .seal(b"madoguchi epoch key", &epoch_aad(tenant, id), key.0.as_ref(), &to.0)
            .map_err(|_| OpenError)?;
        let mut sealed = enc.0;
        sealed.extend_from_slice(&body);
        Ok((Self { id, key }, sealed))
    }

    /// Opens a stored copy.
    pub fn open(id: Uuid, sealed: &[u8], tenant: TenantId, with: &TenantPrivate) -> Result<Self, OpenError> {
        let (enc, body) = sealed.split_at_checked(ENC_LEN).ok_or(OpenError)?;
        let plain = SUITE
            .open(
                &EncapsulatedSecret(enc.to_vec()),
                b"madoguchi epoch key",
                &epoch_aad(tenant, id),
                body,
                &with.0,
            )
            .map(Zeroizing::new)
            .map_err(|_| OpenError)?;
        Ok(Self { id, key: Key32::from_slice(&plain)? })
    }
}

fn epoch_aad(tenant: TenantId, id: Uuid) -> Vec<u8> {
    Aad { tenant, table: "epoch_key", column: "sealed", row: &id.to_string(), round: 0 }.encode()
}

/// The key of one application; sub-keys by purpose (answers, each file, each message).
pub struct ApplicationKey(Key32);

impl ApplicationKey {
    /// A new random key.
    pub fn random() -> Self {
        Self(Key32::random())
    }

    /// The key itself, for the way from the key agent to who may have it; never for storing.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.0.to_vec())
    }

    /// What [`ApplicationKey::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpenError> {
        Ok(Self(Key32::from_slice(bytes)?))
    }

    /// Wrapped under an epoch key, for storing. It names the owner: a row that is given to another account does
    /// not open any more.
    pub fn wrap(
        &self,
        epoch: &EpochKey,
        tenant: TenantId,
        (application, owner): (ApplicationId, AccountId),
    ) -> Vec<u8> {
        epoch.key.seal(&wrap_aad(epoch.id, tenant, application, owner), self.0.0.as_ref())
    }

    /// Unwraps a stored key.
    pub fn unwrap(
        wrapped: &[u8],
        epoch: &EpochKey,
        tenant: TenantId,
        (application, owner): (ApplicationId, AccountId),
    ) -> Result<Self, OpenError> {
        let plain = epoch.key.open(&wrap_aad(epoch.id, tenant, application, owner), wrapped)?;
        Ok(Self(Key32::from_slice(&plain)?))
    }

    /// Seals a padded plain text for one place; `purpose` selects the sub-key.
    pub fn seal(&self, purpose: &str, aad: &Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.0.derive(b"application", purpose.as_bytes()).seal(&aad.encode(), &pad(plain))
    }

    /// Opens what [`ApplicationKey::seal`] made.
    pub fn open(&self, purpose: &str, aad: &Aad<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        unpad(&self.0.derive(b"application", purpose.as_bytes()).open(&aad.encode(), sealed)?)
    }
}

/// Length, plain text, zeros up to the next multiple of [`PAD`].
pub(crate) fn pad(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let full = (plain.len() + 4).next_multiple_of(PAD);
    let mut padded = Zeroizing::new(Vec::with_capacity(full));
    padded.extend_from_slice(&(plain.len() as u32).to_be_bytes());
    padded.extend_from_slice(plain);
    padded.resize(full, 0);
    padded
}

/// The plain text that [`pad`] filled up.
pub(crate) fn unpad(padded: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (len, rest) = padded.split_at_checked(4).ok_or(OpenError)?;
    let len = u32::from_be_bytes(len.try_into().map_err(|_| OpenError)?) as usize;
    rest.get(..len).map(|plain| Zeroizing::new(plain.to_vec())).ok_or(OpenError)
}

fn wrap_aad(epoch: Uuid, tenant: TenantId, application: ApplicationId, owner: AccountId) -> Vec<u8> {
    let row = format!("{application}/{owner}/{epoch}");
    Aad { tenant, table: "application_key", column: "wrapped", row: &row, round: 0 }.encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_private_key_opens_what_the_public_key_sealed() {
        let dir = tempfile::tempdir().expect("dir");
        let (clock, tenant) = (Clock::system(), "232131".parse().expect("tenant"));
        let public = TenantPrivate::create(&dir.path().join("a")).expect("pair");
        TenantPrivate::create(&dir.path().join("b")).expect("pair");
        let application = ApplicationId::new(&clock);
        let (epoch, stored) = EpochKey::new(&clock, tenant, &public).expect("epoch");
        let key = ApplicationKey::random();
        let whose = (application, AccountId::new(&clock));
        let wrapped = key.wrap(&epoch, tenant, whose);
        let aad = Aad { tenant, table: "application", column: "answers", row: "1", round: 0 };
        let sealed = key.seal("answers", &aad, "西尾太郎".as_bytes());
        assert_eq!(sealed.len(), key.seal("answers", &aad, b"x").len(), "lengths tell nothing");

        let right = TenantPrivate::load(&dir.path().join("a")).expect("load");
        assert_eq!(right.public().expect("a key").as_bytes(), public.as_bytes(), "derived anew");
        let again = EpochKey::open(epoch.id, &stored, tenant, &right).expect("opens");
        let key = ApplicationKey::unwrap(&wrapped, &again, tenant, whose).expect("unwraps");
        let stolen = (application, AccountId::new(&clock));
        assert!(ApplicationKey::unwrap(&wrapped, &again, tenant, stolen).is_err(), "another owner");
        assert_eq!(key.open("answers", &aad, &sealed).expect("opens").as_slice(), "西尾太郎".as_bytes());
        assert!(key.open("files", &aad, &sealed).is_err());
        let wrong = TenantPrivate::load(&dir.path().join("b")).expect("load");
        assert!(EpochKey::open(epoch.id, &stored, tenant, &wrong).is_err());
    }
}
