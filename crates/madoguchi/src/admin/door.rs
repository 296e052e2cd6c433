//! The running program's door for the command line: a socket beside the SQLite database, for our own user.

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

use super::{Order, Place, Reply};
use crate::app::App;
use crate::socket::{self, Bound};

/// Longest order: a shelf of procedures, with room.
const ORDER: usize = 16 << 20;
/// Longest reply.
const REPLY: usize = 64 << 20;

/// Why no reply came.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// Nobody listens.
    #[error("no running program")]
    Nobody,
    /// Another user's program.
    #[error("{0} belongs to another user: run this as the user that serves")]
    Foreign(PathBuf),
    /// It ended, or failed, before it answered.
    #[error(
        "the running program did not answer at {0}: it may or may not have done it; look, then try again"
    )]
    Torn(PathBuf),
}

/// The socket of a SQLite database; PostgreSQL is asked directly.
pub fn path(database_url: &str) -> Option<PathBuf> {
    database_url.strip_prefix("sqlite:").map(|file| Path::new(file).with_extension("sock"))
}

/// Gives an order to the running program.
pub async fn ask(path: &Path, order: &Order) -> Result<Result<Reply, String>, NotAsked> {
    let mut stream = socket::connect(path).await.map_err(|e| match e.kind() {
        io::ErrorKind::PermissionDenied => NotAsked::Foreign(path.into()),
        _ => NotAsked::Nobody,
    })?;
    let torn = || NotAsked::Torn(path.into());
    let text = zeroize::Zeroizing::new(serde_json::to_vec(order).map_err(|_| torn())?);
    socket::write(&mut stream, &text).await.map_err(|_| torn())?;
    // `check` looks at the whole database: it takes its time.
    let said = socket::read_patiently(&mut stream, REPLY).await.map_err(|_| torn())?;
    serde_json::from_slice(&said).map_err(|_| torn())
}

/// Carries out orders until the program ends.
pub async fn serve(bound: Bound, app: App) {
    let stop = app.stop.clone();
    socket::serve(bound, stop, move |stream| answer(stream, app.clone())).await;
}

async fn answer(mut stream: UnixStream, app: App) {
    let Ok(asked) = socket::read(&mut stream, ORDER).await else { return };
    let said = match serde_json::from_slice::<Order>(&asked) {
        Ok(order) => {
            let place = Place {
                db: &app.db,
                keys: Some(&app.keys),
                keys_dir: &app.settings.keys_dir,
                files: &app.settings.files,
                clock: &app.clock,
                public_url: &app.settings.public_url,
                app: Some(&app),
            };
            super::carry_out(&place, &order).await.map_err(|e| format!("{e:#}"))
        }
        Err(_) => {
            Err("the running program does not know this order: restart it with this version".to_owned())
        }
    };
    let Ok(text) = serde_json::to_vec(&said) else { return };
    let _heard = socket::write(&mut stream, &zeroize::Zeroizing::new(text)).await;
}
