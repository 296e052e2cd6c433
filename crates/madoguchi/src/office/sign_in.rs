//! From a typed password to a session.

use std::net::IpAddr;

use madoguchi_base::db::{Class, Never, WriteError};
use madoguchi_base::{Clock, Millis, TenantId, random};
use unicode_normalization::UnicodeNormalization as _;

use super::acts::{self, SignIn, Try, Wait};
use super::password;
use super::store::{self, Counter};
use crate::account::token_hash;
use crate::app::App;
use crate::audit::{Actor, Record, acts as log};
use crate::error::Error;

/// What became of a try.
pub(super) enum Outcome {
    /// Signed in: the new session's token.
    In(String),
    /// Login name or password do not fit.
    Wrong,
    /// Too many wrong tries: not looked at before this moment.
    Wait(Millis),
}

/// What was typed, and from where.
pub(super) struct Typed<'a> {
    pub(super) login: &'a str,
    pub(super) password: &'a str,
    pub(super) source: Option<IpAddr>,
    /// The session that this browser has, if any: it ends.
    pub(super) old: Option<&'a str>,
}

/// A login name as it is stored: full width and capitals are the same.
pub(super) fn normal_login(typed: &str) -> String {
    typed.nfkc().collect::<String>().trim().to_lowercase()
}

/// An IPv6 network counts as one source: a person has millions of addresses in it.
fn source_text(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{:x?}", &ip.segments()[..4]),
    }
}

/// Counts, compares, opens the session. Unknown names cost the same time and the same delays as known ones.
pub(super) async fn sign_in(app: &App, tenant: TenantId, typed: &Typed<'_>) -> Result<Outcome, Error> {
    let login = normal_login(typed.login);
    let tried = || tried(app, tenant, &login, typed.source);
    // Counted before there is a place for hashing: whoever has to wait takes no place from others.
    match count(app, tried()).await {
        Ok(()) => {}
        Err(WriteError::Rejected(Wait(until))) => return Ok(Outcome::Wait(until)),
        Err(e) => return Err(e.map(|_| Error::TooMany).into()),
    }
    let Ok(place) = password::place().await else {
        unlooked(app, tried()).await?;
        return Err(Error::Busy);
    };
    let mut x = app.db.reader().await?;
    let account = store::find(&mut x, tenant, &login).await?;
    drop(x);
    let right =
        password::is_right(&place, typed.password, account.as_ref().map(|a| a.password_hash.as_str())).await;
    drop(place);
    let Some(account) = account.filter(|_| right) else {
        return wrong(app, tenant).await;
    };
    let staff =
        account.staff_id.parse().map_err(|_| Error::internal("office", "a staff id is not readable"))?;
    let token = random::token();
    let record =
        Record::new((&app.keys, &app.clock), tenant, Actor::Staff(staff), "staff.sign-in").detail("ok");
    let (hash, old) = (token_hash(&token), typed.old.map(token_hash));
    let input = SignIn { tried: tried(), account, staff, hash, old, record };
    let opened = app
        .db
        .write::<_, bool, Never, _>("staff.sign-in", Class::Vital, tenant, input, |s, tx| {
            Box::pin(async move { Ok(acts::sign_in(tx, s).await?) })
        })
        .await?;
    Ok(if opened { Outcome::In(token) } else { Outcome::Wrong })
}

fn tried(app: &App, tenant: TenantId, login: &str, source: Option<IpAddr>) -> Try {
    let place = tenant.to_string();
    let key = |scope: &'static str, texts: &[&str]| {
        let parts: Vec<&[u8]> =
            [place.as_str(), scope].iter().chain(texts).map(|text| text.as_bytes()).collect();
        Counter { scope, key: app.keys.mac("sign-in-attempt", &parts) }
    };
    let from = source.map(source_text);
    Try {
        tenant,
        pair: key("pair", &[login, from.as_deref().unwrap_or_default()]),
        target: key("target", &[login]),
        source: from.as_deref().map(|from| key("source", &[from])),
        at: app.clock.steady_wall(),
    }
}

async fn count(app: &App, tried: Try) -> Result<(), WriteError<Wait>> {
    app.db.write("staff.try", Class::Vital, tried.tenant, tried, |t, tx| Box::pin(acts::count(tx, t))).await
}

/// Nothing was looked at: it was no try.
async fn unlooked(app: &App, tried: Try) -> Result<(), Error> {
    app.db
        .write::<_, (), Never, _>("staff.unlooked", Class::Vital, tried.tenant, tried, |t, tx| {
            Box::pin(async move { Ok(acts::forgive(tx, t, false).await?) })
        })
        .await?;
    Ok(())
}

/// The log tells that somebody tried, not which name: a password typed into the wrong field must not lie there.
async fn wrong(app: &App, tenant: TenantId) -> Result<Outcome, Error> {
    write_record(
        app,
        Record::new((&app.keys, &app.clock), tenant, Actor::System, "staff.sign-in").detail("wrong"),
    )
    .await?;
    Ok(Outcome::Wrong)
}

/// Writes one audit record in a transaction of its own: for looks, which change nothing else.
pub(super) async fn write_record(app: &App, record: Record) -> Result<(), Error> {
    app.db
        .write::<_, (), Never, _>("staff.look", Class::Vital, record.tenant, record, |record, tx| {
            Box::pin(async move { Ok(log::record(tx, std::slice::from_ref(record)).await?) })
        })
        .await?;
    Ok(())
}

/// How long, in words, until `until`.
pub(super) fn wait_words(clock: &Clock, until: Millis) -> (i64, String) {
    let secs = ((until.0 - clock.steady_wall().0).max(1_000) + 999) / 1_000;
    let words = if secs < 60 { format!("{secs}秒") } else { format!("{}分", (secs + 59) / 60) };
    (secs, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_is_the_same_however_it_is_typed() {
        assert_eq!(normal_login("　ＳＵＺＵＫＩ "), "suzuki");
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let of = |s: &str| source_text(s.parse().expect(s));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_wait_is_told_in_seconds_then_minutes() {
        let clock = Clock::fixed(Millis(0));
        assert_eq!(wait_words(&clock, Millis(29_500)), (30, "30秒".into()));
        assert_eq!(wait_words(&clock, Millis(61_000)), (61, "2分".into()));
        assert_eq!(wait_words(&clock, Millis(-5)), (1, "1秒".into()));
    }
}
