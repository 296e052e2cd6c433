//! Our own accept loop: time-outs for every side of a connection, limit of connections, drain on shutdown.
//!
//! Places are few, so nobody holds one by being slow: headers, a request with its body, and each write have a
//! time of their own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// What still runs after this long is cut off.
const DRAIN: Duration = Duration::from_secs(8);

/// The address at the other end of the connection (a proxy's, where there is one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Where a request comes from: the peer or, where that is one of our own proxies, the nearest address in
    /// X-Forwarded-For that is none. What stands before it was written by strangers.
    pub fn source(self, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|t| t.to_canonical() == *ip);
        let mut nearest = self.0.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
        for hop in lines.flat_map(|line| line.rsplit(',')).map(str::trim) {
            if !is_trusted(&nearest) {
                break;
            }
            let with_port = || hop.parse::<SocketAddr>().map(|at| at.ip());
            let Ok(ip) = hop.parse::<IpAddr>().or_else(|_| with_port()) else { break };
            nearest = ip.to_canonical();
        }
        nearest
    }
}

/// How long a request may take, its body included; [`crate::edge`] answers for those that take longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(pub Duration);

impl Default for Deadline {
    fn default() -> Self {
        Self(Duration::from_secs(15))
    }
}

/// How many, and how slow, connections may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Headers must have come within this time, counted from the end of the request before.
    pub headers: Duration,
    /// See [`Deadline`].
    pub deadline: Deadline,
    /// Who takes nothing of an answer for this long is cut off.
    pub write: Duration,
}

impl Limits {
    /// What real sites use, with this many connections at a time.
    pub fn of(connections: usize) -> Self {
        let patience = Duration::from_secs(10);
        Self { connections, headers: patience, deadline: Deadline::default(), write: patience }
    }
}

/// Serves `router` on `listener` until `stop`.
pub async fn run(listener: TcpListener, router: Router, stop: CancellationToken, limits: Limits) {
    let graceful = GracefulShutdown::new();
    let (room, tasks) = (Arc::new(Semaphore::new(limits.connections.max(1))), TaskTracker::new());
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(pair) => pair,
            Err(e) => {
                // Out of file descriptors, for example: pause instead of spinning.
                tracing::warn!(kind = ?e.kind(), "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for more bytes; where the option is refused they are only slower.
        let _nodelay = stream.set_nodelay(true);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            request.extensions_mut().insert(limits.deadline);
            request.map(Body::new)
        });
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write));
        let connection = graceful.watch(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.headers)
                .max_buf_size(64 * 1024)
                .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service)),
        );
        tasks.spawn(async move {
            // A broken connection is the peer's affair; nothing of it goes to the log.
            let _ended = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("connections were cut off after the drain time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("header"));
        }
        let ip = |s: &&str| s.parse().expect("address");
        let trusted: Vec<IpAddr> = trusted.iter().map(ip).collect();
        Peer(ip(&peer)).source(&headers, &trusted).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let (us, them) = (["10.0.0.1", "10.0.0.2"], "192.0.2.9");
        assert_eq!(source(them, &["198.51.100.1"], &us), them, "a stranger says it");
        assert_eq!(source("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1", "nobody is trusted");
        assert_eq!(source("10.0.0.1", &[them], &us), them);
        assert_eq!(source("::ffff:10.0.0.1", &["198.51.100.1, 192.0.2.9:4711"], &us), them, "the right-most");
        assert_eq!(source("10.0.0.1", &["198.51.100.1, 192.0.2.9, 10.0.0.2"], &us), them, "two proxies");
        assert_eq!(source("10.0.0.1", &["198.51.100.1", "192.0.2.9"], &us), them, "a line each");
        assert_eq!(source("10.0.0.1", &["198.51.100.1, what"], &us), "10.0.0.1", "unreadable");
        assert_eq!(source("10.0.0.1", &[], &us), "10.0.0.1");
        assert_eq!(source("10.0.0.1", &["2001:db8::1"], &us), "2001:db8::1");
    }
}
