//! The body of an upload, at its reader's pace.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep};

/// The sender must send something this often.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that may lie between what was received and what was taken: beyond that somebody sends headers without end.
const MOST_UNREAD: usize = 512 * 1024;

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection.
    #[error("the connection broke")]
    Connection,
    /// Nothing came for a while.
    #[error("the sender was silent")]
    Silent,
    /// The parser kept too much.
    #[error("a part without an end")]
    Endless,
}

/// One piece at a time: a parser that asks for more until nothing is there would otherwise hold the whole body.
pub(super) struct Paced {
    stream: BodyDataStream,
    unread: Unread,
    patience: Pin<Box<Sleep>>,
    gave: bool,
}

/// How much of the body nobody has taken yet.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// Something was taken.
    pub(super) fn taken(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Paced {
    pub(super) fn new(body: Body, unread: Unread) -> Self {
        let (stream, patience) = (body.into_data_stream(), Box::pin(sleep(PATIENCE)));
        Self { stream, unread, patience, gave: false }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.gave) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match Pin::new(&mut self.stream).poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.gave = true;
                self.patience.as_mut().reset(Instant::now() + PATIENCE);
                let unread = self.unread.0.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
                Poll::Ready(Some(if unread > MOST_UNREAD { Err(Broken::Endless) } else { Ok(bytes) }))
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Broken::Connection))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.patience.as_mut().poll(cx).map(|()| Some(Err(Broken::Silent))),
        }
    }
}
