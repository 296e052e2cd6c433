//! Work that LINE does after its answer: narrowcasts and menus of many people.
//!
//! It is done when its time has come by the emulator's clock, and the journal has both moments.

use super::World;
use super::event::{Cast, Event, Kind};
use super::tenant::Tenant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How long after the answer the work is done.
pub(crate) const WORK_MS: i64 = 1000;

/// A change of menus of all who have a certain one now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum Operation {
    Link { from: String, to: String },
    Unlink { from: String },
    UnlinkAll,
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    Narrowcast {
        key: Option<Uuid>,
        messages: Vec<Value>,
        people: Vec<u32>,
        /// Known to fail: LINE's code and what it says.
        fails: Option<(u8, String)>,
    },
    /// One menu for many; `None` unlinks.
    Menus {
        people: Vec<u32>,
        id: Option<String>,
    },
    Batch {
        operations: Vec<Operation>,
        resume: Option<String>,
    },
}

/// A piece of work under the id of the request that ordered it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) at: i64,
    pub(crate) channel: String,
    pub(crate) request: Uuid,
    pub(crate) work: Work,
    #[serde(default)]
    pub(crate) done: Option<Done>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) at: i64,
    pub(crate) ok: bool,
    /// How many received it.
    pub(crate) count: u64,
}

impl Job {
    fn due(&self) -> i64 {
        self.at + WORK_MS
    }
}

impl World {
    /// Does all work whose time has come; true if there was any.
    pub(crate) fn settle(&mut self, now: i64) -> bool {
        if self.next_due > now {
            return false;
        }
        let open = self.tenants.iter().flat_map(|t| t.jobs.values().filter(|j| j.done.is_none()));
        let mut due: Vec<Job> = open.filter(|j| j.due() <= now).cloned().collect();
        due.sort_by_key(Job::due);
        for job in due {
            let done = self.perform(&job);
            self.record(Event::JobDone { channel: job.channel, request: job.request, done });
        }
        let open = self.tenants.iter().flat_map(|t| t.jobs.values().filter(|j| j.done.is_none()));
        self.next_due = open.map(Job::due).min().unwrap_or(i64::MAX);
        true
    }

    pub(super) fn apply_job(&mut self, event: Event) {
        match event {
            Event::Job(job) => {
                self.next_due = self.next_due.min(job.due());
                let channel = job.channel.clone();
                if let (Work::Narrowcast { key: Some(key), .. }, Some(t)) =
                    (&job.work, self.messaging(&channel))
                {
                    let accepted =
                        super::tenant::Accepted { at: job.at, request: job.request, first_id: 0, count: 0 };
                    self.tenants[t].accept(*key, accepted);
                }
                self.with_bot(&channel, |t| {
                    t.jobs.insert(job.request, *job);
                });
            }
            Event::JobDone { channel, request, done } => self.with_bot(&channel, |t| {
                if let Some(job) = t.jobs.get_mut(&request) {
                    job.done = Some(done);
                    // What was to be sent is in the talks now.
                    if let Work::Narrowcast { messages, .. } = &mut job.work {
                        messages.clear();
                    }
                }
            }),
            _ => {}
        }
    }

    fn perform(&mut self, job: &Job) -> Done {
        let at = job.due();
        let Some(t) = self.messaging(&job.channel) else { return Done { at, ok: false, count: 0 } };
        match &job.work {
            Work::Narrowcast { fails: Some(_), .. } => Done { at, ok: false, count: 0 },
            Work::Narrowcast { messages, people, .. } => {
                let tenant = &self.tenants[t];
                let people: Vec<u32> =
                    people.iter().copied().filter(|p| tenant.is_friend(*p as usize)).collect();
                let count = people.len() as u64;
                let cast = Cast {
                    at,
                    channel: job.channel.clone(),
                    kind: Kind::Narrowcast,
                    key: None,
                    request: job.request,
                    first_id: self.next_message(messages.len()),
                    messages: messages.clone(),
                    unit: None,
                    people,
                };
                self.record(Event::Cast(Box::new(cast)));
                Done { at, ok: true, count }
            }
            Work::Menus { people, id } => {
                let count = people.len() as u64;
                let (channel, people, id) = (job.channel.clone(), people.clone(), id.clone());
                self.record(Event::MenuUsers { channel, people, id });
                Done { at, ok: true, count }
            }
            Work::Batch { operations, .. } => {
                let mut ok = true;
                // Who has which menu is looked at once: a menu that one operation gives is not taken by the next.
                let plans: Vec<_> = operations.iter().map(|op| plan(&self.tenants[t], op)).collect();
                for (people, id) in plans {
                    if id.as_ref().is_some_and(|id| !self.tenants[t].menus.contains_key(id)) {
                        ok = false;
                        continue;
                    }
                    self.record(Event::MenuUsers { channel: job.channel.clone(), people, id });
                }
                Done { at, ok, count: 0 }
            }
        }
    }
}

/// Whose menu an operation changes, and to which.
fn plan(tenant: &Tenant, operation: &Operation) -> (Vec<u32>, Option<String>) {
    let having = |from: Option<&str>| {
        let links = tenant.user_menus.iter().filter(|(_, id)| from.is_none_or(|from| from == id.as_str()));
        let mut people: Vec<u32> = links.map(|(person, _)| *person as u32).collect();
        people.sort_unstable();
        people
    };
    match operation {
        Operation::Link { from, to } => (having(Some(from)), Some(to.clone())),
        Operation::Unlink { from } => (having(Some(from)), None),
        Operation::UnlinkAll => (having(None), None),
    }
}
