//! Webhooks on order: their manner, where they go, whether they arrive, and very many of them.

use super::body;
use crate::app::App;
use crate::deeds::Talk;
use crate::state::World;
use crate::state::event::{Event, Friendship};
use crate::webhook::Manner;
use crate::wire::{Reply, Req};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// `POST /_emulator/webhooks`
pub(super) fn manner(app: &App, req: &Req) -> Reply {
    let manner: Manner = match body(req) {
        Ok(manner) => manner,
        Err(reply) => return reply,
    };
    let tenant = match manner.channel.as_ref().map(|c| app.store.lock().messaging(c)) {
        Some(None) => return Reply::bad("there is no messaging channel of that id"),
        Some(tenant) => tenant,
        None => None,
    };
    app.webhooks.set_manner(tenant, manner);
    Reply::ok(&json!({}))
}

/// `GET /_emulator/webhooks?quiet=SECONDS`: how deliveries ended; waits until none is under way.
pub(super) async fn counts(app: &App, req: &Req) -> Reply {
    let quiet = req.query().get("quiet").and_then(|s| s.parse::<u64>().ok());
    if let Some(seconds) = quiet {
        app.webhooks.quiet(Duration::from_secs(seconds.min(600))).await;
    }
    Reply::ok(&app.webhooks.counts())
}

/// `GET /_emulator/webhooks/log?since=N`: the last 300 webhooks with what was answered, oldest first.
pub(super) fn log(app: &App, req: &Req) -> Reply {
    let since = req.query().get("since").and_then(|n| n.parse().ok()).unwrap_or(0);
    Reply::ok(&app.webhooks.log(since))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Empty: no webhooks any more.
    webhook: Option<String>,
    redelivery: Option<bool>,
    two_factor: Option<bool>,
    callbacks: Option<Vec<String>>,
}

/// `POST /_emulator/channels/{id}/settings`: what LINE's console sets.
pub(super) fn settings(app: &App, id: &str, req: &Req) -> Reply {
    let settings: Settings = match body(req) {
        Ok(settings) => settings,
        Err(reply) => return reply,
    };
    let mut world = app.store.lock();
    let Some((_, messaging)) = world.channel(id) else { return Reply::not_found() };
    let of_messaging = settings.webhook.is_some() || settings.redelivery.is_some();
    let of_login = settings.callbacks.is_some() || settings.two_factor.is_some();
    if (messaging && of_login) || (!messaging && of_messaging) {
        return Reply::bad(
            "webhook and redelivery belong to a messaging channel, callbacks and two_factor to a login channel",
        );
    }
    let channel = || id.to_owned();
    if let Some(url) = settings.webhook {
        let url = Some(url).filter(|u| !u.is_empty());
        world.record(Event::Webhook { channel: channel(), url });
    }
    if let Some(on) = settings.two_factor {
        world.record(Event::TwoFactor { channel: channel(), on });
    }
    if let Some(on) = settings.redelivery {
        world.record(Event::Redelivery { channel: channel(), on });
    }
    if let Some(callbacks) = settings.callbacks {
        world.record(Event::Callbacks { channel: channel(), callbacks });
    }
    Reply::ok(&json!({}))
}

/// `POST /_emulator/channels/{id}/verify`: a webhook without events, as the console's button sends it.
pub(super) async fn verify(app: &App, id: &str) -> Reply {
    let target = {
        let world = app.store.lock();
        let Some(tenant) = world.messaging(id) else { return Reply::not_found() };
        App::target(&world, tenant)
    };
    let outcome = app.webhooks.verify(target).await;
    Reply::ok(&json!({
        "success": outcome.is_accepted(),
        "statusCode": outcome.status(),
        "reason": outcome.reason(),
        "detail": outcome.detail(),
    }))
}

/// Many follows and unfollows, doubled and shuffled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Storm {
    channel: String,
    events: usize,
    /// The first so many people; all, if left out.
    people: Option<usize>,
    #[serde(default)]
    duplicate: bool,
    #[serde(default)]
    shuffle: bool,
    /// Events in a body.
    #[serde(default)]
    batch: usize,
    /// The same seed, the same storm.
    #[serde(default)]
    seed: u64,
    /// Answers when all have ended, but not later than that.
    wait_seconds: Option<u64>,
}

/// They are held in memory until they are sent.
const MOST: usize = 100_000;

/// `POST /_emulator/webhooks/storm`: people add and block, one millisecond after the other by the
/// emulator's clock, so that the times of events tell their order whatever order they arrive in.
pub(super) async fn storm(app: &App, req: &Req) -> Reply {
    let storm: Storm = match body(req) {
        Ok(storm) if (1..=MOST).contains(&Storm::size(&storm)) => storm,
        Ok(_) => return Reply::bad("events is 1 to 100000"),
        Err(reply) => return reply,
    };
    let (deliveries, begin, end) = {
        let mut world = app.store.lock();
        let Some(tenant) = world.messaging(&storm.channel) else {
            return Reply::bad("there is no messaging channel of that id");
        };
        let begin = app.now();
        let bodies = storm.bodies(app, &mut world, tenant, begin);
        let by_ms = i64::try_from(storm.events).unwrap_or(0);
        // The events have taken that time: the next one of these people must not seem older.
        world.record(Event::ClockAdvanced { by_ms });
        app.clock.advance_ms(by_ms);
        let count = bodies.len();
        app.webhooks.send_loose(&App::target(&world, tenant), bodies);
        (count, begin, begin + by_ms)
    };
    app.store.flush();
    if let Some(seconds) = storm.wait_seconds {
        app.webhooks.quiet(Duration::from_secs(seconds.min(3600))).await;
    }
    Reply::ok(&json!({
        "events": storm.events, "bodies": deliveries, "from": begin, "to": end,
        "webhooks": app.webhooks.counts(),
    }))
}

impl Storm {
    fn size(storm: &Self) -> usize {
        storm.events
    }

    /// What goes out, in the order in which it goes out.
    fn bodies(&self, app: &App, world: &mut World, tenant: usize, begin: i64) -> Vec<Vec<Value>> {
        let all = world.people.all.len();
        let people = self.people.unwrap_or(all).clamp(1, all.max(1));
        let mut dice = Dice(self.seed);
        let mut events = Vec::with_capacity(self.events * 2);
        for number in 0..self.events {
            let talk = Talk { tenant, person: dice.below(people) };
            let at = begin + i64::try_from(number).unwrap_or(0);
            let event = app.turn(world, talk, at);
            if self.duplicate {
                let mut again = event.clone();
                again["deliveryContext"]["isRedelivery"] = true.into();
                events.push(again);
            }
            events.push(event);
        }
        if self.shuffle {
            for last in (1..events.len()).rev() {
                events.swap(last, dice.below(last + 1));
            }
        }
        events.chunks(self.batch.max(1)).map(<[Value]>::to_vec).collect()
    }
}

impl App {
    /// A friend blocks, anybody else becomes a friend.
    fn turn(&self, world: &mut World, talk: Talk, at: i64) -> Value {
        let before = world.tenants[talk.tenant].friends.get(&talk.person).copied();
        if before == Some(Friendship::Friend) {
            Self::set_friendship(world, talk, Friendship::Blocked, at);
            return self.event(world, talk, "unfollow", at, false, json!({}));
        }
        Self::set_friendship(world, talk, Friendship::Friend, at);
        let own = json!({ "follow": { "isUnblocked": before == Some(Friendship::Blocked) } });
        self.event(world, talk, "follow", at, true, own)
    }
}

/// Numbers that look random and are the same for the same seed (splitmix64, public domain).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}
