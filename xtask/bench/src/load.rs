//! Keep-alive connections that ask one request after the other, and how long each took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{report, server};

/// A request with its whole body.
pub(crate) type Ask = Request<Full<Bytes>>;

/// Makes the request number `n` (from 0) of connection `c` (from 0).
pub(crate) type Make = Arc<dyn Fn(usize, u64) -> Ask + Send + Sync>;

/// How a load is laid on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) port: u16,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// Requests a second over all connections; none means as fast as answers come.
    pub(crate) rate: Option<f64>,
    /// The status that counts as an answer; another one ends the run.
    pub(crate) expect: StatusCode,
    /// Keeps every so-many-th answer's `Location`.
    pub(crate) sample_every: u64,
}

/// An answer that was kept: on which connection, when it had come, and where it points.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) connection: usize,
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) location: String,
}

/// What a run gave.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) samples: Vec<Sample>,
    elapsed: Duration,
    pub(crate) generator_cpu: f64,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub(crate) fn percentile(&self, share: f64) -> Option<Duration> {
        report::percentile(&self.latencies, share)
    }
}

/// A connection of HTTP/1.1 to a port of the loopback address.
#[derive(Debug)]
pub(crate) struct Connection {
    send: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.with_context(|| format!("port {port}"))?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        // Its errors reach the sender as the errors of requests.
        driver.spawn(async move { drop(connection.await) });
        Ok(Self { send, _driver: driver })
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: Ask) -> Result<Response<Bytes>> {
        self.send.ready().await?;
        let (head, body) = self.send.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

/// Runs the plan. Connections are opened before the clock starts.
pub(crate) async fn run(plan: Plan, make: Make) -> Result<Measured> {
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        connections.push(Connection::open(plan.port).await?);
    }
    let cpu = server::cpu_seconds("self").unwrap_or_default();
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (at, connection) in connections.into_iter().enumerate() {
        tasks.spawn(one(plan, at, connection, Arc::clone(&make), start));
    }
    let mut total = Measured::default();
    while let Some(part) = tasks.join_next().await {
        let part = part??;
        total.latencies.extend(part.latencies);
        total.samples.extend(part.samples);
    }
    total.elapsed = start.elapsed();
    let used = server::cpu_seconds("self").unwrap_or_default() - cpu;
    total.generator_cpu = used / total.elapsed.as_secs_f64();
    total.latencies.sort_unstable();
    Ok(total)
}

async fn one(
    plan: Plan,
    at: usize,
    mut connection: Connection,
    make: Make,
    start: Instant,
) -> Result<Measured> {
    let mut measured = Measured::default();
    let pause = plan.rate.map(|rate| Duration::from_secs_f64(plan.connections as f64 / rate));
    let mut due = start + pause.unwrap_or_default().mul_f64(at as f64 / plan.connections as f64);
    for number in 0.. {
        // At a given rate the clock of a request starts when it was due: a slow answer delays no measurement.
        let begin = if let Some(pause) = pause {
            tokio::time::sleep_until(due.into()).await;
            let begin = due;
            due += pause;
            begin
        } else {
            Instant::now()
        };
        if start.elapsed() >= plan.duration {
            break;
        }
        let answer = connection.ask(make(at, number)).await?;
        measured.latencies.push(begin.elapsed());
        if answer.status() != plan.expect {
            bail!("expected {}, the answer was {}", plan.expect, answer.status());
        }
        if plan.sample_every > 0 && number % plan.sample_every == 0 {
            let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
            measured.samples.extend(location.map(|to| Sample {
                connection: at,
                number,
                at_ms: wall_ms(),
                location: to.to_owned(),
            }));
        }
    }
    Ok(measured)
}

/// Unix milliseconds, to compare with what another program on this machine has written down.
#[expect(
    clippy::disallowed_methods,
    reason = "the generator has no clock of the product; it compares with a ledger"
)]
pub(crate) fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn serve(status: StatusCode) -> (u16, JoinSet<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = axum::routing::any(move || async move { (status, [(http::header::LOCATION, "/a/1")]) });
        let mut server = JoinSet::new();
        server
            .spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await.unwrap() });
        (port, server)
    }

    fn plan(port: u16, rate: Option<f64>) -> Plan {
        let (duration, expect) = (Duration::from_millis(400), StatusCode::SEE_OTHER);
        Plan { port, connections: 4, duration, rate, expect, sample_every: 5 }
    }

    fn make() -> Make {
        Arc::new(|connection, number| {
            Request::get(format!("/{connection}/{number}")).body(Full::default()).unwrap()
        })
    }

    #[tokio::test]
    async fn a_load_keeps_to_its_rate_and_keeps_samples() {
        let (port, _server) = serve(StatusCode::SEE_OTHER).await;
        let measured = run(plan(port, Some(100.0)), make()).await.unwrap();
        assert!((5..=44).contains(&measured.latencies.len()), "{}", measured.latencies.len());
        assert!(measured.samples.iter().all(|sample| sample.location == "/a/1"));
        assert!(!measured.samples.is_empty());
        let free = run(plan(port, None), make()).await.unwrap();
        assert!(free.per_second() > measured.per_second());
    }

    #[tokio::test]
    async fn another_status_ends_the_run() {
        let (port, _server) = serve(StatusCode::INTERNAL_SERVER_ERROR).await;
        let error = run(plan(port, None), make()).await.unwrap_err();
        assert!(error.to_string().contains("500"), "{error}");
    }
}
