//! What the confirm page carries: the answers, sealed to this account, so that the server keeps nothing yet.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use madoguchi_base::keys::{Aad, Keys};
use madoguchi_base::{AccountId, Clock, Millis, ProcedureId, TenantId};
use uuid::Uuid;
use zeroize::Zeroizing;

/// A confirm page that lies open longer is shown again before it is sent.
const LIFE_MS: i64 = 12 * 3_600_000;

/// Answers that were confirmed by looking at them.
pub struct Confirmed {
    /// The procedure they answer.
    pub procedure: ProcedureId,
    /// The version of its form.
    pub form_version: u32,
    /// The answers' canonical form.
    pub canonical: Zeroizing<Vec<u8>>,
    /// Whether the page lay open too long to send without another look.
    pub stale: bool,
}

fn aad(tenant: TenantId, account: &str) -> Aad<'_> {
    Aad { tenant, table: "confirm", column: "answers", row: account, round: 0 }
}

/// Seals answers for the hidden field of the confirm page.
pub fn seal(
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    account: AccountId,
    (procedure, form_version): (ProcedureId, u32),
    canonical: &[u8],
) -> String {
    let mut plain = Zeroizing::new(Vec::with_capacity(canonical.len() + 28));
    plain.extend_from_slice(procedure.uuid().as_bytes());
    plain.extend_from_slice(&form_version.to_be_bytes());
    plain.extend_from_slice(&clock.wall().0.to_be_bytes());
    plain.extend_from_slice(canonical);
    URL_SAFE_NO_PAD.encode(keys.seal(&aad(tenant, &account.to_string()), &plain))
}

/// Opens the hidden field; `None` where it is not ours, or another person's.
pub fn open(
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    account: AccountId,
    token: &str,
) -> Option<Confirmed> {
    let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
    let plain = keys.open(&aad(tenant, &account.to_string()), &sealed).ok()?;
    let (head, canonical) = plain.split_at_checked(28)?;
    let at = Millis(i64::from_be_bytes(head[20..28].try_into().ok()?));
    Some(Confirmed {
        procedure: ProcedureId::from_uuid(Uuid::from_slice(&head[..16]).ok()?),
        form_version: u32::from_be_bytes(head[16..20].try_into().ok()?),
        canonical: Zeroizing::new(canonical.to_vec()),
        stale: clock.wall() > at.plus_ms(LIFE_MS),
    })
}
