//! What LINE tells us (webhooks): taken as LINE signed it, once, by its own time, and without what people write.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// LINE's signature over a body.
pub fn signed(secret: &str, body: &[u8]) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body))
}
