//! What the emulator knows: a world that changes by events only, so that its journal can rebuild it.

mod apply;
mod apply_menu;
mod apply_more;
mod apply_send;
pub(crate) mod audience;
pub(crate) mod calendar;
pub(crate) mod census;
pub(crate) mod device;
pub(crate) mod event;
pub(crate) mod jobs;
pub(crate) mod people;
pub(crate) mod sends;
pub(crate) mod signing;
pub(crate) mod store;
pub(crate) mod tenant;

use event::{Code, Event, UserToken};
use people::People;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tenant::Tenant;

/// Kinds of channel tokens. LINE docs: channel-access-token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenKind {
    #[default]
    LongLived,
    Short,
    /// v2.1, under its key id.
    Named(String),
    /// Cannot be revoked.
    Stateless,
}

/// A picture that somebody sent.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) tenant: usize,
    pub(crate) media_type: String,
    pub(crate) bytes: bytes::Bytes,
}

/// A token of a channel (not of a person).
#[derive(Clone, Debug)]
pub(crate) struct ChannelToken {
    pub(crate) tenant: usize,
    /// True for the Messaging API channel, false for the Login channel.
    pub(crate) messaging: bool,
    pub(crate) expires_at: i64,
    pub(crate) at: i64,
    pub(crate) kind: TokenKind,
}

/// Everything at one moment.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) people: People,
    /// Channel id to its tenant's index and whether it is the Messaging API channel.
    channels: HashMap<String, (usize, bool)>,
    pub(crate) channel_tokens: HashMap<String, ChannelToken>,
    pub(crate) user_tokens: HashMap<String, UserToken>,
    pub(crate) codes: HashMap<String, Code>,
    /// What people sent, by message id.
    pub(crate) contents: HashMap<String, Content>,
    /// The key of ES256 tokens; there from the first start on.
    pub(crate) signing: Option<signing::SigningKey>,
    /// The next message id.
    next_message: u64,
    /// When the next unfinished work is due.
    next_due: i64,
    /// How far the control address moved the clock.
    pub(crate) advanced_ms: i64,
    /// Lines for the journal, not yet written.
    log: Vec<u8>,
    /// False in memory-only emulators and while the journal is replayed.
    journalled: bool,
}

impl World {
    /// Makes a change: for the journal first, then here.
    pub(crate) fn record(&mut self, event: Event) {
        if self.journalled {
            // Writing to a vector cannot fail, and events have string keys only.
            if serde_json::to_writer(&mut self.log, &event).is_ok() {
                self.log.push(b'\n');
            }
        }
        self.apply(event);
    }

    /// Index of the tenant of that Login channel.
    pub(crate) fn login(&self, channel: &str) -> Option<usize> {
        self.channels.get(channel).filter(|c| !c.1).map(|c| c.0)
    }

    /// Index of the tenant of that Messaging API channel.
    pub(crate) fn messaging(&self, channel: &str) -> Option<usize> {
        self.channels.get(channel).filter(|c| c.1).map(|c| c.0)
    }

    /// Tenant of any channel, and whether it is the Messaging API channel.
    pub(crate) fn channel(&self, channel: &str) -> Option<(usize, bool)> {
        self.channels.get(channel).copied()
    }

    /// Takes `count` message ids.
    pub(crate) fn next_message(&mut self, count: usize) -> u64 {
        let first = self.next_message;
        self.next_message += count as u64;
        first
    }

    /// A live token of a channel.
    pub(crate) fn channel_token(&self, token: &str, now: i64) -> Option<&ChannelToken> {
        self.channel_tokens.get(token).filter(|t| now < t.expires_at)
    }

    /// Live tokens of a channel of some kinds, oldest first, with their times.
    pub(crate) fn live_tokens(
        &self,
        channel: &str,
        now: i64,
        wanted: impl Fn(&TokenKind) -> bool,
    ) -> Vec<(i64, String)> {
        let of = self.channel(channel);
        let live = self
            .channel_tokens
            .iter()
            .filter(|(_, t)| now < t.expires_at && Some((t.tenant, t.messaging)) == of && wanted(&t.kind));
        let mut live: Vec<(i64, String)> = live.map(|(token, t)| (t.at, token.clone())).collect();
        live.sort();
        live
    }

    /// A live token of a person.
    pub(crate) fn user_token(&self, token: &str, now: i64) -> Option<&UserToken> {
        self.user_tokens.get(token).filter(|t| !t.revoked && now < t.expires_at)
    }
}
