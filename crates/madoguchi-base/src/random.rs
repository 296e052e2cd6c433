//! Randomness from the operating system, through the one crypto backend.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `N` random bytes.
///
/// # Panics
/// When the operating system gives no randomness: going on would make guessable keys.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0_u8; N];
    #[expect(clippy::expect_used, reason = "without randomness every key would be guessable: stop")]
    SystemRandom::new().fill(&mut out).expect("the operating system gives randomness");
    out
}

/// 256 random bits as 43 characters of `[A-Za-z0-9_-]`: session tokens, PKCE verifiers.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// `n` random characters of `[A-Za-z0-9]` (5.95 bits each), for values that LINE wants unescaped.
pub fn alnum(n: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = String::with_capacity(n);
    while out.len() < n {
        for b in bytes::<32>() {
            // 248 = 4 × 62: higher bytes would make the first letters likelier.
            if b < 248 && out.len() < n {
                out.push(char::from(ALPHABET[usize::from(b % 62)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_tokens_do_not_repeat() {
        let seen: std::collections::HashSet<String> = (0..10_000).map(|_| alnum(32)).collect();
        assert_eq!(seen.len(), 10_000);
        assert!(seen.iter().all(|s| s.len() == 32 && s.chars().all(|c| c.is_ascii_alphanumeric())));
    }
}
