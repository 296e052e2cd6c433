//! Servers that stop in other ways than by dying: told to end, or frozen for a while.

use std::time::{Duration, Instant};

use madoguchi_base::on;
use serde_json::json;

use crate::both_served;
use crate::crash::{stop, talk_reaches};
use crate::process::{City, signal};
use crate::sender::key;
use crate::world::{On, has_postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stood_still_for_longer_than_its_lease_sends_nothing_more() {
    if !has_postgres() {
        return;
    }
    let city = City::new(On::Postgres).await;
    let first = city.serve("").await;
    let hanako = city.confirms("hanako", "suido-start").await;
    let hang = json!({ "endpoint": "POST /v2/bot/message/push", "kind": "hang-after-accept", "times": 1,
        "delay_ms": 60_000 });
    city.line_does("faults", hang).await;
    hanako.sends_until_told(&key()).await;
    talk_reaches(&city, 1).await;
    signal(&first, "STOP");
    let second = city.spawn_second();
    let until = Instant::now() + Duration::from_secs(15);
    while city.pushes().await.len() < 2 {
        assert!(Instant::now() < until, "nobody took over");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    signal(&first, "CONT");
    hanako.sends_until_told(&key()).await;
    talk_reaches(&city, 2).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(city.talk("hanako").await.len(), 2);
    let pushes = city.pushes().await;
    assert_eq!(pushes.iter().map(|p| p.1).collect::<Vec<_>>(), [0, 409, 200]);
    assert_eq!(pushes[0], (pushes[1].0.clone(), 0, pushes[1].2.clone()), "the same key and bytes");
    stop(first).await;
    stop(second).await;
    assert_eq!(city.check().await, []);
}

both_served! {
    async fn a_server_that_is_told_to_end_records_what_line_answers_and_lets_the_lane_go(city: City) {
        let server = city.serve("").await;
        let hanako = city.confirms("hanako", "suido-start").await;
        let slow = json!({ "endpoint": "POST /v2/bot/message/push", "kind": "slow", "times": 1, "delay_ms": 1_000 });
        city.line_does("faults", slow).await;
        hanako.sends_until_told(&key()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop(server).await;
        assert_eq!(city.talk("hanako").await.len(), 1, "it waited for the answer");
        let (db, _copy) = city.as_left().await;
        let mut x = db.reader().await.expect("reader");
        let left: (String, i64) = on!(&mut x, |c| sqlx::query_as(
            "select n.state, l.lease_until from line_notice n join line_lane l on l.tenant_id = n.tenant_id"
        ).fetch_one(c).await).expect("a notice");
        assert_eq!(left, ("accepted".to_owned(), 0));
        drop(x);
        db.close().await;
        assert_eq!(city.check().await, []);
    }
}
