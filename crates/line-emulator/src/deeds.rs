//! What people do with their phones, and what the official account is told of it.

use crate::app::App;
use crate::faults::Order;
use crate::ids;
use crate::state::World;
use crate::state::event::{Event, Friendship};
use crate::webhook::{Target, event};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Someone's talk with an official account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    pub(crate) tenant: usize,
    pub(crate) person: usize,
}

/// What people do to an official account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    Add,
    Block,
    Unblock,
    Delete,
}

/// `to` of a push or a multicast.
fn recipients(request: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(request).unwrap_or_default();
    match &body["to"] {
        Value::String(to) => vec![to.clone()],
        Value::Array(all) => all.iter().filter_map(|to| to.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

impl Talk {
    /// Channel id and the person's id, as events of the journal name them.
    fn names(self, world: &World) -> (String, String) {
        let channel = world.tenants[self.tenant].provider.messaging.id.clone();
        (channel, world.people.all[self.person].id.clone())
    }
}

impl App {
    /// Where that channel's webhooks go.
    pub(crate) fn target(world: &World, tenant: usize) -> Target {
        let channel = &world.tenants[tenant].provider.messaging;
        Target {
            tenant,
            channel: channel.id.clone(),
            url: channel.webhook.clone(),
            secret: channel.secret.clone(),
            destination: ids::bot_user_id(&channel.id),
            redelivery: world.tenants[tenant].redelivery,
        }
    }

    /// An event of that person at that time; `own` may name any field otherwise.
    pub(crate) fn event(
        &self,
        world: &World,
        talk: Talk,
        kind: &str,
        at: i64,
        replies: bool,
        own: Value,
    ) -> Value {
        let persona = &world.people.all[talk.person].id;
        let user_id = world.tenants[talk.tenant].user_id(persona);
        let reply_token = replies.then(|| self.webhooks.reply_token(talk.tenant, persona, at));
        event(kind, at, &user_id, reply_token, own)
    }

    pub(crate) fn tell(&self, world: &World, talk: Talk, kind: &str, replies: bool, own: Value) {
        let event = self.event(world, talk, kind, self.now(), replies, own);
        self.webhooks.send(Self::target(world, talk.tenant), event);
    }

    /// Adds, blocks, unblocks or deletes the account.
    pub(crate) fn befriend_or_not(&self, world: &mut World, talk: Talk, deed: Deed) {
        match deed {
            Deed::Add | Deed::Unblock => self.befriend(world, talk),
            Deed::Block => self.unfriend(world, talk, Friendship::Blocked),
            Deed::Delete => self.unfriend(world, talk, Friendship::Deleted),
        }
    }

    /// People change while a request of that channel is worked on: those who are named, or its recipients.
    pub(crate) fn friends_change(&self, tenant: usize, order: &Order, request: &[u8]) {
        let mut world = self.store.lock();
        let people: Vec<usize> = match &order.people {
            Some(named) => named.iter().filter_map(|id| world.people.find(id)).collect(),
            None => recipients(request)
                .iter()
                .filter_map(|to| world.tenants[tenant].users.get(to).copied())
                .collect(),
        };
        for person in people {
            self.befriend_or_not(&mut world, Talk { tenant, person }, order.deed.unwrap_or(Deed::Block));
        }
    }

    /// Adds or unblocks the account; nothing happens if it is a friend already.
    pub(crate) fn befriend(&self, world: &mut World, talk: Talk) {
        let before = world.tenants[talk.tenant].friends.get(&talk.person).copied();
        if before == Some(Friendship::Friend) {
            return;
        }
        Self::set_friendship(world, talk, Friendship::Friend, self.now());
        let unblocked = before == Some(Friendship::Blocked);
        self.tell(world, talk, "follow", true, json!({ "follow": { "isUnblocked": unblocked } }));
    }

    /// Blocks or deletes the account; `unfollow` follows if it was a friend.
    pub(crate) fn unfriend(&self, world: &mut World, talk: Talk, is: Friendship) {
        let before = world.tenants[talk.tenant].friends.get(&talk.person).copied();
        Self::set_friendship(world, talk, is, self.now());
        if before == Some(Friendship::Friend) {
            self.tell(world, talk, "unfollow", false, json!({}));
        }
    }

    pub(crate) fn set_friendship(world: &mut World, talk: Talk, is: Friendship, at: i64) {
        let (channel, persona) = talk.names(world);
        world.record(Event::Friend { channel, persona, is, at });
    }

    /// The person writes.
    pub(crate) fn say(&self, world: &mut World, talk: Talk, text: &str) -> String {
        self.send_message(world, talk, json!({ "type": "text", "text": text }))
    }

    /// The person sends a message of any type; its id.
    pub(crate) fn send_message(&self, world: &mut World, talk: Talk, mut message: Value) -> String {
        let id = ids::message_id(world.next_message(1));
        message["id"] = id.as_str().into();
        if matches!(message["type"].as_str(), Some("text" | "sticker" | "image" | "video")) {
            message["quoteToken"] = ids::random_hex().into();
        }
        let (channel, persona) = talk.names(world);
        let secret = &world.tenants[talk.tenant].provider.messaging.secret;
        message["markAsReadToken"] = ids::read_token(secret, &persona).into();
        world.record(Event::Said { at: self.now(), channel, persona, message: message.clone() });
        self.tell(world, talk, "message", true, json!({ "message": message }));
        id
    }

    /// The person takes a message back. LINE docs: unsend-event.
    pub(crate) fn unsend(&self, world: &mut World, talk: Talk, message: &str) {
        let (channel, persona) = talk.names(world);
        world.record(Event::Unsent { channel, persona, message: message.to_owned() });
        self.tell(world, talk, "unsend", false, json!({ "unsend": { "messageId": message } }));
    }

    /// The person writes a message anew. LINE sends `messageEdited` in groups only, since 2026-08; the
    /// emulator has no groups, so it comes in the talk.
    pub(crate) fn edit(&self, world: &mut World, talk: Talk, message: &str, text: &str) {
        let (channel, persona) = talk.names(world);
        let (id, new) = (message.to_owned(), text.to_owned());
        world.record(Event::Edited { channel, persona, message: id, text: new });
        let own = json!({ "message": { "id": message, "type": "text", "text": text } });
        self.tell(world, talk, "messageEdited", false, own);
    }

    /// The person taps something that sends data; `shown` appears as the person's words.
    pub(crate) fn postback(
        &self,
        world: &mut World,
        talk: Talk,
        data: &str,
        params: Option<Value>,
        shown: Option<&str>,
    ) {
        if let Some(text) = shown {
            let message = json!({ "type": "text", "text": text });
            let (channel, persona) = talk.names(world);
            world.record(Event::Said { at: self.now(), channel, persona, message });
        }
        let mut postback = json!({ "data": data });
        if let Some(params) = params {
            postback["params"] = params;
        }
        self.tell(world, talk, "postback", true, json!({ "postback": postback }));
    }

    /// The person taps a tab of a menu: another menu for this person, and a postback that says so.
    /// LINE docs: richmenu-switch-action.
    fn switch_menu(&self, world: &mut World, talk: Talk, alias: &str, data: &str) {
        let tenant = &world.tenants[talk.tenant];
        let target = tenant.aliases.get(alias).cloned();
        let status = match &target {
            None => "RICHMENU_ALIAS_ID_NOTFOUND",
            Some(id) if !tenant.menus.contains_key(id) => "RICHMENU_NOTFOUND",
            Some(_) => "SUCCESS",
        };
        if status == "SUCCESS" {
            let channel = tenant.provider.messaging.id.clone();
            world.record(Event::MenuUsers { channel, people: vec![talk.person as u32], id: target });
        }
        let params = json!({ "newRichMenuAliasId": alias, "status": status });
        let own = json!({ "postback": { "data": data, "params": params } });
        self.tell(world, talk, "postback", true, own);
    }

    /// The account is told how linking an account ended; of a failure it is not told whose.
    pub(crate) fn tell_of_link(&self, world: &World, talk: Talk, nonce: &str, ok: bool) {
        let own = json!({ "link": { "result": if ok { "ok" } else { "failed" }, "nonce": nonce } });
        let mut event = self.event(world, talk, "accountLink", self.now(), ok, own);
        if let (false, Value::Object(fields)) = (ok, &mut event) {
            fields.remove("source");
        }
        self.webhooks.send(Self::target(world, talk.tenant), event);
    }

    /// Does what an action says, as far as it is the phone's part; the address to open, if any.
    /// `params`: what was picked, where the action asks for a date or a time.
    pub(crate) fn perform(
        &self,
        world: &mut World,
        talk: Talk,
        action: &Value,
        params: Option<Value>,
    ) -> Option<String> {
        let field = |name: &str| action.get(name).and_then(Value::as_str);
        if let (Some("richmenuswitch"), Some(alias)) = (field("type"), field("richMenuAliasId")) {
            self.switch_menu(world, talk, alias, field("data").unwrap_or_default());
            return None;
        }
        match (field("type"), field("uri"), field("text"), field("data")) {
            (Some("uri"), Some(uri), ..) => return Some(uri.to_owned()),
            (Some("message"), _, Some(text), _) => {
                self.say(world, talk, text);
            }
            (Some("postback"), _, _, Some(data)) => {
                self.postback(world, talk, data, None, field("displayText").or(field("text")));
            }
            (Some("datetimepicker"), _, _, Some(data)) if params.is_some() => {
                self.postback(world, talk, data, params, None);
            }
            _ => {}
        }
        None
    }

    /// The action of an area of the menu that the person sees.
    pub(crate) fn area(world: &World, talk: Talk, index: usize) -> Option<Value> {
        let tenant = &world.tenants[talk.tenant];
        let (_, menu) = tenant.menu_of(talk.person)?;
        menu.menu.get("areas")?.get(index)?.get("action").cloned()
    }
}
