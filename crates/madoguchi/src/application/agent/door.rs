//! The key agent's door: where processes without private keys ask. It believes nothing but the session's token.

use std::sync::Arc;

use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::wire::{self, Question};
use super::{AgentError, LocalAgent, Opened, Proof};
use crate::socket::{self, Bound};

/// Answers questions until `stop`.
pub async fn serve(bound: Bound, agent: Arc<LocalAgent>, stop: CancellationToken) {
    socket::serve(bound, stop, move |stream| answer(stream, Arc::clone(&agent))).await;
}

async fn answer(mut stream: UnixStream, agent: Arc<LocalAgent>) {
    // Who asks no whole question gets no answer; nothing of it goes to the log.
    let Ok(asked) = socket::read(&mut stream, wire::QUESTION).await else { return };
    let said = match serde_json::from_slice(&asked) {
        Ok(question) => open(&agent, &question).await,
        Err(_) => Err(AgentError::NotAllowed),
    };
    let _heard = socket::write(&mut stream, &wire::encode(&said)).await;
}

async fn open(agent: &LocalAgent, question: &Question) -> Result<Opened, AgentError> {
    let (tenant, application) = question.read().ok_or(AgentError::NotAllowed)?;
    agent.open_checked(tenant, application, &question.purpose, Proof::Citizen(&question.token)).await
}
