//! Audiences: lists of people for narrowcasts. LINE docs: manage-audience-group.

use super::World;
use super::event::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an upload is being looked at.
pub(crate) const READY_MS: i64 = 1000;

/// Where an audience comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Origin {
    Upload,
    Click,
    Imp,
}

/// One addition of ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) description: String,
    /// How many ids were given.
    pub(crate) given: u64,
}

/// An audience.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Audience {
    pub(crate) origin: Origin,
    pub(crate) description: String,
    pub(crate) created: i64,
    pub(crate) is_ifa: bool,
    /// Of click and impression audiences.
    pub(crate) request: Option<Uuid>,
    pub(crate) click_url: Option<String>,
    /// Sorted, each once.
    pub(crate) people: Vec<u32>,
    pub(crate) uploads: Vec<Upload>,
}

impl Audience {
    /// When the newest ids are ready.
    pub(crate) fn ready_at(&self) -> i64 {
        self.uploads.iter().map(|u| u.at).max().unwrap_or(self.created) + READY_MS
    }
}

impl World {
    pub(super) fn apply_audience(&mut self, event: Event) {
        match event {
            Event::Audience { channel, id, data } => self.with_bot(&channel, |t| {
                t.audiences.insert(id, *data);
            }),
            Event::AudienceAdded { channel, id, upload, people } => self.with_bot(&channel, |t| {
                if let Some(audience) = t.audiences.get_mut(&id) {
                    audience.people.extend(people);
                    audience.people.sort_unstable();
                    audience.people.dedup();
                    audience.uploads.push(upload);
                }
            }),
            Event::AudienceNamed { channel, id, description } => self.with_bot(&channel, |t| {
                if let Some(audience) = t.audiences.get_mut(&id) {
                    audience.description = description;
                }
            }),
            Event::AudienceGone { channel, id } => self.with_bot(&channel, |t| {
                t.audiences.remove(&id);
            }),
            _ => {}
        }
    }
}
