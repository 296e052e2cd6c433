//! The world behind one short lock, with its journal behind another.

use super::World;
use super::event::Event;
use super::signing::SigningKey;
use crate::config::Seed;
use crate::error::Error;
use crate::journal;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The world, its journal, and a bell for those who wait for changes.
#[derive(Debug)]
pub(crate) struct Store {
    world: Mutex<World>,
    file: Option<Mutex<File>>,
    /// Rung after every flush; phones wait for it.
    pub(crate) changed: watch::Sender<u64>,
}

impl Store {
    /// Opens or begins the journal in `folder`, then adds what of `seed` it does not have.
    pub(crate) fn open(folder: Option<&Path>, seed: Seed) -> Result<Self, Error> {
        let mut world = World { next_message: 1, next_due: i64::MAX, ..World::default() };
        let file = match folder {
            None => None,
            Some(folder) => Some(replay(&mut world, &folder.join("state.jsonl"))?),
        };
        world.journalled = file.is_some();
        if world.signing.is_none() {
            let made = SigningKey::make()?;
            world.record(made);
        }
        for provider in seed.providers {
            if world.channel(&provider.messaging.id).is_none() && world.channel(&provider.login.id).is_none()
            {
                world.record(Event::Provider { provider: Box::new(provider) });
            }
        }
        for person in seed.personas {
            if world.people.find(&person.id).is_none() {
                world.record(Event::Persona {
                    id: person.id,
                    name: person.name,
                    traits: person.traits.map(Box::new),
                });
            }
        }
        let store =
            Self { world: Mutex::new(world), file: file.map(Mutex::new), changed: watch::Sender::new(0) };
        store.flush();
        Ok(store)
    }

    /// The world, for a moment: nobody waits or writes files while holding it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands all recorded events to the operating system (so that `kill -9` loses nothing that was
    /// answered). Whoever holds the file writes for all who wait: one write a batch.
    pub(crate) fn flush(&self) {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = std::mem::take(&mut self.lock().log);
            if lines.is_empty() {
                return;
            }
            if let Err(error) = file.write_all(&lines) {
                tracing::error!(%error, "the state journal cannot be written");
            }
        }
        self.changed.send_modify(|n| *n += 1);
    }
}

fn replay(world: &mut World, path: &Path) -> Result<File, Error> {
    let wrap = |source| Error::Journal { path: path.to_owned(), source };
    let file = journal::open_whole_lines(path).map_err(wrap)?;
    let reader = BufReader::with_capacity(1 << 20, file.try_clone().map_err(wrap)?);
    for line in reader.split(b'\n') {
        let line = line.map_err(wrap)?;
        match serde_json::from_slice::<Event>(&line) {
            Ok(event) => world.apply(event),
            Err(error) => tracing::warn!(%error, "a line of the state journal was skipped"),
        }
    }
    Ok(file)
}
