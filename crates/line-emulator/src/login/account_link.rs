//! `GET /dialog/bot/accountLink`. LINE docs: linking-accounts.

use super::{PERSON_COOKIE, pages};
use crate::app::App;
use crate::deeds::Talk;
use crate::state::World;
use crate::state::event::Event;
use crate::wire::{Reply, Req};
use http::StatusCode;

/// LINE docs: a link token lives ten minutes; a nonce has 10 to 255 characters.
const LIFE_MS: i64 = 10 * 60 * 1000;
const NONCE: std::ops::RangeInclusive<usize> = 10..=255;

/// A token without its like; nobody is told of it.
fn refused(app: &App) -> Reply {
    let text = "連携の期限が切れたか、すでに使われています。もう一度、元のページからやり直してください。";
    pages::message(app, StatusCode::BAD_REQUEST, "アカウントを連携できません", text)
}

/// The talk that a live token was made for.
fn owner(world: &World, token: &str, now: i64) -> Option<Talk> {
    world.tenants.iter().enumerate().find_map(|(tenant, t)| {
        let known = t.link_tokens.get(token).filter(|known| now < known.at + LIFE_MS)?;
        Some(Talk { tenant, person: known.person as usize })
    })
}

/// Links, and tells the official account by a webhook; it fails when another person's phone comes.
pub(super) fn link(app: &App, req: &Req) -> Reply {
    let query = req.query();
    let (token, nonce) = (query.get("linkToken").unwrap_or_default(), query.get("nonce").unwrap_or_default());
    let here = req.cookie(PERSON_COOKIE);
    let mut world = app.store.lock();
    let Some(talk) = owner(&world, token, app.now()) else {
        drop(world);
        return refused(app);
    };
    let channel = world.tenants[talk.tenant].provider.messaging.id.clone();
    world.record(Event::LinkTokenUsed { channel, token: token.to_owned() });
    let same = here.is_some_and(|id| world.people.find(&id) == Some(talk.person));
    let ok = same && NONCE.contains(&nonce.len()) && world.tenants[talk.tenant].is_friend(talk.person);
    app.tell_of_link(&world, talk, nonce, ok);
    drop(world);
    if ok {
        let text = "LINEアカウントと連携しました。トーク画面に戻ってください。";
        pages::message(app, StatusCode::OK, "連携しました", text)
    } else {
        let text = "もう一度、トーク画面からやり直してください。";
        pages::message(app, StatusCode::BAD_REQUEST, "アカウントを連携できません", text)
    }
}
