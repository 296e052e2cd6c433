//! LINE answers badly, late, or not at all: every promised notice arrives once, in order, and until then the
//! citizen's page says how it stands.

use std::time::{Duration, Instant};

use madoguchi::run;
use serde_json::json;

use crate::both;
use crate::line::PUSH;
use crate::world::{Wish, World};

both! {
    async fn a_500_after_acceptance_is_asked_again_with_the_same_key_and_409_counts_as_sent(world: World) {
        let people = ["hanako", "taro", "maria"];
        world.fault(json!({ "endpoint": PUSH, "kind": "error-after-accept", "times": 3 })).await;
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        for person in &people[1..] {
            world.citizen(person).await.submits("suido-start", &world.sample("suido-start")).await;
        }
        world.run_jobs().await;
        assert_eq!(world.statuses(), [500; 3]);
        assert!(hanako.page_of(&receipt.id).await.body.contains("確認中"));
        world.drains().await;
        assert_eq!(world.statuses(), [500, 500, 500, 409, 409, 409]);
        assert!(hanako.page_of(&receipt.id).await.body.contains("送信済み"));
        world.every_notice_arrived_once_and_in_order(&people).await;
        world.end().await;
    }
}

both! {
    async fn faults_of_every_kind_lose_nothing_double_nothing_and_keep_the_order_of_a_person(world: World) {
        let people = ["hanako", "taro", "maria"];
        for (kind, every) in [
            ("error-after-accept", 2), ("error-before", 5), ("reset", 7), ("rate-limit", 11), ("unauthorized", 13),
        ] {
            world.fault(json!({ "endpoint": PUSH, "kind": kind, "every": every })).await;
        }
        let mut receipts = Vec::new();
        for person in people {
            let mut citizen = world.citizen(person).await;
            for _ in 0..4 {
                receipts.push(citizen.submits("suido-start", &world.sample("suido-start")).await);
            }
        }
        world.run_jobs().await;
        let mut clerk = world.clerk().await;
        for (n, receipt) in receipts.iter().enumerate() {
            clerk.does(&receipt.id, "/accept", &[]).await;
            if n % 3 == 0 {
                world.later(1_500);
                world.run_jobs().await;
            }
            clerk.does(&receipt.id, "/complete", &[]).await;
        }
        world.drains().await;
        assert_eq!(world.notices().await.len(), 36, "each was told submitted, accepted and done");
        let statuses = world.statuses();
        for status in [0, 200, 401, 409, 429, 500] {
            assert!(statuses.contains(&status), "no {status} among {statuses:?}");
        }
        world.every_notice_arrived_once_and_in_order(&people).await;
        world.end().await;
    }
}

both! {
    async fn a_call_that_hangs_after_acceptance_holds_up_nobody_else_and_is_asked_again(world: World) {
        run::work(&world.app);
        let mut hanako = world.citizen("hanako").await;
        let mut taro = world.citizen("taro").await;
        for citizen in [&mut hanako, &mut taro] {
            citizen.enters("suido-start").await;
        }
        world.fault(json!({ "endpoint": PUSH, "kind": "hang-after-accept", "times": 1, "delay_ms": 30_000 })).await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        wait_until("LINE has hanako's", 3, async || world.statuses().len() == 1).await;
        taro.submits("suido-start", &world.sample("suido-start")).await;
        wait_until("taro has his", 3, async || world.talk("taro").len() == 1).await;
        let page = hanako.page_of(&receipt.id).await;
        assert!(page.body.contains("送信待ち") || page.body.contains("確認中"), "not answered yet");
        wait_until("hanako's is known", 20, async || world.states().await.iter().all(|s| s == "accepted")).await;
        assert_eq!(world.statuses(), [0, 200, 409]);
        world.every_notice_arrived_once_and_in_order(&["hanako", "taro"]).await;
        world.end().await;
    }
}

both! {
    async fn connections_that_break_and_errors_before_acceptance_are_tried_until_line_recovers(world: World) {
        for (kind, statuses) in [("reset", [0, 0]), ("error-before", [500, 500])] {
            let before = world.statuses().len();
            world.fault(json!({ "endpoint": PUSH, "kind": kind })).await;
            world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
            world.run_jobs().await;
            world.later(3_000);
            world.run_jobs().await;
            assert_eq!(world.statuses()[before..], statuses, "{kind}");
            world.clear_faults().await;
            world.drains().await;
            assert_eq!(world.statuses()[before + 2..], [200], "{kind}");
        }
        world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
        world.end().await;
    }
}

both! {
    async fn while_line_is_down_people_submit_and_read_that_it_waits_and_afterwards_all_is_sent(world: World) {
        let people = ["hanako", "taro"];
        let mut hanako = world.citizen("hanako").await;
        let mut taro = world.citizen("taro").await;
        for citizen in [&mut hanako, &mut taro] {
            citizen.enters("suido-start").await;
        }
        world.line_goes_away().await;
        let mut receipts = Vec::new();
        for citizen in [&mut hanako, &mut taro] {
            for _ in 0..3 {
                receipts.push(citizen.submits("suido-start", &world.sample("suido-start")).await);
            }
        }
        let mut clerk = world.clerk().await;
        for receipt in &receipts {
            clerk.does(&receipt.id, "/accept", &[]).await;
        }
        let page = hanako.page_of(&receipts[0].id).await;
        assert!(page.body.contains("送信待ち"), "before the first attempt");
        for _ in 0..12 {
            world.run_jobs().await;
            world.later(30 * 60_000);
        }
        world.line_comes_back().await;
        let mut again = world.citizen("hanako").await;
        assert!(again.page_of(&receipts[0].id).await.body.contains("送信待ち"), "six hours later");
        assert_eq!(world.statuses().len(), 0);
        world.drains().await;
        assert_eq!(world.statuses(), [200; 12], "nothing doubtful: each is sent once");
        world.every_notice_arrived_once_and_in_order(&people).await;
        world.end().await;
    }
}

/// LINE limits the rate for a minute; afterwards everything arrives. Times between the probes.
async fn probes_of_a_limited_minute(world: &World, fault: serde_json::Value) -> Vec<i64> {
    let people = ["hanako", "taro", "maria"];
    for person in people {
        world.citizen(person).await.submits("suido-start", &world.sample("suido-start")).await;
    }
    world.fault(fault).await;
    for _ in 0..240 {
        world.run_jobs().await;
        world.later(250);
    }
    let limited: Vec<i64> = world.pushes().iter().filter(|p| p.status == 429).map(|p| p.at).collect();
    assert!(limited.len() > people.len(), "it went on looking: {limited:?}");
    world.drains().await;
    world.every_notice_arrived_once_and_in_order(&people).await;
    // The first three were under way together when the first 429 came.
    limited[people.len() - 1..].windows(2).map(|w| w[1] - w[0]).collect()
}

both! {
    async fn while_line_limits_the_rate_there_is_at_most_one_probe_a_second(world: World) {
        let gaps =
            probes_of_a_limited_minute(&world, json!({ "endpoint": PUSH, "kind": "rate-limit", "seconds": 60 })).await;
        assert!(gaps.iter().all(|gap| *gap >= 1_000), "{gaps:?}");
        world.end().await;
    }
}

both! {
    async fn where_line_says_when_to_come_again_nobody_comes_earlier(world: World) {
        let fault = json!({ "endpoint": PUSH, "kind": "rate-limit", "seconds": 60, "retry_after": 7 });
        let gaps = probes_of_a_limited_minute(&world, fault).await;
        assert!(gaps.iter().all(|gap| *gap >= 7_000), "{gaps:?}");
        world.end().await;
    }
}

both! {
    async fn a_token_refused_mid_send_is_fetched_once_for_all_and_the_keys_stay(world: World) {
        let people = ["hanako", "taro", "maria", "ichiro", "yoshiko"];
        world.citizen("sachi").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        for person in people {
            world.citizen(person).await.submits("suido-start", &world.sample("suido-start")).await;
        }
        let before = world.token_calls();
        // LINE holds the token for expired earlier than we do: our clock for it is one that nothing moves.
        world.later(40 * 60_000);
        world.fault(json!({ "endpoint": PUSH, "kind": "slow", "times": people.len(), "delay_ms": 500 })).await;
        world.run_jobs().await;
        assert_eq!(world.token_calls(), before + 1, "one refresh for all");
        let pushes = world.pushes().split_off(1);
        assert_eq!(pushes.iter().filter(|p| p.status == 401).count(), people.len());
        for refused in pushes.iter().filter(|p| p.status == 401) {
            let again = pushes.iter().find(|p| p.status == 200 && p.key == refused.key);
            assert_eq!(again.map(|p| &p.body), Some(&refused.body), "the same key and bytes");
        }
        world.every_notice_arrived_once_and_in_order(&["sachi", "hanako", "taro", "maria", "ichiro", "yoshiko"]).await;
        world.end().await;
    }
}

mod when_the_months_messages_are_used_up_a_notice_waits_visibly_and_is_not_lost {
    use super::*;
    use crate::world::{On, has_postgres};

    async fn story(on: On) {
        let world = World::new(Wish { quota: Some(1), ..Wish::on(on) }).await;
        world.citizen("taro").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        for _ in 0..4 {
            world.run_jobs().await;
            world.later(60_000);
        }
        assert_eq!(world.statuses(), [200, 429], "LINE is not asked each second for a month");
        let page = hanako.page_of(&receipt.id).await;
        assert!(page.body.contains("送信数の上限に達しています"), "{}", page.body);
        assert_eq!(world.check().await, []);
        // The first of December.
        world.later((6 * 24 + 15) * 3_600_000);
        world.drains().await;
        // The token has grown old too.
        assert_eq!(world.statuses(), [200, 429, 401, 200]);
        world.every_notice_arrived_once_and_in_order(&["taro", "hanako"]).await;
        world.end().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        story(On::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        if has_postgres() {
            story(On::Postgres).await;
        }
    }
}

/// Waits for something that comes by itself.
pub async fn wait_until(what: &str, seconds: u64, is: impl AsyncFn() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !is().await {
        assert!(Instant::now() < until, "not within {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
