//! A wire between the program and LINE that a test can spoil: it swallows, dribbles, or says 429 for LINE.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What happens to requests that come from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Nothing: they reach LINE.
    Nothing = 0,
    /// They are read, and never answered; LINE never sees them.
    Swallow = 1,
    /// LINE gets them at once; its answer comes back by one byte a second.
    Dribble = 2,
    /// Pushes are answered 429; LINE never sees them.
    Limit = 3,
}

#[derive(Default)]
struct State {
    spoil: AtomicU8,
    open: AtomicUsize,
    most: AtomicUsize,
    limited: AtomicUsize,
}

pub struct Wire {
    /// The address to use instead of LINE's.
    pub url: String,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// Before LINE's host at `to` (`http://127.0.0.1:PORT`).
    pub async fn before(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let to: Arc<str> = to.trim_start_matches("http://").trim_end_matches('/').into();
        let state = Arc::new(State::default());
        let mut tasks = JoinSet::new();
        let of_all = Arc::clone(&state);
        tasks.spawn(async move {
            let mut each = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                each.spawn(carry(Arc::clone(&of_all), socket, Arc::clone(&to)));
            }
        });
        Self { url, state, _tasks: tasks }
    }

    pub fn spoil(&self, how: Spoil) {
        self.state.spoil.store(how as u8, Ordering::SeqCst);
    }

    /// Connections open now.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// The most that were open at a time.
    pub fn most(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }

    /// Pushes that were answered 429.
    pub fn limited(&self) -> usize {
        self.state.limited.load(Ordering::SeqCst)
    }
}

async fn carry(state: Arc<State>, socket: TcpStream, to: Arc<str>) {
    let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
    state.most.fetch_max(open, Ordering::SeqCst);
    let mut socket = BufReader::new(socket);
    while let Some(request) = message(&mut socket).await {
        let spoil = state.spoil.load(Ordering::SeqCst);
        if spoil == Spoil::Swallow as u8 {
            // Until the other side gives up.
            let _rest = socket.read_to_end(&mut Vec::new()).await;
            break;
        }
        if spoil == Spoil::Limit as u8 && request.starts_with(b"POST /v2/bot/message/push") {
            state.limited.fetch_add(1, Ordering::SeqCst);
            let no = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            if socket.write_all(no).await.is_err() {
                break;
            }
            continue;
        }
        let Some(answer) = asked(&to, &request).await else { break };
        if spoil != Spoil::Dribble as u8 {
            if socket.write_all(&answer).await.is_err() {
                break;
            }
            continue;
        }
        let mut gone = false;
        for byte in answer {
            gone = gone || socket.write_all(&[byte]).await.is_err();
            if gone {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    state.open.fetch_sub(1, Ordering::SeqCst);
}

async fn asked(to: &str, request: &[u8]) -> Option<Vec<u8>> {
    let mut line = BufReader::new(TcpStream::connect(to).await.ok()?);
    line.write_all(request).await.ok()?;
    message(&mut line).await
}

/// A request or an answer, head and body; `None` where the connection ends.
async fn message(from: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut whole, mut length) = (Vec::new(), 0);
    loop {
        let start = whole.len();
        if from.read_until(b'\n', &mut whole).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&whole[start..]).to_ascii_lowercase();
        if let Some(n) = line.strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let start = whole.len();
    whole.resize(start + length, 0);
    from.read_exact(&mut whole[start..]).await.ok()?;
    Some(whole)
}
