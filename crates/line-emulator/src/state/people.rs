//! People, their phones, and what stands in their talks.

use super::device::Device;
use crate::config::Traits;
use std::collections::HashMap;
use std::sync::Arc;

/// One line of a talk.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: i64,
    /// Index of the tenant whose talk it stands in.
    pub(crate) tenant: u32,
    /// True when the person wrote it.
    pub(crate) mine: bool,
    /// The person has looked at it.
    pub(crate) seen: bool,
    /// Position in its request.
    pub(crate) seq: u8,
    /// Number of its statistics, if there are any.
    pub(crate) stats: Option<u32>,
    pub(crate) retry_key: Option<uuid::Uuid>,
    /// The message object as JSON text: talks may be long, so no parsed tree is kept, and all
    /// receivers of a broadcast share one.
    pub(crate) message: Arc<str>,
}

/// A person with a phone.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) talk: Vec<Line>,
    pub(crate) traits: Option<Box<Traits>>,
    /// Lines that were changed after they were written.
    pub(crate) changes: u64,
    pub(crate) device: Device,
}

/// All people; their index is their key elsewhere.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) all: Vec<Person>,
    by_id: HashMap<String, usize>,
}

impl People {
    /// Adds a person; one of the same id is left as is.
    pub(crate) fn add(&mut self, id: String, name: String, traits: Option<Box<Traits>>) -> Option<usize> {
        if self.by_id.contains_key(&id) {
            return None;
        }
        let index = self.all.len();
        self.by_id.insert(id.clone(), index);
        self.all.push(Person { id, name, talk: Vec::new(), traits, changes: 0, device: Device::default() });
        Some(index)
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Person> {
        self.find(id).map(|i| &self.all[i])
    }
}
