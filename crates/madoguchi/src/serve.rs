//! Our own accept loop: time-out for headers, limit of connections, drain on shutdown.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// Headers must have come within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// What still runs after this long is cut off.
const DRAIN: Duration = Duration::from_secs(8);

/// The address at the other end of the connection (a proxy's, where there is one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Serves `router` on `listener` until `stop`, at most `connections` at a time.
pub async fn run(listener: TcpListener, router: Router, stop: CancellationToken, connections: usize) {
    let graceful = GracefulShutdown::new();
    let (room, tasks) = (Arc::new(Semaphore::new(connections.max(1))), TaskTracker::new());
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
            request.map(Body::new)
        });
        let connection = graceful.watch(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(64 * 1024)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)),
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
