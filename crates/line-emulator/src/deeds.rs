//! What people do with their phones, and what the official account is told of it.

use crate::app::App;
use crate::ids;
use crate::state::World;
use crate::state::event::{Event, Friendship};
use crate::webhook::{Target, event};
use serde_json::{Value, json};

/// Someone's talk with an official account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    pub(crate) tenant: usize,
    pub(crate) person: usize,
}

impl App {
    /// Where that channel's webhooks go.
    fn target(world: &World, tenant: usize) -> Target {
        let channel = &world.tenants[tenant].provider.messaging;
        Target {
            tenant,
            url: channel.webhook.clone(),
            secret: channel.secret.clone(),
            destination: ids::bot_user_id(&channel.id),
        }
    }

    fn tell(&self, world: &World, talk: Talk, kind: &str, replies: bool, own: Value) {
        let now = self.now();
        let persona = &world.people.all[talk.person].id;
        let user_id = world.tenants[talk.tenant].user_id(persona);
        let reply_token = replies.then(|| self.webhooks.reply_token(talk.tenant, persona, now));
        self.webhooks.send(Self::target(world, talk.tenant), event(kind, now, &user_id, reply_token, own));
    }

    /// Adds or unblocks the account; nothing happens if it is a friend already.
    pub(crate) fn befriend(&self, world: &mut World, talk: Talk) {
        let before = world.tenants[talk.tenant].friends.get(&talk.person).copied();
        if before == Some(Friendship::Friend) {
            return;
        }
        self.set_friendship(world, talk, Friendship::Friend);
        let unblocked = before == Some(Friendship::Blocked);
        self.tell(world, talk, "follow", true, json!({ "follow": { "isUnblocked": unblocked } }));
    }

    /// Blocks or deletes the account; `unfollow` follows if it was a friend.
    pub(crate) fn unfriend(&self, world: &mut World, talk: Talk, is: Friendship) {
        let before = world.tenants[talk.tenant].friends.get(&talk.person).copied();
        self.set_friendship(world, talk, is);
        if before == Some(Friendship::Friend) {
            self.tell(world, talk, "unfollow", false, json!({}));
        }
    }

    fn set_friendship(&self, world: &mut World, talk: Talk, is: Friendship) {
        let channel = world.tenants[talk.tenant].provider.messaging.id.clone();
        let persona = world.people.all[talk.person].id.clone();
        world.record(Event::Friend { channel, persona, is, at: self.now() });
    }

    /// The person writes.
    pub(crate) fn say(&self, world: &mut World, talk: Talk, text: &str) {
        let id = ids::message_id(world.next_message(1));
        let message = json!({ "id": id, "type": "text", "quoteToken": ids::random_hex(), "text": text });
        let channel = world.tenants[talk.tenant].provider.messaging.id.clone();
        let persona = world.people.all[talk.person].id.clone();
        world.record(Event::Said { at: self.now(), channel, persona, message: message.clone() });
        self.tell(world, talk, "message", true, json!({ "message": message }));
    }

    /// The person taps something that sends data; `shown` appears as the person's words.
    pub(crate) fn postback(&self, world: &mut World, talk: Talk, data: &str, shown: Option<&str>) {
        if let Some(text) = shown {
            let message = json!({ "type": "text", "text": text });
            let channel = world.tenants[talk.tenant].provider.messaging.id.clone();
            let persona = world.people.all[talk.person].id.clone();
            world.record(Event::Said { at: self.now(), channel, persona, message });
        }
        self.tell(world, talk, "postback", true, json!({ "postback": { "data": data } }));
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

    /// Does what an action says, as far as it is the phone's part; the address to open, if any.
    pub(crate) fn perform(&self, world: &mut World, talk: Talk, action: &Value) -> Option<String> {
        let field = |name: &str| action.get(name).and_then(Value::as_str);
        if let (Some("richmenuswitch"), Some(alias)) = (field("type"), field("richMenuAliasId")) {
            self.switch_menu(world, talk, alias, field("data").unwrap_or_default());
            return None;
        }
        match (field("type"), field("uri"), field("text"), field("data")) {
            (Some("uri"), Some(uri), ..) => return Some(uri.to_owned()),
            (Some("message"), _, Some(text), _) => self.say(world, talk, text),
            (Some("postback"), _, _, Some(data)) => self.postback(world, talk, data, field("displayText")),
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
