//! What the events of sending do: lines in talks, counts, statistics.

use super::World;
use super::calendar;
use super::event::{Cast, Event, Kind, Push};
use super::people::Line;
use super::sends::{Deed, Touch};
use super::tenant::Accepted;
use serde_json::Value;
use std::sync::Arc;

impl World {
    pub(super) fn push(&mut self, push: Push) {
        let Some(person) = self.people.find(&push.persona) else { return };
        let kind = if push.counted { Kind::Push } else { Kind::Reply };
        let people = if push.delivered { vec![person as u32] } else { Vec::new() };
        self.deliver(&Cast {
            at: push.at,
            channel: push.channel,
            kind,
            key: push.key,
            request: push.request,
            first_id: push.first_id,
            messages: push.messages,
            unit: push.unit,
            people,
        });
    }

    pub(super) fn deliver(&mut self, cast: &Cast) {
        let Some(t) = self.messaging(&cast.channel) else { return };
        let count = cast.messages.len();
        self.next_message = self.next_message.max(cast.first_id + count as u64);
        let tenant = &mut self.tenants[t];
        if let Some(key) = cast.key {
            let ids = if cast.kind == Kind::Push { count } else { 0 };
            let accepted =
                Accepted { at: cast.at, request: cast.request, first_id: cast.first_id, count: ids };
            tenant.accept(key, accepted);
        }
        let receivers = cast.people.len() as u64;
        let stats = match (cast.kind, &cast.unit) {
            (Kind::Broadcast | Kind::Narrowcast, _) => {
                Some(tenant.sends.open_request(cast.request, cast.at, count, &cast.people))
            }
            (_, Some(unit)) if receivers > 0 => tenant.sends.open_unit(unit, cast.at, count),
            _ => None,
        };
        if receivers == 0 {
            return;
        }
        // Five objects to one person are one message. LINE docs: number of messages.
        if cast.kind != Kind::Reply {
            tenant.count(cast.at, receivers);
        }
        tenant.sends.count(cast.at, cast.kind, receivers);
        if !tenant.loading.is_empty() {
            // LINE docs: the loading animation ends with the next message.
            cast.people.iter().for_each(|person| {
                tenant.loading.remove(&(*person as usize));
            });
        }
        // Everybody's line is the same text: it is kept once.
        let texts: Vec<Arc<str>> = cast.messages.iter().map(|m| m.to_string().into()).collect();
        for person in &cast.people {
            let Some(person) = self.people.all.get_mut(*person as usize) else { continue };
            let lines = texts.iter().enumerate().map(|(seq, text)| Line {
                at: cast.at,
                tenant: t as u32,
                mine: false,
                seen: false,
                seq: seq as u8,
                stats,
                retry_key: cast.key,
                message: text.clone(),
            });
            person.talk.extend(lines);
        }
    }

    pub(super) fn say(&mut self, at: i64, channel: &str, persona: &str, message: &Value) {
        // Live, the number was taken before; when the journal is read again, it is taken here.
        if let Some(number) = message["id"].as_str().and_then(crate::ids::message_number) {
            self.next_message = self.next_message.max(number + 1);
        }
        if let (Some(tenant), Some(p)) = (self.messaging(channel), self.people.find(persona)) {
            self.tenants[tenant].wrote.insert(p, at);
            let line = Line {
                at,
                tenant: tenant as u32,
                mine: true,
                seen: true,
                seq: 0,
                stats: None,
                retry_key: None,
                message: message.to_string().into(),
            };
            self.people.all[p].talk.push(line);
        }
    }

    pub(super) fn apply_looks(&mut self, event: Event) {
        match event {
            Event::Looked { at, channel, persona } => self.looked(at, &channel, &persona, |_| true),
            Event::Clicked { at, channel, persona, url } => {
                let quoted = Value::from(url.as_str()).to_string();
                let text = quoted.trim_matches('"');
                let newest = self.newest(&channel, &persona, text);
                let Some((line, t, p)) = newest else { return };
                self.looked(at, &channel, &persona, |index| index == line);
                let (seq, stats) = (self.people.all[p].talk[line].seq, self.people.all[p].talk[line].stats);
                if let Some(stats) = stats.and_then(|s| self.tenants[t].sends.stats(s)) {
                    let deed = Deed::Clicked(stats.url(seq, &url));
                    stats.touches.push(Touch { day: calendar::day(at), person: p as u32, seq, deed });
                }
            }
            Event::MenuTapped { at, channel, persona, area } => {
                if let (Some(t), Some(p)) = (self.messaging(&channel), self.people.find(&persona)) {
                    self.tenants[t].menu_touched(p, calendar::day(at), Some(area));
                }
            }
            _ => {}
        }
    }

    /// The newest line with that text from the account.
    fn newest(&self, channel: &str, persona: &str, text: &str) -> Option<(usize, usize, usize)> {
        let (t, p) = (self.messaging(channel)?, self.people.find(persona)?);
        let talk = &self.people.all[p].talk;
        let line =
            talk.iter().rposition(|l| !l.mine && l.tenant as usize == t && l.message.contains(text))?;
        Some((line, t, p))
    }

    /// The person sees the menu and the lines that `which` names; each line counts once.
    fn looked(&mut self, at: i64, channel: &str, persona: &str, which: impl Fn(usize) -> bool) {
        let (Some(t), Some(p)) = (self.messaging(channel), self.people.find(persona)) else { return };
        let day = calendar::day(at);
        let tenant = &mut self.tenants[t];
        if which(usize::MAX) {
            tenant.menu_touched(p, day, None);
        }
        let lines = self.people.all[p].talk.iter_mut().enumerate();
        for (_, line) in lines.filter(|(n, l)| !l.seen && l.tenant as usize == t && which(*n)) {
            line.seen = true;
            if let Some(stats) = line.stats.and_then(|s| tenant.sends.stats(s)) {
                stats.touches.push(Touch { day, person: p as u32, seq: line.seq, deed: Deed::Seen });
            }
        }
    }
}
