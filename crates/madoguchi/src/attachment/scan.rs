//! clamd, by its socket: `INSTREAM`. Whatever goes wrong on the way, a file is not taken for clean.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

/// The scanner must have answered by then; later, the job asks again.
const PATIENCE: Duration = Duration::from_secs(15);
const PIECE: usize = 64 * 1024;

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// A scanner.
pub struct Scanner {
    address: Address,
    patience: Duration,
}

/// What the scanner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is no scanner.
    NotAsked,
    /// Nothing found.
    Clean,
    /// Something found.
    Infected,
    /// Down, slow, or an answer that is none.
    NoAnswer,
}

impl Scanner {
    /// `unix:PATH` or `tcp:ADDRESS:PORT`; empty: none.
    pub fn new(address: &str) -> anyhow::Result<Option<Self>> {
        let address = match address.split_once(':') {
            _ if address.is_empty() => return Ok(None),
            Some(("unix", path)) => Address::Unix(path.into()),
            Some(("tcp", at)) => Address::Tcp(
                at.parse()
                    .map_err(|_| anyhow::anyhow!("files.clamd = {address}: not an address and a port"))?,
            ),
            _ => anyhow::bail!("files.clamd = {address}: write unix:PATH or tcp:ADDRESS:PORT"),
        };
        Ok(Some(Self { address, patience: PATIENCE }))
    }

    /// Asks about a whole file.
    pub async fn look(&self, content: &[u8]) -> Verdict {
        let asked = async {
            match &self.address {
                Address::Unix(path) => ask(UnixStream::connect(path).await?, content).await,
                Address::Tcp(at) => ask(TcpStream::connect(at).await?, content).await,
            }
        };
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(e)) => {
                tracing::warn!(kind = ?e.kind(), "the virus scanner did not answer");
                Verdict::NoAnswer
            }
            Err(_) => {
                tracing::warn!("the virus scanner was too slow");
                Verdict::NoAnswer
            }
        }
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, content: &[u8]) -> std::io::Result<Verdict> {
    stream.write_all(b"zINSTREAM\0").await?;
    for piece in content.chunks(PIECE) {
        stream.write_all(&(piece.len() as u32).to_be_bytes()).await?;
        stream.write_all(piece).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(verdict(&answer))
}

/// `stream: OK`, `stream: NAME FOUND`, or anything else. The name is nobody's affair but the scanner's log.
fn verdict(answer: &[u8]) -> Verdict {
    let text = answer.strip_suffix(b"\0").unwrap_or(answer);
    let text = text.trim_ascii();
    if text == b"stream: OK" {
        Verdict::Clean
    } else if text.starts_with(b"stream: ") && text.ends_with(b" FOUND") {
        Verdict::Infected
    } else {
        tracing::warn!(bytes = answer.len(), "the virus scanner gave an answer that is none");
        Verdict::NoAnswer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn only_ok_is_clean() {
        assert_eq!(verdict(b"stream: OK\0"), Verdict::Clean);
        assert_eq!(verdict(b"stream: Eicar-Test-Signature FOUND\0"), Verdict::Infected);
        for other in [b"".as_slice(), b"stream: OK but", b"INSTREAM size limit exceeded. ERROR\0", b"OK\0"] {
            assert_eq!(verdict(other), Verdict::NoAnswer);
        }
    }

    #[test]
    fn an_address_is_read_or_refused() {
        assert!(Scanner::new("").expect("none").is_none());
        assert!(Scanner::new("unix:/run/clamav/clamd.ctl").expect("one").is_some());
        assert!(Scanner::new("tcp:127.0.0.1:3310").expect("one").is_some());
        assert!(Scanner::new("tcp:clamd").is_err() && Scanner::new("/run/clamd").is_err());
    }

    /// A scanner that reads `takes` bytes, then says `says` and hangs up, or (None) stays silent.
    async fn double(takes: usize, says: Option<&'static [u8]>) -> Scanner {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = Address::Tcp(listener.local_addr().expect("address"));
        #[expect(clippy::disallowed_methods, reason = "a test's scanner ends with the test")]
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accept");
            let mut read = vec![0; takes];
            stream.read_exact(&mut read).await.expect("bytes");
            match says {
                Some(words) => stream.write_all(words).await.expect("answer"),
                None => std::future::pending().await,
            }
        });
        Scanner { address, patience: Duration::from_millis(300) }
    }

    #[tokio::test]
    async fn a_scanner_that_is_down_slow_or_hangs_up_finds_nothing_clean() {
        let whole = 10 + 4 + 5 + 4;
        assert_eq!(double(whole, Some(b"stream: OK\0")).await.look(b"bytes").await, Verdict::Clean);
        assert_eq!(double(whole, Some(b"stream: X FOUND\0")).await.look(b"bytes").await, Verdict::Infected);
        assert_eq!(double(whole, None).await.look(b"bytes").await, Verdict::NoAnswer, "slow");
        assert_eq!(
            double(12, Some(b"")).await.look(&vec![7; 3_000_000]).await,
            Verdict::NoAnswer,
            "in the middle"
        );
        let down = Scanner { address: Address::Unix("/nowhere".into()), patience: PATIENCE };
        assert_eq!(down.look(b"bytes").await, Verdict::NoAnswer);
    }
}
