//! Sockets of this machine: frames with a length and a limit, for the same user only.
//! Is: how the parts and the command line talk to each other. Is not: what they say (`application::agent::door`).

use std::future::Future;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::geteuid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

/// Conversations at a time.
const PLACES: usize = 64;
/// One side of a conversation may not keep the other waiting longer than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Somebody answers there.
    #[error("{0} is in use by another process: stop it first, or name another path")]
    InUse(PathBuf),
    /// Linux allows 107 bytes.
    #[error("{0} is too long for a socket (at most 107 bytes): use a shorter folder")]
    TooLong(PathBuf),
    /// It cannot be made there.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

/// A listening socket that only its owner may use; the file goes when this is dropped.
#[derive(Debug)]
pub struct Bound {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Bound {
    fn drop(&mut self) {
        // Where it stays behind, the next start finds nobody there and removes it.
        let _gone = std::fs::remove_file(&self.path);
    }
}

/// Makes the socket (0600). A file that a dead process has left is replaced.
pub async fn bind(path: &Path) -> Result<Bound, SocketError> {
    let io = |e| SocketError::Io(path.into(), e);
    if path.as_os_str().len() > 107 {
        return Err(SocketError::TooLong(path.into()));
    }
    if UnixStream::connect(path).await.is_ok() {
        return Err(SocketError::InUse(path.into()));
    }
    match std::fs::symlink_metadata(path) {
        // Only what is a socket: a mistyped path must not cost somebody a file.
        Ok(there) if there.file_type().is_socket() => std::fs::remove_file(path).map_err(io)?,
        Ok(_) => return Err(io(io::ErrorKind::AlreadyExists.into())),
        Err(_) => {}
    }
    // The program's umask lets nobody in meanwhile; the mode says it for every other caller.
    let listener = UnixListener::bind(path).map_err(io)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
    Ok(Bound { listener, path: path.into() })
}

/// Connects, where our own user (or root) listens.
pub async fn connect(path: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(path).await?;
    if is_ours(&stream) { Ok(stream) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Whether our own user, or root, who may do everything anyway, is at the other end.
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|other| other.uid() == geteuid().as_raw() || other.uid() == 0)
}

/// Holds conversations until `stop`; those that have begun are finished.
pub async fn serve<F, Fut>(bound: Bound, stop: CancellationToken, talk: F)
where
    F: Fn(UnixStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (places, talks) = (Arc::new(Semaphore::new(PLACES)), TaskTracker::new());
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = Arc::clone(&places).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = bound.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if is_ours(&stream) => {
                let talk = talk(stream);
                talks.spawn(async move {
                    talk.await;
                    drop(permit);
                });
            }
            Ok(_) => tracing::warn!("another user was refused at a local socket"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(bound);
    talks.close();
    talks.wait().await;
}

/// Reads one frame of at most `limit` bytes.
pub async fn read(from: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    tokio::time::timeout(PATIENCE, read_patiently(from, limit)).await?
}

/// Reads one frame, however long the other side works on it.
pub async fn read_patiently(
    from: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let len = from.read_u32().await? as usize;
    if len > limit {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // In steps: a length alone takes no memory.
    let mut out = Zeroizing::new(Vec::with_capacity(len.min(64 * 1024)));
    let mut rest = from.take(len as u64);
    let mut step = Zeroizing::new([0_u8; 8 * 1024]);
    while out.len() < len {
        let n = rest.read(step.as_mut_slice()).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        grow(&mut out, n);
        out.extend_from_slice(&step[..n]);
    }
    Ok(out)
}

/// Room for `n` more; what is outgrown is zeroed, not left behind in freed memory.
fn grow(out: &mut Zeroizing<Vec<u8>>, n: usize) {
    if out.capacity() - out.len() < n {
        let mut wider = Zeroizing::new(Vec::with_capacity((out.capacity() * 2).max(out.len() + n)));
        wider.extend_from_slice(out);
        *out = wider;
    }
}

/// Writes one frame.
pub async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let work = async {
        to.write_u32(len).await?;
        to.write_all(bytes).await?;
        to.flush().await
    };
    tokio::time::timeout(PATIENCE, work).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_longer_than_the_limit_and_a_torn_one_are_refused() {
        let mut wire = Vec::new();
        let sent = vec![7; 70_000];
        write(&mut wire, &sent).await.expect("written");
        assert_eq!(read(&mut wire.as_slice(), 70_000).await.expect("read").as_slice(), sent);
        assert_eq!(
            read(&mut wire.as_slice(), 69_999).await.expect_err("long").kind(),
            io::ErrorKind::InvalidData
        );
        let torn = &wire[..wire.len() - 1];
        assert_eq!(
            read(&mut &torn[..], 70_000).await.expect_err("torn").kind(),
            io::ErrorKind::UnexpectedEof
        );
        let boast = u32::MAX.to_be_bytes();
        assert!(read(&mut boast.as_slice(), 4_096).await.is_err());
    }

    #[tokio::test]
    async fn the_socket_is_its_owners_alone_and_a_dead_ones_is_replaced() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("a.sock");
        let first = bind(&path).await.expect("bound");
        assert_eq!(std::fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        assert!(matches!(bind(&path).await, Err(SocketError::InUse(_))));
        // As after a kill: the file stays, nobody listens.
        let left = dir.path().join("b.sock");
        drop(std::os::unix::net::UnixListener::bind(&left).expect("bound"));
        assert!(left.exists());
        bind(&left).await.expect("replaced");
        drop(first);
        assert!(!path.exists(), "tidied up");
        let file = dir.path().join("c.sock");
        std::fs::write(&file, "somebody's").expect("write");
        assert!(matches!(bind(&file).await, Err(SocketError::Io(..))));
        assert!(file.exists(), "what is no socket stays");
        let long = dir.path().join("x".repeat(120));
        assert!(matches!(bind(&long).await, Err(SocketError::TooLong(_))));
    }
}
