//! What is to be done with a notice that is due, and what an outcome means for it. Pure: no clock, no call.

use madoguchi_base::keys::Keys;
use madoguchi_base::{Millis, TenantId};
use uuid::Uuid;

use crate::api::messaging::{Outcome, Refusal, push_body};
use crate::login::user_aad;
use crate::store::due::DueRow;
use crate::store::outbox::{Claim, Record, Settle};
use crate::wording::{DISCREET_TITLE, Parts, ProcedureKind, render};

/// LINE keeps a retry key for 24 hours from the first request; four hours are our margin.
pub(crate) const KEY_LIFE_SECS: i64 = 20 * 3_600;
/// Longest pause of one notice between attempts.
const PAUSE_MAX_MS: i64 = 300_000;
/// What was known of a friend this long ago is asked for again, where nobody tells us of changes.
const KNOWN_SECS: i64 = 3_600;

/// What the lane knows besides the row.
pub(crate) struct Around<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) tenant: TenantId,
    pub(crate) channel_id: &'a str,
    /// Base address where a procedure was never published.
    pub(crate) callback_base: &'a str,
    pub(crate) wall: Millis,
    pub(crate) now: Millis,
    /// Nobody tells us of friends between sign-ins: ask before sending.
    pub(crate) asks: bool,
}

/// One request to be made.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) retry_key: String,
    pub(crate) body: Vec<u8>,
    /// From here on the key is too old to be used.
    pub(crate) key_until: Millis,
    pub(crate) not_after: Millis,
    pub(crate) attempts: i64,
    pub(crate) first_unknown_at: Option<i64>,
    /// Ask first whether this person can be reached.
    pub(crate) probe: Option<Probe>,
}

/// Whom to ask LINE about.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) user: String,
    pub(crate) user_hash: String,
}

/// What to do with a notice.
pub(crate) enum Decision {
    /// It ends without a call.
    End(Settle),
    /// Freeze (or claim what is frozen), then send.
    Send(Box<(Claim, Job)>),
}

/// Decides. Not-after wins over certainty, consent goes before certainty.
pub(crate) fn decide(around: &Around<'_>, row: DueRow) -> Decision {
    let end = |row: &DueRow, state, outcome| Decision::End(Settle { id: row.id.clone(), state, outcome });
    let frozen = row.state == "frozen";
    if row.not_after <= around.wall.0 {
        return end(&row, "expired", "too-late");
    }
    if row.unlinked_at.is_some() {
        return end(&row, "stopped", "unlinked");
    }
    let Some((hash, to)) = recipient(around, &row) else { return end(&row, "undeliverable", "not-linked") };
    if frozen && row.frozen_hash.as_deref() != Some(hash.as_str()) {
        return end(&row, "stopped", "unlinked");
    }
    if frozen && row.channel_id.as_deref() != Some(around.channel_id) {
        return end(&row, "parked", "channel-changed");
    }
    if row.first_unknown_at.is_some_and(|at| at + KEY_LIFE_SECS * 1_000 <= around.now.0) {
        return end(&row, "parked", "unknown");
    }
    if row.friend == Some(false) && row.first_unknown_at.is_none() && !around.asks {
        return end(&row, "undeliverable", "not-a-friend");
    }
    send(around, row, hash, &to)
}

/// The keyed hash and the LINE user id of the person, where the link stands.
fn recipient(around: &Around<'_>, row: &DueRow) -> Option<(String, String)> {
    let hash = row.linked_hash.clone()?;
    let user = around.keys.open(&user_aad(around.tenant, &hash), row.user_sealed.as_deref()?).ok()?;
    Some((hash, String::from_utf8(user.to_vec()).ok()?))
}

fn send(around: &Around<'_>, row: DueRow, user_hash: String, to: &str) -> Decision {
    let now = around.now.0;
    let kept = match (&row.retry_key, &row.body, row.key_at) {
        (Some(key), Some(body), Some(at)) if row.state == "frozen" => Some((key.clone(), body.clone(), at)),
        _ => None,
    };
    let (generation, retry_key, body, key_at) = match kept {
        // Never reached LINE or was refused each time: an old key may be renewed, a doubtful one never.
        Some((_, body, at)) if row.first_unknown_at.is_none() && at + KEY_LIFE_SECS * 1_000 <= now => {
            let generation = row.generation + 1;
            (generation, retry_key(around.keys, around.tenant, &row.id, generation), body, now)
        }
        Some((key, body, at)) => (row.generation, key, body, at),
        None => (0, retry_key(around.keys, around.tenant, &row.id, 0), words(around, &row), now),
    };
    let fresh = row.friend_at.is_some_and(|at| at + KNOWN_SECS * 1_000 > around.wall.0);
    let known = row.friend == Some(true) && fresh;
    // A doubtful one may have arrived: then the same key finds out, whatever has become of the friend.
    let asks = around.asks && row.first_unknown_at.is_none() && !known;
    let probe = asks.then(|| Probe { user: to.to_owned(), user_hash: user_hash.clone() });
    let key_from = row.first_unknown_at.unwrap_or(key_at);
    let job = Job {
        id: row.id.clone(),
        retry_key: retry_key.clone(),
        body: push_body(to, &body),
        key_until: Millis(key_from).plus_secs(KEY_LIFE_SECS),
        not_after: Millis(row.not_after),
        attempts: row.attempts,
        first_unknown_at: row.first_unknown_at,
        probe,
    };
    let wording_version = row.wording_version.or(row.version).unwrap_or(0);
    let claim = Claim { id: row.id, generation, retry_key, user_hash, wording_version, body, key_at };
    Decision::Send(Box::new((claim, job)))
}

/// UUIDv8 of a keyed hash, so that every copy of the database computes the same one.
fn retry_key(keys: &Keys, tenant: TenantId, id: &str, generation: i64) -> String {
    // The chunk: a notice goes to one person and has one.
    let chunk = 0_u32.to_be_bytes();
    let (tenant, generation) = (tenant.to_string(), generation.to_be_bytes());
    let mac = keys.mac("retry-key", &[tenant.as_bytes(), id.as_bytes(), &chunk, &generation]);
    let mut first = [0_u8; 16];
    first.copy_from_slice(&mac[..16]);
    Uuid::new_v8(first).to_string()
}

/// The messages: the municipality's wording, or the most discreet one where a procedure was never published.
fn words(around: &Around<'_>, row: &DueRow) -> String {
    let parts = Parts {
        tenant: around.tenant,
        kind: row.kind.parse().unwrap_or(crate::notice::NoticeKind::Message),
        receipt: &row.receipt,
        due: row.due_on.as_deref().and_then(|d| d.parse().ok()),
        days: row.days,
        page: &row.page,
        title: row.title.as_deref().unwrap_or(DISCREET_TITLE),
        discreet: row.discreet.unwrap_or(true),
        procedure: row
            .procedure_kind
            .as_deref()
            .and_then(ProcedureKind::from_code)
            .unwrap_or(ProcedureKind::Application),
        base_url: row.base_url.as_deref().unwrap_or(around.callback_base),
        sentence: row.sentence.as_deref(),
    };
    render(&parts).0
}

/// When an attempt took place.
#[derive(Clone, Copy)]
pub(crate) struct When {
    /// Just before the request.
    pub(crate) started: Millis,
    pub(crate) now: Millis,
    pub(crate) wall: Millis,
    /// 0..=255, random: spreads the next attempts.
    pub(crate) jitter: u8,
}

/// What an outcome makes of a notice.
pub(crate) fn recorded(job: &Job, outcome: Outcome, when: When) -> Record {
    let mut record = Record {
        id: job.id.clone(),
        state: "frozen",
        outcome: code(outcome),
        request_id: None,
        accepted_request_id: None,
        attempts: i64::from(!matches!(outcome, Outcome::NotTried | Outcome::Refused(Refusal::NotFriend))),
        next_at: when.now.0 + pause_ms(job.attempts, when.jitter),
        first_unknown_at: job.first_unknown_at,
        accepted_at: None,
        hold: None,
    };
    match outcome {
        Outcome::Accepted => {
            record.state = "accepted";
            record.first_unknown_at = None;
            record.accepted_at = Some(when.wall.0);
        }
        Outcome::Refused(Refusal::Recipient | Refusal::NotFriend) => record.state = "undeliverable",
        Outcome::Refused(Refusal::Message) => record.state = "refused",
        Outcome::Refused(Refusal::Quota) => record.hold = Some("quota"),
        Outcome::Unknown => record.first_unknown_at = job.first_unknown_at.or(Some(when.started.0)),
        Outcome::NotTried => record.next_at = when.now.0,
        Outcome::NotSent | Outcome::Refused(_) => {}
    }
    record
}

fn code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Unknown => "unknown",
        Outcome::NotSent => "not-sent",
        Outcome::NotTried => "not-tried",
        Outcome::Refused(Refusal::Recipient) => "recipient",
        Outcome::Refused(Refusal::NotFriend) => "not-a-friend",
        Outcome::Refused(Refusal::Message) => "message",
        Outcome::Refused(Refusal::Token) => "token",
        Outcome::Refused(Refusal::Rate(_)) => "rate",
        Outcome::Refused(Refusal::Quota) => "quota",
        Outcome::Refused(Refusal::Channel) => "channel",
    }
}

/// One second, doubled with each attempt, at most five minutes, a quarter more or less.
fn pause_ms(attempts: i64, jitter: u8) -> i64 {
    let doubled = (1_000_i64 << attempts.clamp(0, 9)).min(PAUSE_MAX_MS * 4 / 5);
    doubled * 3 / 4 + doubled * i64::from(jitter) / 510
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
