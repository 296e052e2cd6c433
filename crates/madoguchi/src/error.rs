//! Few kinds of trouble, one kind page.
//!
//! An [`Error`] becomes an empty response that carries itself; a layer that knows the municipality draws the
//! page. It is logged once, at the edge, by code and 問い合わせ番号.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_base::db::WriteError;
use madoguchi_base::random;

/// What went wrong, for people.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Unknown or somebody else's: the same answer.
    #[error("not found")]
    NotFound,
    /// The request came from another site, or the act is not allowed.
    #[error("forbidden")]
    Forbidden,
    /// The same key with other answers, or somebody was faster.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The request cannot be read.
    #[error("bad request")]
    BadRequest,
    /// Too large a body or too many fields.
    #[error("too large")]
    TooLarge,
    /// Too many wait, or the database is away: try again, nothing was stored.
    #[error("busy")]
    Busy,
    /// It may or may not be stored; sending the same again is safe.
    #[error("the outcome is not known")]
    Unknown,
    /// The request, or its answer, took longer than a connection may be held.
    #[error("the time for the request was over")]
    Late,
    /// The application's content has been destroyed after its 保存期間.
    #[error("destroyed after its time")]
    Gone,
    /// Too many tries.
    #[error("too many tries")]
    TooMany,
    /// A bug or broken data.
    #[error("internal error {0}")]
    Internal(String),
}

impl Error {
    /// A bug or broken data: logs `what` once, under an id that the page shows.
    pub fn internal(part: &'static str, what: &'static str) -> Self {
        let id = random::alnum(8);
        tracing::error!(part, what, id, "internal error: look for the id in the log before this line");
        Self::Internal(id)
    }

    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy | Self::Unknown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Gone => StatusCode::GONE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Self {
        match e {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Busy,
            e if is_away(&e) => Self::Busy,
            _ => {
                let code =
                    e.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
                let id = random::alnum(8);
                tracing::error!(%code, id, "the database refused a statement");
                Self::Internal(id)
            }
        }
    }
}

/// Whether PostgreSQL says that it cannot work now: it ends, starts, gave its place to another server, or has no room
/// (classes 57P, 08 and 53, and 25006, a server that can only be read).
fn is_away(e: &sqlx::Error) -> bool {
    let code = e.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|c| {
        c.len() == 5 && (["57P", "08", "53"].iter().any(|class| c.starts_with(class)) || c == "25006")
    })
}

impl<E: Into<Error>> From<WriteError<E>> for Error {
    fn from(e: WriteError<E>) -> Self {
        match e {
            WriteError::Rejected(e) => e.into(),
            WriteError::Busy | WriteError::Failed => Self::Busy,
            WriteError::Unknown => Self::Unknown,
        }
    }
}

impl From<madoguchi_base::db::Never> for Error {
    fn from(never: madoguchi_base::db::Never) -> Self {
        match never {}
    }
}
