//! A request that is written by hand, in part or whole, before the process ends. For crash tests only.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::api::messaging::Push;

/// Writes half of the push, or all of it, and ends the process without reading an answer.
pub(crate) async fn send(push: &Push<'_>, half: bool) {
    let host = push.api_base.trim_start_matches("http://");
    let head = format!(
        "POST /v2/bot/message/push HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         x-line-retry-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        push.token,
        push.retry_key,
        push.body.len()
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&push.body);
    if half {
        bytes.truncate(bytes.len() - push.body.len() / 2);
    }
    if let Ok(mut socket) = TcpStream::connect(host).await {
        let _torn = socket.write_all(&bytes).await;
        let _torn = socket.flush().await;
        // Long enough for the other side to take in what was written.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    std::process::abort();
}
