//! What was sent, and what people did with it: counts by day, statistics by request and by unit.

use super::calendar;
use super::event::Kind;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// LINE docs: get-statistics-per-unit: so many names a month, later ones are not assigned.
const UNITS: usize = 1000;

/// What a person did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Seen,
    /// The address of that number.
    Clicked(u16),
}

/// One deed of one person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) day: i32,
    pub(crate) person: u32,
    /// Position of the message in its request, from 0.
    pub(crate) seq: u8,
    pub(crate) deed: Deed,
}

/// Statistics of one request, or of all requests of one unit.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) at: i64,
    /// Most messages of a request.
    pub(crate) messages: u8,
    /// Who received it; empty for units.
    pub(crate) people: Box<[u32]>,
    pub(crate) urls: Vec<(u8, String)>,
    pub(crate) touches: Vec<Touch>,
}

impl Stats {
    /// Number of an address in the message at `seq`.
    pub(crate) fn url(&mut self, seq: u8, url: &str) -> u16 {
        let known = self.urls.iter().position(|(s, u)| *s == seq && u == url);
        known.unwrap_or_else(|| {
            self.urls.push((seq, url.to_owned()));
            self.urls.len() - 1
        }) as u16
    }

    /// How often that happened, and by how many people.
    pub(crate) fn count(&self, wanted: impl Fn(&Touch) -> bool) -> (u64, u64) {
        let mut people = BTreeSet::new();
        let mut times = 0;
        for touch in self.touches.iter().filter(|t| wanted(t)) {
            times += 1;
            people.insert(touch.person);
        }
        (times, people.len() as u64)
    }
}

/// All sendings of a channel.
#[derive(Debug, Default)]
pub(crate) struct Sends {
    days: BTreeMap<(i32, Kind), u64>,
    stats: Vec<Stats>,
    by_request: HashMap<Uuid, u32>,
    by_unit: HashMap<String, u32>,
    /// Month and the names used in it.
    units: (i64, BTreeSet<String>),
}

impl Sends {
    pub(super) fn count(&mut self, at: i64, kind: Kind, messages: u64) {
        *self.days.entry((calendar::day(at), kind)).or_default() += messages;
    }

    /// Messages of that kind that were delivered on that day.
    pub(crate) fn on(&self, day: i32, kind: Kind) -> u64 {
        self.days.get(&(day, kind)).copied().unwrap_or(0)
    }

    /// Statistics of a broadcast or narrowcast.
    pub(crate) fn by_request(&self, request: &Uuid) -> Option<&Stats> {
        self.by_request.get(request).and_then(|n| self.stats.get(*n as usize))
    }

    /// Statistics of a unit, if it was ever used.
    pub(crate) fn by_unit(&self, unit: &str) -> Option<&Stats> {
        self.by_unit.get(unit).and_then(|n| self.stats.get(*n as usize))
    }

    /// Names of units of this month.
    pub(crate) fn units(&self, now: i64) -> impl Iterator<Item = &str> {
        let current = self.units.0 == calendar::month(now);
        self.units.1.iter().filter(move |_| current).map(String::as_str)
    }

    pub(super) fn stats(&mut self, number: u32) -> Option<&mut Stats> {
        self.stats.get_mut(number as usize)
    }

    /// Begins the statistics of a request.
    pub(super) fn open_request(&mut self, request: Uuid, at: i64, messages: usize, people: &[u32]) -> u32 {
        let stats = Stats { at, messages: messages as u8, people: people.into(), ..Stats::default() };
        let number = self.add(stats);
        self.by_request.insert(request, number);
        number
    }

    /// The statistics of a unit; `None` when this month has too many names already.
    pub(super) fn open_unit(&mut self, unit: &str, at: i64, messages: usize) -> Option<u32> {
        let month = calendar::month(at);
        if self.units.0 != month {
            self.units = (month, BTreeSet::new());
        }
        if !self.units.1.contains(unit) {
            if self.units.1.len() >= UNITS {
                return None;
            }
            self.units.1.insert(unit.to_owned());
        }
        let number = if let Some(number) = self.by_unit.get(unit) {
            *number
        } else {
            let number = self.add(Stats { at, ..Stats::default() });
            self.by_unit.insert(unit.to_owned(), number);
            number
        };
        if let Some(stats) = self.stats(number) {
            stats.messages = stats.messages.max(messages as u8);
        }
        Some(number)
    }

    fn add(&mut self, stats: Stats) -> u32 {
        self.stats.push(stats);
        (self.stats.len() - 1) as u32
    }
}
