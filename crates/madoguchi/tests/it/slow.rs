//! Slow strangers: none of them keeps a place on a listener.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use madoguchi::app;
use madoguchi::edge;
use madoguchi::serve::{self, Deadline, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::both;
use crate::world::{World, client};

const PLACES: usize = 4;

/// Time-outs short enough for a test.
fn hurried() -> Limits {
    let soon = Duration::from_millis(500);
    Limits { connections: PLACES, headers: soon, deadline: Deadline(soon), write: soon }
}

async fn serve(router: Router) -> (std::net::SocketAddr, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let (at, stop) = (listener.local_addr().expect("address"), CancellationToken::new());
    TaskTracker::new().spawn(serve::run(listener, router, stop.clone(), hurried()));
    (at, stop)
}

async fn says(at: std::net::SocketAddr, what: &str) -> TcpStream {
    let mut socket = TcpStream::connect(at).await.expect("connect");
    socket.write_all(what.as_bytes()).await.expect("write");
    socket
}

async fn is_served(url: String) -> bool {
    let answer = client().get(url).timeout(Duration::from_secs(20)).send().await;
    answer.is_ok_and(|a| a.status().is_success())
}

both! {
    async fn half_a_body_holds_a_place_until_the_deadline_only(world: World) {
        let (at, stop) = serve(edge::router(app::public_site(&world.app)).expect("router")).await;
        let half = "POST /nishio/search HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\
                    content-type: application/x-www-form-urlencoded\r\n\r\nq=";
        let mut sockets = Vec::new();
        for _ in 0..PLACES {
            sockets.push(says(at, half).await);
        }
        assert!(is_served(format!("http://{at}/healthz")).await);
        for mut socket in sockets {
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.expect("an answer, then the end");
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            assert!(answer.contains("text/html") && answer.contains("connection: close"), "{answer}");
        }
        stop.cancel();
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_is_cut_off() {
    let much = || async { vec![b'x'; 32 * 1024 * 1024] };
    let router = Router::new().route("/much", get(much)).route("/little", get(|| async { "ok" }));
    let (at, stop) = serve(router).await;
    let mut sockets = Vec::new();
    for _ in 0..PLACES {
        sockets.push(says(at, "GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await);
    }
    assert!(is_served(format!("http://{at}/little")).await);
    drop(sockets);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_cut_off() {
    let (at, stop) = serve(Router::new().route("/", get(|| async { "ok" }))).await;
    let mut sockets = Vec::new();
    for words in ["", "GET / HTTP/1.1\r\nho", "GET / HTTP/1.1\r\nhost: x\r\n\r\n", ""] {
        sockets.push(says(at, words).await);
    }
    assert!(is_served(format!("http://{at}/")).await);
    drop(sockets);
    stop.cancel();
}
