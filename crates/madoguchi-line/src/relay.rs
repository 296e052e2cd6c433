//! Passing LINE's webhooks on to one further address: an official account often has a bot already, and LINE
//! knows only one webhook address a channel.
//!
//! The same bytes under the same signature, so that the other side checks it as if LINE had called. It is
//! never waited for, what waits is bounded, and what came of it is counted.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_base::db::{Exec, Tx};
use madoguchi_base::{Millis, TenantId};
use url::{Host, Url};

use crate::after::Job;
use crate::api::{NoAnswer, ask};
use crate::channel::Channel;
use crate::line::{Inner, Line};
use crate::store;

/// Marks what was passed on once: it is not passed on again.
pub const HEADER: &str = "x-madoguchi-relay";
/// LINE itself waits two seconds.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Between the first attempt and the second, which is the last: reply tokens grow old within a minute.
const PAUSE: Duration = Duration::from_millis(500);
/// LINE's own limit for webhook addresses.
const LONGEST: usize = 500;

/// Why an address is not passed on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// Not an address, too long, or with a name and password in it.
    #[error("not an address")]
    Address,
    /// Neither https nor, to this machine, http.
    #[error("the address must begin with https://")]
    Plain,
    /// It is ours: it would come back for ever.
    #[error("the address is this window's own")]
    Own,
}

/// An address to which webhooks may be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayTo(String);

impl RelayTo {
    /// Reads an address; `own` are this program's own origins.
    pub fn parse(text: &str, own: &[&Url]) -> Result<Self, RelayError> {
        let url = Url::parse(text.trim()).map_err(|_| RelayError::Address)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if text.len() > LONGEST || !plain {
            return Err(RelayError::Address);
        }
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(RelayError::Address),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            "http" => return Err(RelayError::Plain),
            _ => return Err(RelayError::Address),
        }
        if own.iter().any(|o| o.origin() == url.origin()) {
            return Err(RelayError::Own);
        }
        Ok(Self(url.into()))
    }
}

/// Where webhooks go, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayView {
    /// The address, if any.
    pub to: Option<String>,
    /// Answered with 2xx.
    pub passed_on: i64,
    /// Not answered, or otherwise, twice.
    pub failed: i64,
    /// Never tried: too much waited.
    pub dropped: i64,
    /// The last that was answered with 2xx.
    pub last_at: Option<Millis>,
    /// The last that failed or was dropped.
    pub last_failed_at: Option<Millis>,
    /// What was wrong with it: a status, or a word of ours.
    pub last_failure: Option<String>,
}

/// Where a municipality's webhooks are passed on to.
pub async fn of(x: &mut impl Exec, tenant: TenantId) -> Result<RelayView, sqlx::Error> {
    let to = store::setting::find(x, tenant).await?.and_then(|s| s.relay_to);
    let row = store::relay::find(x, tenant).await?.unwrap_or_default();
    Ok(RelayView {
        to,
        passed_on: row.passed_on,
        failed: row.failed,
        dropped: row.dropped,
        last_at: row.last_at.map(Millis),
        last_failed_at: row.last_failed_at.map(Millis),
        last_failure: row.last_failure,
    })
}

/// Passes on to another address, or to none. Call [`Line::reload_channels`] after the commit.
pub async fn set(tx: &mut Tx, tenant: TenantId, to: Option<&RelayTo>, at: Millis) -> Result<(), sqlx::Error> {
    store::setting::ensure(tx, tenant, at).await?;
    store::setting::set_relay(tx, tenant, to.map(|t| t.0.as_str()), at).await
}

impl Line {
    /// Hands a webhook over to be passed on, where it is to be. Does not wait.
    pub(crate) fn pass_on(&self, channel: &Arc<Channel>, signature: &str, body: &[u8]) {
        if channel.relay_to.is_none() {
            return;
        }
        let after = &self.inner.after;
        let Some(room) = after.room_for(channel.tenant, body.len()) else {
            let at = self.inner.clock.wall();
            return after.count(channel.tenant, |row| {
                row.dropped += 1;
                row.last_failed_at = Some(at.0);
                row.last_failure = Some("full".into());
            });
        };
        let (signature, body) = (signature.to_owned(), body.to_vec());
        after.push(Job::PassOn { channel: Arc::clone(channel), signature, body, room });
    }
}

/// Passes one webhook on, in two attempts at most.
pub(crate) async fn send(inner: &Inner, channel: &Channel, signature: &str, body: Vec<u8>) {
    let Some(to) = &channel.relay_to else { return };
    let mut why = String::new();
    for attempt in 0..2 {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let request = inner.http.post(to).timeout(TIMEOUT).header("x-line-signature", signature);
        let request = request.header("content-type", "application/json; charset=utf-8").header(HEADER, "1");
        match ask(request.body(body.clone())).await {
            Ok(answer) if answer.status.is_success() => {
                let at = inner.clock.wall();
                return inner.after.count(channel.tenant, |row| {
                    row.passed_on += 1;
                    row.last_at = Some(at.0);
                });
            }
            Ok(answer) => {
                why = answer.status.as_u16().to_string();
                // The other side has looked at it and does not want it.
                if answer.status.is_client_error() {
                    break;
                }
            }
            Err(NoAnswer::NotSent) => "no-connection".clone_into(&mut why),
            Err(NoAnswer::Unknown) => "no-answer".clone_into(&mut why),
        }
    }
    tracing::warn!(tenant = %channel.tenant, cause = why, "a webhook could not be passed on");
    let at = inner.clock.wall();
    inner.after.count(channel.tenant, |row| {
        row.failed += 1;
        row.last_failed_at = Some(at.0);
        row.last_failure = Some(why);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_of_others_are_passed_on_to() {
        let own = Url::parse("https://madoguchi.example.jp").expect("url");
        let read = |text: &str| RelayTo::parse(text, &[&own]).map(|t| t.0);
        assert_eq!(read(" https://bot.example.jp/line "), Ok("https://bot.example.jp/line".into()));
        assert_eq!(read("http://127.0.0.1:9000/hook"), Ok("http://127.0.0.1:9000/hook".into()));
        assert!(read("http://[::1]:9000/").is_ok() && read("http://localhost/").is_ok());
        for plain in ["http://bot.example.jp/", "http://192.168.0.1/", "http://localhost.example.jp/"] {
            assert_eq!(read(plain), Err(RelayError::Plain), "{plain}");
        }
        assert_eq!(read("https://madoguchi.example.jp/line/232131/webhook"), Err(RelayError::Own));
        assert_eq!(read("https://madoguchi.example.jp:443/x"), Err(RelayError::Own));
        let long = format!("https://bot.example.jp/{}", "x".repeat(LONGEST));
        for wrong in
            ["", "bot", "ftp://x/", "https://user:word@x/", "https://x/#part", "file:///etc/passwd", &long]
        {
            assert_eq!(read(wrong), Err(RelayError::Address), "{wrong}");
        }
    }
}
