//! The one way to write: a closure, one transaction, an answer only after the commit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::Tx;

/// Longer than this is logged with the label.
const BUDGET: Duration = Duration::from_millis(20);
/// Longer than this is rolled back.
const HARD_STOP: Duration = Duration::from_millis(250);

/// Why a closure stops.
#[derive(Debug)]
pub enum Stop<E> {
    /// The closure says no; nothing is written.
    Reject(E),
    /// The database failed; the closure may be run again.
    Db(sqlx::Error),
}

impl<E> From<sqlx::Error> for Stop<E> {
    fn from(e: sqlx::Error) -> Self {
        Self::Db(e)
    }
}

/// For closures that never say no.
#[derive(Debug, Clone, Copy)]
pub enum Never {}

/// What became of a write that gave no `Ok`.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The closure said no; nothing was written.
    #[error("refused")]
    Rejected(E),
    /// Never started: too many wait.
    #[error("busy")]
    Busy,
    /// Certainly rolled back.
    #[error("failed and rolled back")]
    Failed,
    /// The outcome is not known: ask by key.
    #[error("the outcome is not known")]
    Unknown,
}

impl<E> WriteError<E> {
    /// The same outcome with another reason.
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> WriteError<F> {
        match self {
            Self::Rejected(e) => WriteError::Rejected(f(e)),
            Self::Busy => WriteError::Busy,
            Self::Failed => WriteError::Failed,
            Self::Unknown => WriteError::Unknown,
        }
    }
}

/// What one run of a closure came to.
pub(super) enum Ran {
    Ok,
    Rejected,
    Db(sqlx::Error),
    Panicked,
    TooLong,
}

/// How a job ended, once the database has said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Committed, or refused by the closure and rolled back: give what it returned.
    Said,
    Busy,
    Failed,
    Unknown,
}

/// A queued write, without its types.
pub(super) trait Job: Send {
    fn label(&self) -> &'static str;
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran>;
    fn end(self: Box<Self>, end: End);
}

pub(super) struct Typed<I, T, E, F> {
    pub(super) label: &'static str,
    pub(super) input: Arc<I>,
    pub(super) f: F,
    pub(super) said: Option<Result<T, E>>,
    pub(super) answer: oneshot::Sender<Result<T, WriteError<E>>>,
}

impl<I, T, E, F> Job for Typed<I, T, E, F>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
    F: for<'a> Fn(&'a I, &'a mut Tx) -> BoxFuture<'a, Result<T, Stop<E>>> + Send + Sync + 'static,
{
    fn label(&self) -> &'static str {
        self.label
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            let started = Instant::now();
            let input = Arc::clone(&self.input);
            let work = AssertUnwindSafe((self.f)(&input, tx)).catch_unwind();
            let ran = match tokio::time::timeout(HARD_STOP, work).await {
                Ok(Ok(Ok(value))) => {
                    self.said = Some(Ok(value));
                    Ran::Ok
                }
                Ok(Ok(Err(Stop::Reject(e)))) => {
                    self.said = Some(Err(e));
                    Ran::Rejected
                }
                Ok(Ok(Err(Stop::Db(e)))) => Ran::Db(e),
                Ok(Err(_panic)) => Ran::Panicked,
                Err(_elapsed) => Ran::TooLong,
            };
            let took = started.elapsed();
            if took > BUDGET {
                tracing::debug!(
                    label = self.label,
                    ms = took.as_millis(),
                    "a write took longer than its budget"
                );
            }
            ran
        })
    }

    fn end(self: Box<Self>, end: End) {
        let Self { input, said, answer: to, .. } = *self;
        // Before the answer: whoever gets it may take its input back to try again.
        drop(input);
        let answer = match (end, said) {
            (End::Said, Some(Ok(value))) => Ok(value),
            (End::Said, Some(Err(e))) => Err(WriteError::Rejected(e)),
            (End::Busy, _) => Err(WriteError::Busy),
            (End::Unknown, _) => Err(WriteError::Unknown),
            (End::Failed, _) | (End::Said, None) => Err(WriteError::Failed),
        };
        // The caller may have gone; the write stands all the same.
        let _gone = answer_to(to, answer);
    }
}

fn answer_to<T>(to: oneshot::Sender<T>, value: T) -> bool {
    to.send(value).is_ok()
}
