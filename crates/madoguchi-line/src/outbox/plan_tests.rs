//! The rules of sending, one by one.

use madoguchi_base::keys::Keys;

use super::*;

const NOW: Millis = Millis(1_795_327_200_000);
const HOUR: i64 = 3_600_000;
const USER: &str = "U0123456789abcdef0123456789abcdef";

struct Desk {
    keys: Keys,
    tenant: TenantId,
    asks: bool,
    _dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("dir");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        Self { keys, tenant: "232131".parse().expect("Nishio"), asks: false, _dir: dir }
    }

    fn waiting(&self) -> DueRow {
        DueRow {
            id: "0190b6c2-6a2e-7c3d-8a11-2f6f0d3b9e11".into(),
            account_id: "0190b6c2-0000-7000-8000-000000000001".into(),
            application_id: "0190b6c2-0000-7000-8000-000000000002".into(),
            occasion: None,
            kind: "submitted".into(),
            receipt: "4821-0937-5512".into(),
            due_on: None,
            days: None,
            page: "AAAAAAAAAAAAAAAAAAAAAA".into(),
            not_after: NOW.0 + 7 * 24 * HOUR,
            state: "waiting".into(),
            generation: 0,
            retry_key: None,
            channel_id: None,
            frozen_hash: None,
            wording_version: None,
            body: None,
            key_at: None,
            first_unknown_at: None,
            attempts: 0,
            linked_hash: Some("hash".into()),
            user_sealed: Some(self.keys.seal(&user_aad(self.tenant, "hash"), USER.as_bytes())),
            unlinked_at: None,
            friend: Some(true),
            friend_at: Some(NOW.0 - 2 * HOUR),
            title: Some("水道の使用開始".into()),
            discreet: Some(false),
            procedure_kind: Some("contract".into()),
            base_url: Some("https://apply.example".into()),
            version: Some(3),
            sentence: None,
        }
    }

    fn frozen(&self, key_at: i64) -> DueRow {
        DueRow {
            state: "frozen".into(),
            retry_key: Some("kept".into()),
            channel_id: Some("2".into()),
            frozen_hash: Some("hash".into()),
            wording_version: Some(2),
            body: Some("[1]".into()),
            key_at: Some(key_at),
            attempts: 2,
            ..self.waiting()
        }
    }

    fn decide(&self, row: DueRow) -> Decision {
        let around = Around {
            keys: &self.keys,
            tenant: self.tenant,
            channel_id: "2",
            callback_base: "https://fallback.example",
            wall: NOW,
            now: NOW,
            asks: self.asks,
        };
        decide(&around, row)
    }

    fn ends(&self, row: DueRow) -> (&'static str, &'static str) {
        match self.decide(row) {
            Decision::End(end) => (end.state, end.outcome),
            Decision::Send(_) => ("sends", ""),
        }
    }

    fn sends(&self, row: DueRow) -> (Claim, Job) {
        match self.decide(row) {
            Decision::End(end) => panic!("ends as {}", end.outcome),
            Decision::Send(both) => *both,
        }
    }
}

#[test]
fn the_first_attempt_freezes_key_recipient_version_and_bytes() {
    let desk = Desk::new();
    let (claim, job) = desk.sends(desk.waiting());
    assert_eq!((claim.generation, claim.wording_version, claim.key_at), (0, 3, NOW.0));
    assert_eq!(claim.user_hash, "hash");
    assert!(claim.body.contains("水道の使用開始のお申し込みが届きました"));
    assert!(!claim.body.contains(USER), "the frozen text holds no LINE user id");
    assert!(String::from_utf8(job.body).expect("text").starts_with(&format!("{{\"to\":\"{USER}\"")));
    assert_eq!(Uuid::parse_str(&claim.retry_key).expect("uuid").get_version_num(), 8);
    assert_eq!(claim.retry_key, desk.sends(desk.waiting()).0.retry_key, "every copy computes the same key");
}

#[test]
fn a_retry_has_the_same_key_and_the_same_bytes_whatever_was_published_since() {
    let desk = Desk::new();
    let row = DueRow { title: Some("別の題".into()), version: Some(9), ..desk.frozen(NOW.0 - HOUR) };
    let (claim, job) = desk.sends(row);
    assert_eq!((claim.retry_key.as_str(), claim.body.as_str()), ("kept", "[1]"));
    assert_eq!((claim.wording_version, claim.key_at), (2, NOW.0 - HOUR));
    assert_eq!(job.key_until, Millis(NOW.0 + 19 * HOUR));
}

#[test]
fn an_old_key_is_renewed_only_where_every_attempt_was_not_sent_or_refused() {
    let desk = Desk::new();
    let (claim, _) = desk.sends(desk.frozen(NOW.0 - 20 * HOUR));
    assert_ne!(claim.retry_key, "kept");
    assert_eq!((claim.generation, claim.body.as_str(), claim.key_at), (1, "[1]", NOW.0));
    let doubtful = DueRow { first_unknown_at: Some(NOW.0 - HOUR), ..desk.frozen(NOW.0 - 30 * HOUR) };
    let (claim, job) = desk.sends(doubtful);
    assert_eq!(claim.retry_key, "kept");
    assert_eq!(job.key_until, Millis(NOW.0 + 19 * HOUR));
}

#[test]
fn twenty_hours_after_the_first_unknown_it_is_parked() {
    let desk = Desk::new();
    let row = |ago| DueRow { first_unknown_at: Some(NOW.0 - ago), ..desk.frozen(NOW.0 - ago) };
    assert_eq!(desk.ends(row(20 * HOUR)), ("parked", "unknown"));
    assert_eq!(desk.ends(row(20 * HOUR - 1)), ("sends", ""));
}

#[test]
fn not_after_wins_over_certainty_and_consent_over_both() {
    let desk = Desk::new();
    let doubtful = || DueRow { first_unknown_at: Some(NOW.0 - HOUR), ..desk.frozen(NOW.0 - HOUR) };
    assert_eq!(desk.ends(DueRow { not_after: NOW.0, ..doubtful() }), ("expired", "too-late"));
    let unlinked = DueRow { unlinked_at: Some(NOW.0), user_sealed: None, ..doubtful() };
    assert_eq!(desk.ends(unlinked), ("stopped", "unlinked"));
    let other = DueRow { linked_hash: Some("other".into()), ..doubtful() };
    assert_eq!(desk.ends(other).0, "undeliverable", "a sealed id of another row does not open");
}

#[test]
fn who_is_no_friend_is_told_so_instead_of_being_sent_into_the_void() {
    let desk = Desk::new();
    let stranger = DueRow { friend: Some(false), ..desk.waiting() };
    assert_eq!(desk.ends(stranger), ("undeliverable", "not-a-friend"));
    assert_eq!(desk.ends(DueRow { friend: None, ..desk.waiting() }).0, "sends");
    assert_eq!(desk.ends(DueRow { linked_hash: None, ..desk.waiting() }), ("undeliverable", "not-linked"));
}

#[test]
fn another_channel_parks_what_is_frozen() {
    let desk = Desk::new();
    let row = DueRow { channel_id: Some("1".into()), ..desk.frozen(NOW.0) };
    assert_eq!(desk.ends(row), ("parked", "channel-changed"));
}

#[test]
fn a_procedure_that_was_never_published_is_told_discreetly() {
    let desk = Desk::new();
    let row = DueRow { title: None, discreet: None, procedure_kind: None, base_url: None, ..desk.waiting() };
    let (claim, _) = desk.sends(row);
    assert!(claim.body.contains("お手続きの申請が届きました"));
    assert!(claim.body.contains("https://fallback.example/232131/n/"));
}

#[test]
fn outcomes_decide_what_comes_next() {
    let desk = Desk::new();
    let (_, job) = desk.sends(desk.frozen(NOW.0 - HOUR));
    let when = When { started: Millis(NOW.0 - 5), now: NOW, wall: NOW, jitter: 128 };
    let told = |outcome| {
        let r = recorded(&job, outcome, when);
        (r.state, r.first_unknown_at, r.accepted_at, r.hold, r.attempts)
    };
    assert_eq!(told(Outcome::Accepted), ("accepted", None, Some(NOW.0), None, 1));
    assert_eq!(told(Outcome::Unknown), ("frozen", Some(NOW.0 - 5), None, None, 1));
    assert_eq!(told(Outcome::NotSent), ("frozen", None, None, None, 1));
    assert_eq!(told(Outcome::NotTried), ("frozen", None, None, None, 0));
    assert_eq!(told(Outcome::Refused(Refusal::Recipient)), ("undeliverable", None, None, None, 1));
    assert_eq!(told(Outcome::Refused(Refusal::Message)), ("refused", None, None, None, 1));
    assert_eq!(told(Outcome::Refused(Refusal::Token)), ("frozen", None, None, None, 1));
    assert_eq!(told(Outcome::Refused(Refusal::Quota)), ("frozen", None, None, Some("quota"), 1));
    let doubtful = Job { first_unknown_at: Some(7), ..job.clone() };
    assert_eq!(recorded(&doubtful, Outcome::Unknown, when).first_unknown_at, Some(7));
    assert_eq!(recorded(&doubtful, Outcome::NotSent, when).first_unknown_at, Some(7));
    assert_eq!(recorded(&doubtful, Outcome::Accepted, when).first_unknown_at, None);
}

#[test]
fn pauses_grow_to_five_minutes_and_no_further() {
    for attempts in 0..40 {
        for jitter in [0, 128, 255] {
            let ms = pause_ms(attempts, jitter);
            assert!((750..=300_000).contains(&ms), "{attempts} {jitter}: {ms}");
        }
    }
    assert!(pause_ms(0, 128) < pause_ms(3, 0));
}

#[test]
fn where_nobody_tells_us_of_friends_line_is_asked_unless_it_said_so_lately() {
    let desk = Desk { asks: true, ..Desk::new() };
    let row = |friend, ago: i64| DueRow { friend, friend_at: Some(NOW.0 - ago), ..desk.waiting() };
    let asks = |row| desk.sends(row).1.probe.is_some();
    assert!(!asks(row(Some(true), HOUR - 1)), "signed in a moment ago");
    assert!(asks(row(Some(true), HOUR)), "may have blocked the account since");
    assert!(asks(row(Some(false), 1)), "may have added the account since");
    assert!(asks(DueRow { friend: None, friend_at: None, ..desk.waiting() }));
    let doubtful = DueRow { first_unknown_at: Some(NOW.0 - 1), ..desk.frozen(NOW.0 - 1) };
    assert!(!asks(doubtful), "it may have arrived: its own key finds out");
    let probe = desk.sends(row(None, 0)).1.probe.expect("asks");
    assert_eq!((probe.user.as_str(), probe.user_hash.as_str()), (USER, "hash"));
    // Where webhooks tell us, they are believed.
    let told = Desk::new();
    assert!(told.sends(told.waiting()).1.probe.is_none());
    let left = DueRow { friend: Some(false), ..told.waiting() };
    assert_eq!(told.ends(left), ("undeliverable", "not-a-friend"));
}
