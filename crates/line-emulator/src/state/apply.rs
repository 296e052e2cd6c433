//! What each event does.

use super::event::{Event, Friendship};
use super::signing::SigningKey;
use super::tenant::Tenant;
use super::{ChannelToken, TokenKind, World};
use crate::config::{Provider, Traits};
use serde_json::{Value, json};

impl World {
    /// Makes a change here only. Events that name unknown things are from an older configuration: skipped.
    #[expect(clippy::too_many_lines, reason = "one arm an event, each one line or two")]
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Provider { provider } => self.add_provider(*provider),
            Event::Callbacks { channel, callbacks } => {
                if let Some(t) = self.login(&channel) {
                    self.tenants[t].provider.login.callbacks = callbacks;
                }
            }
            Event::Webhook { channel, url } => {
                if let Some(t) = self.messaging(&channel) {
                    self.tenants[t].provider.messaging.webhook = url;
                }
            }
            Event::Persona { id, name, traits } => self.add_person(id, name, traits),
            Event::Crowd { count, friend_of, traits, at } => {
                self.add_crowd(count, friend_of.as_deref(), traits.as_deref(), at);
            }
            Event::Friend { channel, persona, is, at } => {
                if let (Some(t), Some(p)) = (self.messaging(&channel), self.people.find(&persona)) {
                    self.tenants[t].stand(p, is, at);
                }
            }
            Event::Grant { channel, persona, scopes } => {
                if let (Some(t), Some(p)) = (self.login(&channel), self.people.find(&persona)) {
                    let granted = self.tenants[t].grants.entry(p).or_default();
                    granted.extend(scopes);
                    granted.sort();
                    granted.dedup();
                }
            }
            Event::Ungrant { channel, persona } => self.ungrant(&channel, &persona),
            Event::Code { code, data } => {
                self.codes.insert(code, *data);
            }
            Event::CodeUsed { code } => {
                self.codes.remove(&code);
            }
            Event::UserToken { token, data } => {
                self.user_tokens.insert(token, *data);
            }
            Event::UserTokenRevoked { token } => {
                if let Some(t) = self.user_tokens.get_mut(&token) {
                    t.revoked = true;
                }
            }
            Event::ChannelToken { token, channel, expires_at, at, kind } => {
                if let Some((tenant, messaging)) = self.channel(&channel) {
                    // Forget dead ones now and then, when the map would grow anyway.
                    if self.channel_tokens.len() == self.channel_tokens.capacity() {
                        self.channel_tokens.retain(|_, t| at < t.expires_at);
                    }
                    self.channel_tokens
                        .insert(token, ChannelToken { tenant, messaging, expires_at, at, kind });
                }
            }
            Event::ChannelTokenRevoked { token } => {
                self.channel_tokens.remove(&token);
            }
            Event::AssertionKey { channel, kid, jwk } => {
                if let Some((t, _)) = self.channel(&channel) {
                    self.tenants[t].assertion_keys.insert(kid, jwk);
                }
            }
            Event::SigningKey { kid, pkcs8 } => self.signing = SigningKey::read(kid, &pkcs8),
            Event::Push(push) => self.push(*push),
            Event::Cast(cast) => self.deliver(&cast),
            Event::Job(_) | Event::JobDone { .. } => self.apply_job(event),
            Event::Looked { .. } | Event::Clicked { .. } | Event::MenuTapped { .. } => {
                self.apply_looks(event);
            }
            Event::Coupon { .. }
            | Event::CouponClosed { .. }
            | Event::Liff { .. }
            | Event::LinkToken { .. }
            | Event::LinkTokenUsed { .. }
            | Event::Read { .. }
            | Event::Content { .. } => self.apply_more(event),
            Event::Audience { .. }
            | Event::AudienceAdded { .. }
            | Event::AudienceNamed { .. }
            | Event::AudienceGone { .. } => self.apply_audience(event),
            Event::Said { at, channel, persona, message } => self.say(at, &channel, &persona, &message),
            Event::Unsent { channel, persona, message } => {
                self.change_line(&channel, &persona, &message, |line| *line = json!({ "type": "unsent" }));
            }
            Event::Edited { channel, persona, message, text } => {
                self.change_line(&channel, &persona, &message, |line| {
                    line["text"] = text.as_str().into();
                    line["edited"] = true.into();
                });
            }
            Event::Device { persona, device } => {
                if let Some(p) = self.people.find(&persona) {
                    self.people.all[p].device = device;
                }
            }
            Event::TwoFactor { channel, on } => {
                if let Some(t) = self.login(&channel) {
                    self.tenants[t].two_factor = on;
                }
            }
            Event::Redelivery { channel, on } => {
                if let Some(t) = self.messaging(&channel) {
                    self.tenants[t].redelivery = on;
                }
            }
            Event::MenuMade { .. }
            | Event::MenuImage { .. }
            | Event::MenuGone { .. }
            | Event::MenuDefault { .. }
            | Event::MenuUsers { .. }
            | Event::MenuAlias { .. }
            | Event::ManagerMenu { .. } => self.apply_menu(event),
            Event::ClockAdvanced { by_ms } => self.advanced_ms += by_ms,
        }
    }

    fn add_provider(&mut self, provider: Provider) {
        let tenant = self.tenants.len();
        self.channels.insert(provider.login.id.clone(), (tenant, false));
        self.channels.insert(provider.messaging.id.clone(), (tenant, true));
        let token =
            ChannelToken { tenant, messaging: true, expires_at: i64::MAX, at: 0, kind: TokenKind::LongLived };
        self.channel_tokens.insert(provider.messaging.token.clone(), token);
        let mut tenant = Tenant::new(provider);
        for (index, person) in self.people.all.iter().enumerate() {
            tenant.users.insert(tenant.user_id(&person.id), index);
        }
        self.tenants.push(tenant);
    }

    fn add_person(&mut self, id: String, name: String, traits: Option<Box<Traits>>) {
        let Some(index) = self.people.add(id, name, traits) else { return };
        let id = &self.people.all[index].id;
        for tenant in &mut self.tenants {
            tenant.users.insert(tenant.user_id(id), index);
        }
    }

    fn add_crowd(&mut self, count: u32, friend_of: Option<&str>, traits: Option<&Traits>, at: i64) {
        let friend_of = friend_of.and_then(|c| self.messaging(c));
        for _ in 0..count {
            let number = self.people.all.len() + 1;
            let index = self.people.all.len();
            self.add_person(format!("p{number:06}"), format!("住民 {number}"), traits.cloned().map(Box::new));
            if let (Some(t), true) = (friend_of, self.people.all.len() > index) {
                self.tenants[t].stand(index, Friendship::Friend, at);
            }
        }
    }

    /// LINE docs: managing-authorized-apps: unlinking kills the tokens at once.
    fn ungrant(&mut self, channel: &str, persona: &str) {
        if let (Some(t), Some(p)) = (self.login(channel), self.people.find(persona)) {
            self.tenants[t].grants.remove(&p);
        }
        let theirs = self.user_tokens.values_mut().filter(|t| t.channel == channel && t.persona == persona);
        theirs.for_each(|t| t.revoked = true);
    }

    /// Changes a line that the person wrote.
    fn change_line(&mut self, channel: &str, persona: &str, id: &str, change: impl Fn(&mut Value)) {
        let (Some(tenant), Some(p)) = (self.messaging(channel), self.people.find(persona)) else { return };
        let person = &mut self.people.all[p];
        let theirs = person.talk.iter_mut().rev().filter(|line| line.mine && line.tenant as usize == tenant);
        for line in theirs {
            let mut message = serde_json::from_str::<Value>(&line.message).unwrap_or_default();
            if message["id"] == id {
                change(&mut message);
                line.message = message.to_string().into();
                person.changes += 1;
                return;
            }
        }
    }
}
