//! Why the emulator could not start.

use std::io;
use std::path::PathBuf;

/// Why the emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A port is taken or not allowed.
    #[error("cannot listen on {address}: {source}; choose another port")]
    Bind {
        /// The address that was asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The journal cannot be read or written.
    #[error("cannot use the journal {path}: {source}")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No signing key could be made.
    #[error("cannot make a signing key")]
    Key,
    /// The HTTP client for webhooks could not be built.
    #[error("cannot build the webhook client: {0}")]
    Client(#[from] reqwest::Error),
}
