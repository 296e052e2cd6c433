//! Notices that are not sent: to people whom LINE does not reach, too late, doubtful for too long, or no longer
//! wanted. The citizen's page says which; nothing is sent behind anybody's back.

use futures_util::future::BoxFuture;
use madoguchi_base::db::{Class, Never, Stop, Tx};
use madoguchi_base::on;
use madoguchi_line::{login, outbox};
use serde_json::json;

use crate::both;
use crate::line::PUSH;
use crate::sending::wait_until;
use crate::world::World;

const HOUR: i64 = 3_600_000;

async fn write<F>(world: &World, f: F)
where
    F: for<'a> Fn(&'a (), &'a mut Tx) -> BoxFuture<'a, Result<(), Stop<Never>>> + Send + Sync + 'static,
{
    world.app.db.write("test", Class::Person, world.tenant, (), f).await.expect("written");
}

async fn person_is(world: &World, persona: &str, deed: &str) {
    world.control(&format!("personas/{persona}/{deed}"), json!({ "channel": "1657000002" })).await;
}

/// The one value of a query.
async fn number(world: &World, sql: &'static str) -> i64 {
    let mut x = world.app.db.reader().await.expect("reader");
    on!(&mut x, |c| sqlx::query_scalar(sql).fetch_one(c).await).expect("a number")
}

both! {
    async fn who_blocked_the_account_or_never_added_it_is_told_on_the_page_and_line_is_not_called(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        person_is(&world, "hanako", "block").await;
        wait_until("LINE has told of the block", 5, async || {
            number(&world, "select count(*) from line_friend where not friend").await == 1
        }).await;
        let mut taro = world.citizen("taro").await;
        taro.visitor.befriends = false;
        for citizen in [&mut hanako, &mut taro] {
            let receipt = citizen.submits("suido-start", &world.sample("suido-start")).await;
            world.run_jobs().await;
            let page = citizen.page_of(&receipt.id).await;
            assert!(page.body.contains("LINEで届きません"), "{}", page.body);
        }
        assert_eq!(world.statuses().len(), 0);
        assert_eq!(world.states().await, ["undeliverable"; 2]);

        person_is(&world, "hanako", "unblock").await;
        wait_until("LINE has told of it", 5, async || {
            number(&world, "select count(*) from line_friend where friend").await == 1
        }).await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 1, "an undeliverable notice holds up no later one");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn what_is_doubtful_for_twenty_hours_is_parked_and_never_sent_again_by_itself(world: World) {
        let mut hanako = world.citizen("hanako").await;
        world.fault(json!({ "endpoint": PUSH, "kind": "error-before" })).await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        for hour in 1..20 {
            world.later(HOUR);
            world.run_jobs().await;
            assert_eq!(world.states().await, ["frozen"], "after {hour} hours");
        }
        let tries = world.statuses().len();
        assert!(tries >= 15, "it was tried again and again: {tries}");
        world.later(HOUR + 60_000);
        world.run_jobs().await;
        assert_eq!(world.states().await, ["parked"]);
        assert!(hanako.page_of(&receipt.id).await.body.contains("確認中"));
        let parked = world.statuses().len();
        assert_eq!(parked, tries, "not tried with a key of twenty hours");

        world.clear_faults().await;
        for _ in 0..30 {
            world.later(HOUR);
            world.run_jobs().await;
        }
        assert_eq!(world.statuses().len(), parked);
        let keys: std::collections::HashSet<String> = world.pushes().into_iter().map(|p| p.key).collect();
        assert_eq!(keys.len(), 1, "never a new key for what may have arrived");
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 1, "what is parked holds up no later notice");
        assert_eq!(world.states().await, ["parked", "accepted"]);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn what_was_never_sent_gets_a_fresh_key_after_twenty_hours_and_arrives(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        world.line_goes_away().await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        let first = world.notices().await[0].retry_key.clone().expect("frozen");
        world.later(21 * HOUR);
        world.line_comes_back().await;
        world.drains().await;
        assert_ne!(world.notices().await[0].retry_key.as_deref(), Some(first.as_str()));
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        world.end().await;
    }
}

both! {
    async fn what_is_too_late_expires_and_is_not_sent_when_line_comes_back(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        world.line_goes_away().await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        for _ in 0..8 {
            world.run_jobs().await;
            world.later(24 * HOUR);
        }
        world.line_comes_back().await;
        for _ in 0..3 {
            world.run_jobs().await;
            world.later(60_000);
        }
        assert_eq!(world.states().await, ["expired"]);
        assert_eq!((world.statuses().len(), world.talk("hanako").len()), (0, 0));
        assert!(hanako.page_of(&receipt.id).await.body.contains("期限切れ"));
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn who_ends_the_link_is_left_alone_even_between_two_attempts(world: World) {
        let mut hanako = world.citizen("hanako").await;
        world.fault(json!({ "endpoint": PUSH, "kind": "error-before" })).await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        let notice = world.notices().await.remove(0);
        assert_eq!(notice.state, "frozen");
        let (tenant, account, at) = (world.tenant, notice.account_id.parse().expect("an id"), world.clock.wall());
        write(&world, move |(), tx| {
            Box::pin(async move {
                assert!(login::unlink(tx, tenant, account, at).await?);
                Ok(())
            })
        }).await;
        let before = world.statuses().len();
        world.clear_faults().await;
        for _ in 0..3 {
            world.later(HOUR);
            world.run_jobs().await;
        }
        assert_eq!(world.states().await, ["stopped"; 2]);
        assert_eq!((world.statuses().len(), world.talk("hanako").len()), (before, 0));
        assert_eq!(number(&world, "select count(*) from line_identity where user_sealed is not null").await, 0);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn what_was_frozen_for_another_channel_is_parked_and_not_sent_on_the_new_one(world: World) {
        world.fault(json!({ "endpoint": PUSH, "kind": "error-before" })).await;
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        let mut other = world.channel_at(world.emulator.api_base()).await;
        other.messaging_id = "1657000009".into();
        world.app.line.set_channel(world.tenant, &other).await.expect("channel");
        world.clear_faults().await;
        let before = world.statuses().len();
        world.later(HOUR);
        world.run_jobs().await;
        let notice = world.notices().await.remove(0);
        assert_eq!((notice.state.as_str(), notice.last_outcome.as_deref()), ("parked", Some("channel-changed")));
        assert_eq!(world.statuses().len(), before);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn while_sending_is_switched_off_nothing_leaves_and_switching_it_on_sends_all(world: World) {
        let tenant = world.tenant;
        let mut hanako = world.citizen("hanako").await;
        write(&world, move |(), tx| {
            Box::pin(async move { Ok(outbox::set_sending(tx, tenant, false).await?) })
        }).await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        for _ in 0..3 {
            world.run_jobs().await;
            world.later(60_000);
        }
        assert_eq!(world.statuses().len(), 0);
        write(&world, move |(), tx| {
            Box::pin(async move { Ok(outbox::set_sending(tx, tenant, true).await?) })
        }).await;
        world.drains().await;
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        world.end().await;
    }
}

/// The database takes no record of an acceptance, as when the disk is full.
async fn records_fail(world: &World, fail: bool) {
    let sql: &[&str] = match (world.url.starts_with("sqlite:"), fail) {
        (true, true) => {
            &["create trigger full_disk before update on line_notice when new.state = 'accepted' \
                           begin select raise(abort, 'database or disk is full'); end"]
        }
        (true, false) => &["drop trigger full_disk"],
        (false, true) => {
            &["alter table line_notice add constraint full_disk check (state <> 'accepted') not valid"]
        }
        (false, false) => &["alter table line_notice drop constraint full_disk"],
    };
    for sql in sql {
        write(world, move |(), tx| {
            Box::pin(async move {
                on!(tx, |c| sqlx::query(*sql).execute(c).await.map(drop))?;
                Ok(())
            })
        })
        .await;
    }
}

both! {
    async fn while_acceptances_cannot_be_recorded_the_lane_stops_instead_of_asking_again(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        records_fail(&world, true).await;
        let stop = tokio_util::sync::CancellationToken::new();
        let lane = async {
            let asked = async {
                wait_until("LINE has it", 5, async || world.statuses().len() == 1).await;
                hanako.submits("suido-start", &world.sample("suido-start")).await;
                tokio::time::sleep(std::time::Duration::from_secs(4)).await;
                assert_eq!(world.statuses(), [200], "no burning of the rate");
                records_fail(&world, false).await;
                wait_until("all is recorded", 8, async || world.states().await.iter().all(|s| s == "accepted")).await;
                stop.cancel();
            };
            tokio::join!(world.app.line.run(stop.clone()), asked)
        };
        lane.await;
        assert_eq!(world.statuses(), [200, 200]);
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        world.end().await;
    }
}
