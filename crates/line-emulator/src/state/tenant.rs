//! One provider with its two channels, as it stands now.

use super::audience::Audience;
use super::calendar::{self, DAY_MS, month};
use super::census::Census;
use super::event::Friendship;
use super::jobs::{Job, Work};
use super::sends::Sends;
use crate::config::Provider;
use crate::ids;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const WINDOW_MS: i64 = 7 * DAY_MS;

/// What was answered to the first accepted request under a retry key.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) at: i64,
    pub(crate) request: Uuid,
    pub(crate) first_id: u64,
    pub(crate) count: usize,
}

/// A rich menu.
#[derive(Clone, Debug)]
pub(crate) struct Menu {
    pub(crate) menu: Value,
    /// Media type and bytes.
    pub(crate) image: Option<(String, bytes::Bytes)>,
}

/// A coupon.
#[derive(Clone, Debug)]
pub(crate) struct Coupon {
    pub(crate) at: i64,
    pub(crate) body: Value,
    pub(crate) closed: bool,
}

impl Coupon {
    /// LINE's word for how it stands.
    pub(crate) fn status(&self) -> &'static str {
        if self.closed { "CLOSED" } else { "RUNNING" }
    }
}

/// A permission to link an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkToken {
    pub(crate) at: i64,
    pub(crate) person: u32,
}

/// A look at a menu, or a tap on one of its areas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuTouch {
    pub(crate) day: i32,
    pub(crate) person: u32,
    /// `None`: it was seen.
    pub(crate) area: Option<u8>,
}

/// One provider with its two channels.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) provider: Provider,
    /// From user id to the person's index.
    pub(crate) users: HashMap<String, usize>,
    pub(crate) friends: HashMap<usize, Friendship>,
    /// Since when they stand as they do.
    pub(crate) since: HashMap<usize, i64>,
    /// Followers and blockers by day.
    pub(crate) census: Census,
    /// Granted scopes of the Login channel.
    pub(crate) grants: HashMap<usize, Vec<String>>,
    pub(crate) retries: HashMap<Uuid, Accepted>,
    pub(crate) menus: BTreeMap<String, Menu>,
    pub(crate) default_menu: Option<String>,
    pub(crate) sends: Sends,
    /// Work that was ordered, by its request.
    pub(crate) jobs: HashMap<Uuid, Job>,
    pub(crate) audiences: BTreeMap<u64, Audience>,
    /// Who saw a menu and tapped its areas.
    pub(crate) menu_touches: HashMap<String, Vec<MenuTouch>>,
    pub(crate) coupons: BTreeMap<String, Coupon>,
    /// LIFF apps of the Login channel.
    pub(crate) liff: BTreeMap<String, Value>,
    pub(crate) link_tokens: HashMap<String, LinkToken>,
    /// When the account marked people's messages as read.
    pub(crate) read: HashMap<usize, i64>,
    /// Until when phones show that an answer is being made.
    pub(crate) loading: HashMap<usize, i64>,
    /// Menus linked to single people.
    pub(crate) user_menus: HashMap<usize, String>,
    pub(crate) aliases: BTreeMap<String, String>,
    /// The menu that was made in the "Manager".
    pub(crate) manager_menu: Option<(String, Menu)>,
    /// When people wrote last.
    pub(crate) wrote: HashMap<usize, i64>,
    pub(crate) assertion_keys: BTreeMap<String, Value>,
    /// Webhooks that were not accepted come again.
    pub(crate) redelivery: bool,
    /// Signing in by e-mail or QR code takes a second factor.
    pub(crate) two_factor: bool,
    /// Month number and messages counted in it.
    usage: (i64, u64),
}

impl Tenant {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            provider,
            users: HashMap::new(),
            friends: HashMap::new(),
            since: HashMap::new(),
            census: Census::default(),
            grants: HashMap::new(),
            retries: HashMap::new(),
            menus: BTreeMap::new(),
            default_menu: None,
            sends: Sends::default(),
            jobs: HashMap::new(),
            audiences: BTreeMap::new(),
            menu_touches: HashMap::new(),
            coupons: BTreeMap::new(),
            liff: BTreeMap::new(),
            link_tokens: HashMap::new(),
            read: HashMap::new(),
            loading: HashMap::new(),
            user_menus: HashMap::new(),
            aliases: BTreeMap::new(),
            manager_menu: None,
            wrote: HashMap::new(),
            assertion_keys: BTreeMap::new(),
            redelivery: false,
            two_factor: false,
            usage: (0, 0),
        }
    }

    pub(crate) fn user_id(&self, persona: &str) -> String {
        ids::user_id(&self.provider.name, persona)
    }

    pub(crate) fn is_friend(&self, person: usize) -> bool {
        self.friends.get(&person) == Some(&Friendship::Friend)
    }

    /// Someone adds, blocks or deletes the account.
    pub(crate) fn stand(&mut self, person: usize, is: Friendship, at: i64) {
        let before = self.friends.insert(person, is);
        self.since.insert(person, at);
        self.census.changed(before, is, calendar::day(at));
    }

    /// Whether a push arrives: at friends, and at whoever wrote within seven days and did not block.
    /// LINE docs: send-push-message.
    pub(crate) fn is_reachable(&self, person: usize, now: i64) -> bool {
        match self.friends.get(&person) {
            Some(Friendship::Friend) => true,
            Some(Friendship::Blocked) => false,
            Some(Friendship::Deleted) | None => {
                self.wrote.get(&person).is_some_and(|at| now < at + WINDOW_MS)
            }
        }
    }

    /// The menu that the person sees with its id. LINE docs: rich menu display priority:
    /// per user, then the default by the API, then the Manager's.
    pub(crate) fn menu_of(&self, person: usize) -> Option<(&str, &Menu)> {
        let by_id = |id: &String| self.menus.get_key_value(id).map(|(id, menu)| (id.as_str(), menu));
        let own = self.user_menus.get(&person).and_then(by_id);
        let default = || self.default_menu.as_ref().and_then(by_id);
        let manager = || self.manager_menu.as_ref().map(|(id, menu)| (id.as_str(), menu));
        own.or_else(default).or_else(manager)
    }

    /// Where the menu that the person sees comes from.
    pub(crate) fn menu_source(&self, person: usize) -> &'static str {
        let made = |id: &String| self.menus.contains_key(id);
        if self.user_menus.get(&person).is_some_and(made) {
            "user"
        } else if self.default_menu.as_ref().is_some_and(made) {
            "default"
        } else {
            "manager"
        }
    }

    /// Any menu that may be shown, the Manager's too.
    pub(crate) fn menu(&self, id: &str) -> Option<&Menu> {
        let manager = || self.manager_menu.as_ref().filter(|m| m.0 == id).map(|m| &m.1);
        self.menus.get(id).or_else(manager)
    }

    /// The first accepted request under that key, if it is not older than a day.
    /// LINE docs: retrying-api-request, "24 hours from the first request".
    pub(crate) fn accepted(&self, key: &Uuid, now: i64) -> Option<&Accepted> {
        self.retries.get(key).filter(|a| now < a.at + DAY_MS)
    }

    pub(crate) fn accept(&mut self, key: Uuid, accepted: Accepted) {
        let now = accepted.at;
        self.retries.insert(key, accepted);
        // Forget old keys now and then, when the map would grow anyway.
        if self.retries.len() == self.retries.capacity() {
            self.retries.retain(|_, a| now < a.at + DAY_MS);
        }
    }

    /// Messages counted this month. LINE docs: quota is monthly, Japan time.
    pub(crate) fn usage(&self, now: i64) -> u64 {
        if self.usage.0 == month(now) { self.usage.1 } else { 0 }
    }

    pub(super) fn count(&mut self, now: i64, messages: u64) {
        self.usage = (month(now), self.usage(now) + messages);
    }

    /// What is left of a limited plan; narrowcasts under way have theirs reserved.
    pub(crate) fn left(&self, now: i64) -> Option<u64> {
        let quota = self.provider.messaging.quota?;
        let open = self.jobs.values().filter(|job| job.done.is_none());
        let reserved = open.map(|job| match &job.work {
            Work::Narrowcast { people, .. } => people.len() as u64,
            _ => 0,
        });
        Some(quota.saturating_sub(self.usage(now) + reserved.sum::<u64>()))
    }

    /// Whether the plan allows so many messages more.
    pub(crate) fn allows(&self, messages: u64, now: i64) -> bool {
        messages == 0 || self.left(now).is_none_or(|left| messages <= left)
    }

    /// Numbers of all friends, ascending.
    pub(crate) fn all_friends(&self) -> Vec<u32> {
        let friends = self.friends.iter().filter(|(_, is)| **is == Friendship::Friend);
        let mut all: Vec<u32> = friends.map(|(person, _)| *person as u32).collect();
        all.sort_unstable();
        all
    }

    /// The person saw the menu, or tapped one of its areas.
    pub(super) fn menu_touched(&mut self, person: usize, day: i32, area: Option<u8>) {
        let Some(id) = self.menu_of(person).map(|(id, _)| id.to_owned()) else { return };
        let touches = self.menu_touches.entry(id).or_default();
        let person = person as u32;
        let is_seen = |t: &MenuTouch| t.person == person && t.day == day && t.area.is_none();
        if area.is_some() && !touches.iter().any(is_seen) {
            // What is tapped was seen.
            touches.push(MenuTouch { day, person, area: None });
        }
        touches.push(MenuTouch { day, person, area });
    }
}
