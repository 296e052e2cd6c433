//! The consent sheet and the add-friend option. LINE docs: link-a-bot.

use super::callback;
use super::pages::{self, FriendOption, Sheet};
use super::pending::{BotPrompt, Pending, Prompt};
use crate::app::App;
use crate::deeds::Talk;
use crate::state::event::{Event, Friendship};
use crate::wire::{Reply, Req};

/// After it is known whose phone this is: straight back, or the sheet.
pub(super) fn next(app: &App, pending: Pending) -> Reply {
    let Some(person) = pending.person else { return pages::expired(app) };
    let asked = &pending.asked;
    let granted = {
        let world = app.store.lock();
        let granted = world.tenants[asked.tenant].grants.get(&person);
        granted.is_some_and(|granted| asked.scopes.iter().all(|s| granted.contains(s)))
    };
    if granted && asked.prompt != Some(Prompt::Consent) {
        return callback::succeeded(app, &pending, person, None);
    }
    if asked.prompt == Some(Prompt::None) {
        return callback::failed(app, asked, "INTERACTION_REQUIRED", "User interaction is required.");
    }
    sheet(app, pending, person)
}

/// What can be offered to that person: nothing to a friend.
fn option(app: &App, pending: &Pending, person: usize) -> FriendOption {
    if pending.asked.bot_prompt.is_none() {
        return FriendOption::None;
    }
    match app.store.lock().tenants[pending.asked.tenant].friends.get(&person) {
        Some(Friendship::Friend) => FriendOption::Added,
        Some(Friendship::Blocked) => FriendOption::Unblock,
        Some(Friendship::Deleted) | None => FriendOption::Add,
    }
}

fn sheet(app: &App, mut pending: Pending, person: usize) -> Reply {
    let option = option(app, &pending, person);
    let own_page = pending.asked.bot_prompt == Some(BotPrompt::Aggressive);
    let offered = matches!(option, FriendOption::Add | FriendOption::Unblock);
    pending.option_shown = offered && !own_page;
    let world = app.store.lock();
    let provider = world.tenants[pending.asked.tenant].provider.clone();
    let name = world.people.all[person].name.clone();
    drop(world);
    let option = if own_page && offered { FriendOption::None } else { option };
    let scopes = pending.asked.scopes.clone();
    let txn = app.pending.put(pending);
    pages::consent(app, &Sheet { txn, name, provider, scopes, option })
}

/// `POST …/consent` `{txn, decision, friend?}`
pub(super) fn decided(app: &App, req: &Req) -> Reply {
    let form = req.form();
    let pending = form.get("txn").and_then(|txn| app.pending.take(txn, app.now()));
    let Some(pending) = pending else { return pages::expired(app) };
    let Some(person) = pending.person else { return pages::expired(app) };
    let asked = &pending.asked;
    if form.get("decision") != Some("allow") {
        let text = "The resource owner denied the request.";
        return callback::failed(app, asked, "ACCESS_DENIED", text);
    }
    let mut world = app.store.lock();
    let persona = world.people.all[person].id.clone();
    let (channel, scopes) = (asked.channel.clone(), asked.scopes.clone());
    world.record(Event::Grant { channel, persona, scopes });
    drop(world);
    if pending.option_shown {
        return finish(app, &pending, person, form.get("friend") == Some("yes"));
    }
    let option = option(app, &pending, person);
    let offered = matches!(option, FriendOption::Add | FriendOption::Unblock);
    if asked.bot_prompt == Some(BotPrompt::Aggressive) && offered {
        let provider = app.store.lock().tenants[asked.tenant].provider.clone();
        let txn = app.pending.put(pending);
        return pages::friend(app, txn, provider, option);
    }
    callback::succeeded(app, &pending, person, None)
}

/// `POST …/friend` `{txn, friend}`: the second page of `bot_prompt=aggressive`.
pub(super) fn friend_decided(app: &App, req: &Req) -> Reply {
    let form = req.form();
    let pending = form.get("txn").and_then(|txn| app.pending.take(txn, app.now()));
    match pending.and_then(|p| p.person.map(|person| (p, person))) {
        Some((pending, person)) => finish(app, &pending, person, form.get("friend") == Some("yes")),
        None => pages::expired(app),
    }
}

/// The option was really shown: do it, and say whether it changed anything.
fn finish(app: &App, pending: &Pending, person: usize, add: bool) -> Reply {
    if add {
        let mut world = app.store.lock();
        app.befriend(&mut world, Talk { tenant: pending.asked.tenant, person });
    }
    callback::succeeded(app, pending, person, Some(add))
}
