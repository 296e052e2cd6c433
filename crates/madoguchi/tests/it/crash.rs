//! The process ends at each point where it matters (durability.md §2): a notice reaches LINE once, under the
//! key that was frozen for it; a webhook has its effect once.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use madoguchi_base::{Clock, on};
use serde_json::{Value, json};

use crate::both_served;
use crate::process::{City, signal};
use crate::sender::key;
use crate::webhook::signed;
use crate::world::On;

/// Where the process ends, and what LINE sees of the notice in all: statuses of the pushes.
const POINTS: [(&str, &[u64]); 7] = [
    ("before-freeze", &[200]),
    ("after-freeze", &[200]),
    ("before-send", &[200]),
    ("half-sent", &[200]),
    ("after-send", &[200, 409]),
    ("answer-read-not-recorded", &[200, 409]),
    ("after-record", &[200]),
];

/// State and retry key of the youngest notice.
pub async fn youngest(city: &City) -> (String, Option<String>) {
    let (db, _copy) = city.as_left().await;
    let mut x = db.reader().await.expect("reader");
    let row =
        on!(&mut x, |c| sqlx::query_as("select state, retry_key from line_notice order by seq desc limit 1")
            .fetch_one(c)
            .await)
        .expect("a notice");
    drop(x);
    db.close().await;
    row
}

/// On PostgreSQL a dead owner keeps its lane for five seconds; here they have passed.
pub async fn the_lease_ends(city: &City) {
    if city.on == On::Postgres {
        use sqlx::Connection as _;
        let mut one = sqlx::PgConnection::connect(&city.url).await.expect("connect");
        sqlx::query("update line_lane set lease_until = 0").execute(&mut one).await.expect("ended");
    }
}

pub async fn talk_reaches(city: &City, n: usize) {
    let until = Instant::now() + Duration::from_secs(20);
    while city.talk("hanako").await.len() < n {
        assert!(Instant::now() < until, "message {n} does not arrive: {}", city.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn ends_by_itself(city: &City, server: &mut tokio::process::Child, at: &str) {
    let ended = tokio::time::timeout(Duration::from_secs(20), server.wait()).await;
    let ended = ended.unwrap_or_else(|_| panic!("{at} was never passed: {}", city.log())).expect("ended");
    assert_eq!(ended.signal(), Some(6), "{at}: {ended}");
}

pub async fn stop(mut server: tokio::process::Child) {
    signal(&server, "TERM");
    assert!(server.wait().await.expect("ended").success());
}

both_served! {
    async fn a_notice_is_accepted_once_wherever_delivery_ends(city: City) {
        let server = city.serve("").await;
        let hanako = city.confirms("hanako", "suido-start").await;
        stop(server).await;
        for (n, (point, expected)) in POINTS.into_iter().enumerate() {
            let before = city.pushes().await.len();
            let mut server = city.serve(point).await;
            let key = key();
            let mut told = None;
            {
                // On a busy machine the first answer may be a 503; the process ends once it has taken one.
                let mut ends = std::pin::pin!(ends_by_itself(&city, &mut server, point));
                while !tokio::select! {
                    () = &mut ends => true,
                    id = hanako.sends(&key), if told.is_none() => { told = id; false }
                } {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            assert_eq!(city.check_as_left().await, [], "{point}");
            let left = youngest(&city).await;
            let state = match point {
                "before-freeze" => "waiting",
                "after-record" => "accepted",
                _ => "sending",
            };
            assert_eq!(left.0, state, "{point}");
            assert_eq!(left.1.is_none(), point == "before-freeze");

            the_lease_ends(&city).await;
            let server = city.serve("").await;
            let id = hanako.sends_until_told(&key).await;
            assert!(told.is_none_or(|told| told == id), "{point}: another application");
            talk_reaches(&city, n + 1).await;
            // One more round of the lane: what could come twice would come now.
            tokio::time::sleep(Duration::from_millis(1_300)).await;
            stop(server).await;
            assert_eq!(city.talk("hanako").await.len(), n + 1, "{point}");
            let pushes = city.pushes().await.split_off(before);
            assert_eq!(pushes.iter().map(|p| p.1).collect::<Vec<_>>(), expected, "{point}");
            let after = youngest(&city).await;
            assert_eq!(after.0, "accepted", "{point}");
            assert!(left.1.is_none() || left.1 == after.1, "{point}: the frozen key changed");
            let frozen = (after.1.as_deref().expect("a key"), &pushes[0].2);
            assert!(pushes.iter().all(|p| (p.0.as_str(), &p.2) == frozen), "{point}: {pushes:?}");
            assert_eq!(city.check().await, [], "{point}");
        }
    }

    async fn before_the_commit_nothing_happened_and_after_it_the_same_key_finds_it(city: City) {
        let mut server = city.serve("").await;
        let hanako = city.confirms("hanako", "suido-start").await;
        let (early, late) = (key(), key());
        let lock = Lock::take(&city).await;
        let pending = hanako.sends_without_reading(&early).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        server.kill().await.expect("killed");
        lock.release().await;
        drop(pending);
        let (db, _copy) = city.as_left().await;
        let mut x = db.reader().await.expect("reader");
        let count: i64 =
            on!(&mut x, |c| sqlx::query_scalar("select count(*) from application").fetch_one(c).await).expect("count");
        drop(x);
        db.close().await;
        assert_eq!(count, 0, "it was killed before its commit");

        the_lease_ends(&city).await;
        let mut server = city.serve("").await;
        hanako.sends_until_told(&early).await;
        talk_reaches(&city, 1).await;
        let unread = hanako.sends_without_reading(&late).await;
        talk_reaches(&city, 2).await;
        server.kill().await.expect("killed");
        drop(unread);
        the_lease_ends(&city).await;
        let server = city.serve("").await;
        let id = hanako.sends_until_told(&late).await;
        let receipt = hanako.receipt(&id).await.expect("a page");
        let told = city.talk("hanako").await[1]["message"]["template"]["text"].to_string();
        assert!(told.contains(&receipt), "{receipt} is not the number of {told}");
        assert_eq!(hanako.sends_until_told(&late).await, id);
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        assert_eq!(city.talk("hanako").await.len(), 2);
        stop(server).await;
        assert_eq!(city.check().await, []);
    }

    async fn a_webhook_that_was_not_committed_comes_again_and_counts_once(city: City) {
        let server = city.serve("").await;
        city.confirms("hanako", "suido-start").await;
        stop(server).await;
        let (user, secret) = user_and_secret(&city).await;
        let event = json!({ "type": "unfollow", "timestamp": Clock::system().wall().0 + 5_000,
            "webhookEventId": "01CRASH", "source": { "type": "user", "userId": user } });
        let body = json!({ "destination": "U0", "events": [event] }).to_string();
        let url = format!("http://127.0.0.1:{}/line/232131/webhook", city.ports[0]);
        let post = async || {
            let request = city.http.post(&url).header("x-line-signature", signed(&secret, body.as_bytes()));
            request.body(body.clone()).send().await.map(|a| a.status().as_u16()).ok()
        };
        let count = async || {
            let (db, _copy) = city.as_left().await;
            let mut x = db.reader().await.expect("reader");
            let all: (i64, i64) = on!(&mut x, |c| sqlx::query_as(
                "select (select count(*) from line_webhook_event where event_id = '01CRASH'), \
                 (select count(*) from line_friend where not friend)"
            ).fetch_one(c).await).expect("count");
            drop(x);
            db.close().await;
            all
        };
        let mut server = city.serve("webhook-before-commit").await;
        assert_eq!(post().await, None, "not acknowledged");
        ends_by_itself(&city, &mut server, "webhook-before-commit").await;
        assert_eq!(count().await, (0, 0), "no effect");
        let server = city.serve("").await;
        assert_eq!([post().await, post().await], [Some(200); 2]);
        stop(server).await;
        assert_eq!(count().await, (1, 1));
        assert_eq!(city.check().await, []);
    }
}

/// Keeps every write from going on.
enum Lock {
    Lite(sqlx::SqliteConnection),
    Pg(sqlx::PgConnection),
}

impl Lock {
    async fn take(city: &City) -> Self {
        use sqlx::Connection as _;
        if city.on == On::Sqlite {
            let mut c = sqlx::SqliteConnection::connect(&city.url).await.expect("connect");
            sqlx::query("begin immediate").execute(&mut c).await.expect("locked");
            return Self::Lite(c);
        }
        let mut c = sqlx::PgConnection::connect(&city.url).await.expect("connect");
        sqlx::query("begin").execute(&mut c).await.expect("begun");
        sqlx::query("lock table application in exclusive mode").execute(&mut c).await.expect("locked");
        Self::Pg(c)
    }

    async fn release(self) {
        use sqlx::Connection as _;
        match self {
            Self::Lite(c) => c.close().await.expect("closed"),
            Self::Pg(c) => c.close().await.expect("closed"),
        }
    }
}

async fn user_and_secret(city: &City) -> (String, String) {
    let people = city.line("personas").await;
    let hanako = people.as_array().expect("people").iter().find(|p| p["id"] == "hanako").expect("hanako");
    let channels = city.line("channels").await;
    let all = channels.as_array().expect("channels");
    let messaging = all.iter().find(|c| c["kind"] == "messaging").expect("a channel");
    let text = |v: &Value| v.as_str().expect("a text").to_owned();
    (text(&hanako["channels"][0]["user_id"]), text(&messaging["secret"]))
}
