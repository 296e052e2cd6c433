//! A LINE that does not say no and does not answer either: people go on submitting, nothing piles up, and in the
//! end each notice has arrived once. A city that is limited does not slow its neighbour.

use std::collections::HashSet;
use std::time::Duration;

use madoguchi::demo::city;
use madoguchi::demo::visitor::Visitor;
use madoguchi::procedure::builtin_municipality;
use madoguchi::run;
use serde_json::json;
use tokio::process::Child;

use crate::both;
use crate::line::PUSH;
use crate::process::{City, signal};
use crate::sender::key;
use crate::sending::wait_until;
use crate::wire::{Spoil, Wire};
use crate::world::{On, Wish, World, has_postgres};

/// Open files and sockets of a process.
fn handles(server: &Child) -> usize {
    let id = server.id().expect("it runs");
    std::fs::read_dir(format!("/proc/{id}/fd")).expect("its handles").count()
}

async fn outlasts(spoil: Spoil) {
    let city = City::new(On::Sqlite).await;
    let wire = Wire::before(&city.api).await;
    city.speaks_through(&wire.url).await;
    let mut server = city.serve("").await;
    let names: Vec<&str> = city::PEOPLE.iter().map(|p| p.0).collect();
    let mut people = Vec::new();
    for person in &names {
        people.push(city.confirms(person, "suido-start").await);
    }
    wire.spoil(spoil);
    let before = handles(&server);
    let mut acknowledged = 0;
    let mut seen = Vec::new();
    // Fifteen seconds: longer than a request to LINE may take, so that the first are given up and tried again.
    for round in 0..30 {
        let person = &people[round % people.len()];
        assert!(person.sends(&key()).await.is_some(), "people submit whatever LINE does");
        acknowledged += 1;
        seen.push((handles(&server), wire.open()));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // One request a person at most, and one that asks for a token or for the quota.
    assert!(wire.most() <= people.len() + 2, "{} requests at a time", wire.most());
    let most = seen.iter().map(|s| s.0).max().unwrap_or_default();
    assert!(most <= before + people.len() + 8, "handles grew: {before}, then {seen:?}");
    let (first, second) = seen.split_at(seen.len() / 2);
    let high = |half: &[(usize, usize)]| half.iter().map(|s| s.0).max();
    assert!(high(second) <= high(first).map(|n| n + 2), "handles grow: {seen:?}");
    assert!(city.log().lines().count() < 60, "the log is not flooded");

    wire.spoil(Spoil::Nothing);
    wait_until("all is delivered", 60, async || {
        let mut all = 0;
        for person in &names {
            all += city.talk(person).await.len();
        }
        all == acknowledged
    })
    .await;
    wait_until("and known to be", 40, async || {
        let accepted: HashSet<String> =
            city.pushes().await.into_iter().filter(|p| matches!(p.1, 200 | 409)).map(|p| p.0).collect();
        accepted.len() == acknowledged
    })
    .await;
    let taken: Vec<String> = city.pushes().await.into_iter().filter(|p| p.1 == 200).map(|p| p.0).collect();
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len(), "LINE took none twice");
    signal(&server, "TERM");
    assert!(server.wait().await.expect("end").success());
    assert_eq!(city.check().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_swallows_requests_holds_up_nobody_and_nothing_piles_up() {
    outlasts(Spoil::Swallow).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_answers_by_one_byte_a_second_holds_up_nobody_and_nothing_piles_up() {
    outlasts(Spoil::Dribble).await;
}

/// A submission at the neighbour's.
async fn next_door(world: &World, visitor: &mut Visitor) {
    let site = format!("{}/anjo", world.origin);
    visitor.enter(&format!("{site}/p/suido-start/form")).await.expect("form");
    let seen = visitor.submit(&site, "suido-start", &world.sample("suido-start")).await.expect("submit");
    assert!(seen.status.is_success(), "{}", seen.status);
}

async fn limited(on: On) {
    // Under the same name, or its forms would not take the addresses of the samples.
    let mut anjo = builtin_municipality();
    (anjo.code, anjo.slug) = ("232122".into(), "anjo".into());
    let world = World::new(Wish { neighbours: vec![anjo], ..Wish::on(on) }).await;
    let wire = Wire::before(&world.emulator.api_base()).await;
    let settings = world.channel_at(wire.url.clone()).await;
    world.app.line.set_channel(world.tenant, &settings).await.expect("channel");
    run::work(&world.app);
    let mut own = Vec::new();
    for person in ["hanako", "taro", "maria"] {
        let mut citizen = world.citizen(person).await;
        citizen.enters("suido-start").await;
        own.push(citizen);
    }
    let mut there = Visitor::on_phone(&world.phone, "ichiro").await.expect("phone");
    next_door(&world, &mut there).await;
    wait_until("the neighbour's lane works", 10, async || world.talk("ichiro").len() == 1).await;

    wire.spoil(Spoil::Limit);
    let began = std::time::Instant::now();
    for citizen in &mut own {
        citizen.submits("suido-start", &world.sample("suido-start")).await;
    }
    wait_until("the city is limited", 10, async || wire.limited() > 0).await;
    for n in 2..=6 {
        next_door(&world, &mut there).await;
        wait_until("the neighbour's are sent meanwhile", 10, async || world.talk("ichiro").len() == n).await;
    }
    wait_until("it goes on asking", 15, async || wire.limited() >= own.len() + 3).await;
    // What was under way together when the first 429 came, then one probe a second at most.
    let seconds = usize::try_from(began.elapsed().as_secs()).expect("few") + 1;
    assert!(wire.limited() <= own.len() + seconds, "{} in {seconds} s", wire.limited());
    for person in ["hanako", "taro", "maria"] {
        assert!(world.talk(person).is_empty(), "nothing got through");
    }

    wire.spoil(Spoil::Nothing);
    wait_until("all is sent", 20, async || world.states().await.iter().all(|s| s == "accepted")).await;
    world.every_notice_arrived_once_and_in_order(&["hanako", "taro", "maria", "ichiro"]).await;
    world.end().await;
}

mod a_city_that_line_limits_asks_once_a_second_and_does_not_slow_its_neighbour {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        limited(On::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        if has_postgres() {
            limited(On::Postgres).await;
        }
    }
}

both! {
    async fn an_acceptance_that_comes_late_wins_over_having_been_parked(world: World) {
        run::work(&world.app);
        world.citizen("hanako").await.enters("suido-start").await;
        world.fault(json!({ "endpoint": PUSH, "kind": "slow", "times": 1, "delay_ms": 3_000 })).await;
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        wait_until("LINE has it", 5, async || world.states().await == ["sending"]).await;
        // Somebody gave it up meanwhile: so far it was doubtful.
        world
            .sql(
                "update line_notice set state = 'parked', last_outcome = 'unknown', \
                 first_unknown_at = attempting_at, attempting_at = null where state = 'sending'",
            )
            .await;
        assert!(hanako.page_of(&receipt.id).await.body.contains("確認中"));
        wait_until("the answer counts", 10, async || world.states().await == ["accepted"]).await;
        assert!(hanako.page_of(&receipt.id).await.body.contains("送信済み"));
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        world.end().await;
    }
}
