//! Staff passwords: at least 15 characters, kept as Argon2id only (m = 19 MiB, t = 2, p = 1).
//!
//! Two hashes at a time, in blocking threads: a rush of sign-ins costs waiting, never all memory and cores.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use madoguchi_base::random;
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Characters at least.
pub const SHORTEST: usize = 15;
/// Bytes at most: hashing takes as long as it is.
pub const LONGEST: usize = 256;
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
/// Whoever waits longer than this for a hash is asked to come back.
const PATIENCE: Duration = Duration::from_secs(5);

static HASHING: Semaphore = Semaphore::const_new(2);

/// Compared with where a login name is unknown, so that it takes as long. It matches no password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bWFkb2d1Y2hpLW5vYm9keQ$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static ARGON: LazyLock<Option<Argon2<'static>>> = LazyLock::new(|| {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
});

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Fewer than 15 characters.
    #[error("a password needs at least {SHORTEST} characters")]
    Short,
    /// More than 256 bytes.
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    /// Few different characters, a row of keys, or a well-known one.
    #[error(
        "this password is easy to guess: few different characters, a row of keys, or a well-known phrase"
    )]
    Simple,
    /// It holds the login name.
    #[error("the password must not contain the login name")]
    HoldsLogin,
}

/// Nothing was hashed: too many wait, or the process runs out of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at the moment")]
pub struct Busy;

/// A password that is good enough. Forgotten (zeroed) when dropped; `Debug` hides it.
pub struct Password(Zeroizing<String>);

/// An Argon2id hash in PHC text.
#[derive(Clone)]
pub struct Hashed(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed")
    }
}

/// The same characters typed on another keyboard are the same password (NIST SP 800-63B 3.1.1.2: NFKC).
fn normal(typed: &str) -> Zeroizing<String> {
    Zeroizing::new(typed.nfkc().collect())
}

impl Password {
    /// Takes a password for the account `login`.
    pub fn new(login: &str, typed: &str) -> Result<Self, Weak> {
        let password = normal(typed);
        if password.chars().count() < SHORTEST {
            return Err(Weak::Short);
        }
        if password.len() > LONGEST {
            return Err(Weak::Long);
        }
        let lower = Zeroizing::new(password.to_lowercase());
        if !login.is_empty() && lower.contains(&login.to_lowercase()) {
            return Err(Weak::HoldsLogin);
        }
        if is_simple(&lower) { Err(Weak::Simple) } else { Ok(Self(password)) }
    }

    /// A random one of 20 letters and digits (119 bits).
    pub fn random() -> Self {
        Self(Zeroizing::new(random::alnum(20)))
    }

    /// The text, to be shown once to the person who set it up.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Hashes it.
    pub async fn hash(&self) -> Result<Hashed, Busy> {
        let _place = place().await?;
        let password = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let hash = ARGON.as_ref()?.hash_password_with_salt(password.as_bytes(), &random::bytes::<16>());
            hash.ok().map(|hash: PasswordHash| Hashed(hash.to_string()))
        })
        .await
        .ok()
        .flatten()
        .ok_or(Busy)
    }
}

impl Hashed {
    /// A hash that was made earlier (the demo's accounts); refused unless it is Argon2id of full strength.
    pub fn precomputed(phc: &str) -> Option<Self> {
        let read = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&read).ok()?;
        let full = params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES;
        (read.algorithm.as_str() == "argon2id" && full && phc != NOBODY).then(|| Self(phc.to_owned()))
    }

    /// The PHC text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place among the two that hash.
pub(super) struct Place(#[expect(dead_code, reason = "held, not read")] SemaphorePermit<'static>);

pub(super) async fn place() -> Result<Place, Busy> {
    match tokio::time::timeout(PATIENCE, HASHING.acquire()).await {
        Ok(Ok(permit)) => Ok(Place(permit)),
        _ => Err(Busy),
    }
}

/// Whether `typed` is the password of `hash`. Without a hash it takes as long and is `false`.
pub(super) async fn is_right(_place: &Place, typed: &str, hash: Option<&str>) -> bool {
    if typed.len() > LONGEST * 2 {
        return false;
    }
    let (typed, hash) = (normal(typed), hash.unwrap_or(NOBODY).to_owned());
    let right = tokio::task::spawn_blocking(move || {
        let (Some(argon), Ok(hash)) = (ARGON.as_ref(), PasswordHash::new(&hash)) else { return false };
        argon.verify_password(typed.as_bytes(), &hash).is_ok()
    });
    right.await.unwrap_or(false)
}

/// Long ones that everybody tries, and rows of keys from which longer ones are made.
const KNOWN: [&str; 8] = [
    "password",
    "passw0rd",
    "administrator",
    "qwertyuiop",
    "1qaz2wsx3edc",
    "changeme",
    "letmein",
    "madoguchi",
];
const ROWS: [&str; 6] = [
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq12wsxcde34rfvbgt56yhnmju78ik",
];

/// What remains after well-known words and rows of keys are taken out must still be long and varied.
fn is_simple(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    let distinct: std::collections::BTreeSet<char> = chars.iter().copied().collect();
    if distinct.len() < 6 || ROWS.iter().any(|row| row.contains(lower)) {
        return true;
    }
    let rest = KNOWN.iter().fold(lower.to_owned(), |rest, word| rest.replace(word, ""));
    rest != lower && rest.chars().count() < SHORTEST / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_refused() {
        let why = |typed: &str| Password::new("suzuki", typed).expect_err(typed);
        assert_eq!(why("short"), Weak::Short);
        assert_eq!(why(&"長".repeat(100)), Weak::Long);
        assert_eq!(why("my-SUZUKI-is-here-4711"), Weak::HoldsLogin);
        for typed in [
            "aaaaaaaaaaaaaaaa",
            "12345678901234567",
            "abababababababab",
            "qwertyuiopasdfg",
            "passwordpassword1",
        ] {
            assert_eq!(why(typed), Weak::Simple, "{typed}");
        }
        assert!(Password::new("suzuki", "みどりの椅子が三つ並んでいる朝").is_ok());
        assert!(Password::new("suzuki", "correct horse battery").is_ok());
        assert!(Password::new("suzuki", Password::random().as_str()).is_ok());
    }

    #[tokio::test]
    async fn only_the_right_password_opens_and_nobody_has_one() {
        let password = Password::new("suzuki", "みどりの椅子が三つ並んでいる朝１２").expect("strong");
        let hash = password.hash().await.expect("hash");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(Hashed::precomputed(hash.as_str()).is_some());
        let place = place().await.expect("place");
        assert!(is_right(&place, "みどりの椅子が三つ並んでいる朝12", Some(hash.as_str())).await, "NFKC");
        assert!(!is_right(&place, "みどりの椅子が三つ並んでいる朝13", Some(hash.as_str())).await);
        assert!(!is_right(&place, "", None).await);
        assert!(PasswordHash::new(NOBODY).is_ok(), "it costs as much as a real one");
    }

    #[test]
    fn a_weak_hash_is_not_taken() {
        let weak = NOBODY.replace("m=19456", "m=64");
        assert!(Hashed::precomputed(&weak).is_none() && Hashed::precomputed("plain").is_none());
        assert_eq!(format!("{:?} {:?}", Password::random(), Hashed(String::from("x"))), "Password Hashed");
    }
}
