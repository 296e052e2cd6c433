//! LINE's HTTP interfaces, as much of them as madoguchi uses. Private: nothing outside this crate can put
//! words into a request.
//!
//! LINE does not promise its error texts: everything here branches on the status (one hint: a 429 that speaks
//! of the monthly limit is confirmed by the quota addresses). Foreign errors are reduced by [`tell`] to a
//! static sentence before they reach a log: their text can hold addresses and values.

pub(crate) mod bot;
pub(crate) mod login;
pub(crate) mod menu;
pub(crate) mod messaging;
pub(crate) mod token;

use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};

/// Nothing takes longer, from the first byte out to the last byte in.
pub(crate) const HTTP_TIMEOUT: Duration = Duration::from_secs(10);
/// Of an answer's body no more is read.
const BODY_MAX: usize = 1024 * 1024;

/// The one HTTP client: no redirects, no proxy from the environment, time-outs, a pool.
pub(crate) fn client(answer_within: Option<Duration>) -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(answer_within.unwrap_or(HTTP_TIMEOUT))
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(256)
        .tcp_nodelay(true)
        .user_agent(concat!("madoguchi/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) accepted_request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// No answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Certainly nothing of the request left: address, name, connection or TLS failed first.
    NotSent,
    /// Anything else: LINE may have acted on it.
    Unknown,
}

/// Sends a request and reads the answer's head and, bounded, its body.
pub(crate) async fn ask(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let response = request.send().await.map_err(|e| {
        let no = if e.is_connect() || e.is_builder() { NoAnswer::NotSent } else { NoAnswer::Unknown };
        tracing::debug!(cause = tell(&e), sent = no == NoAnswer::Unknown, "LINE did not answer");
        no
    })?;
    Ok(read(response).await)
}

/// The status decides; a body that breaks off does not change it.
async fn read(mut response: Response) -> Answer {
    let text = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        (value.len() <= 64).then(|| value.to_owned())
    };
    let mut answer = Answer {
        status: response.status(),
        request_id: text("x-line-request-id"),
        accepted_request_id: text("x-line-accepted-request-id"),
        retry_after: text("retry-after").and_then(|v| v.parse().ok()).map(Duration::from_secs),
        body: Vec::new(),
    };
    while let Ok(Some(chunk)) = response.chunk().await {
        if answer.body.len() + chunk.len() > BODY_MAX {
            break;
        }
        answer.body.extend_from_slice(&chunk);
    }
    answer
}

/// A foreign error in words of our own.
pub(crate) fn tell(e: &reqwest::Error) -> &'static str {
    if e.is_builder() {
        "the request could not be made (address)"
    } else if e.is_dns() {
        "the name was not found"
    } else if e.is_connect() {
        "no connection (refused, unreachable or TLS)"
    } else if e.is_timeout() {
        "no answer in time"
    } else if e.is_body() || e.is_decode() {
        "the answer broke off"
    } else {
        "the connection was lost"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_certainly_did_not_leave_is_not_sent() {
        let client = client(None).expect("client");
        // A port that was free a moment ago: connection refused.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let at = listener.local_addr().expect("address");
        drop(listener);
        let refused = ask(client.get(format!("http://{at}/"))).await.err();
        assert_eq!(refused, Some(NoAnswer::NotSent));
        assert_eq!(ask(client.get("not an address")).await.err(), Some(NoAnswer::NotSent));
        // A server that reads and hangs up.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let at = listener.local_addr().expect("address");
        let server = async {
            for _ in 0..2 {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let mut buffer = [0_u8; 64];
                let _n = tokio::io::AsyncReadExt::read(&mut socket, &mut buffer).await;
            }
        };
        let asked = ask(client.post(format!("http://{at}/")).body("x"));
        let lost = tokio::select! { a = asked => a.err(), () = server => None };
        assert_eq!(lost, Some(NoAnswer::Unknown));
    }
}
