//! The key agent as a process without private keys knows it: a socket of this machine, or nobody.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use madoguchi_base::{ApplicationId, TenantId};
use zeroize::Zeroizing;

use super::wire::{self, Question};
use super::{AgentError, KeyAgent, Opened, Proof};
use crate::socket;

/// A page does not wait longer than this for the agent.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks the agent behind a socket.
pub struct RemoteAgent {
    socket: PathBuf,
}

impl RemoteAgent {
    /// The agent behind `socket`; an empty path: nobody, and nothing opens.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    async fn ask(&self, question: &Question) -> io::Result<Result<Opened, AgentError>> {
        let text = Zeroizing::new(serde_json::to_vec(question)?);
        let mut stream = socket::connect(&self.socket).await?;
        socket::write(&mut stream, &text).await?;
        let answer = socket::read_patiently(&mut stream, wire::ANSWER).await?;
        wire::decode(&answer)
    }
}

impl KeyAgent for RemoteAgent {
    fn open<'a>(
        &'a self,
        tenant: TenantId,
        application: ApplicationId,
        purpose: &'static str,
        proof: Proof<'a>,
    ) -> BoxFuture<'a, Result<Opened, AgentError>> {
        Box::pin(async move {
            let Proof::Citizen(token) = proof else { return Err(AgentError::NotAllowed) };
            let question = Question {
                tenant: tenant.to_string(),
                application: application.to_string(),
                purpose: purpose.to_owned(),
                token: token.to_owned(),
            };
            match tokio::time::timeout(PATIENCE, self.ask(&question)).await {
                Ok(Ok(said)) => said,
                Ok(Err(e)) => {
                    let kind = e.kind();
                    tracing::warn!(
                        ?kind,
                        next = "is the staff's process up? keys.agent_socket",
                        "no key agent"
                    );
                    Err(AgentError::Away)
                }
                Err(_) => {
                    tracing::warn!("the key agent did not answer in time");
                    Err(AgentError::Away)
                }
            }
        })
    }
}
