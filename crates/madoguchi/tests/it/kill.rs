//! kill -9 of the real server, again and again, while people submit. What was acknowledged is there, once;
//! what was promised arrives, once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use madoguchi_base::on;

use crate::process::{City, lines_until_ready, signal};
use crate::sender::{Confirmed, key};
use crate::world::{On, has_postgres};

const PEOPLE: [&str; 5] = ["hanako", "taro", "maria", "ichiro", "yoshiko"];
const KILLS: usize = 20;
const ACKS: usize = 2_000;

/// One acknowledged submission.
struct Ack {
    key: String,
    id: String,
    /// The receipt number as the page showed it, where it was looked at.
    receipt: Option<String>,
}

#[derive(Default)]
struct Tally {
    acks: Mutex<Vec<Ack>>,
    count: AtomicUsize,
    /// When the server was last restarted, until somebody is acknowledged by it.
    restarted: Mutex<Option<Instant>>,
    took: Mutex<Vec<Duration>>,
    unanswered: AtomicUsize,
    /// People pause between submissions: a few people with thousands of notices each wait long for the last.
    calm: AtomicBool,
    stop: AtomicBool,
}

fn locked<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    fn acknowledged(&self, began: Instant, ack: Ack) {
        let mut restarted = locked(&self.restarted);
        if let Some(at) = restarted.filter(|at| began > *at) {
            locked(&self.took).push(at.elapsed());
            *restarted = None;
        }
        locked(&self.acks).push(ack);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody who submits all the time, and asks again under the same key where no answer came.
    async fn submits(&self, confirmed: &Confirmed) {
        let mut n = 0_u32;
        while !self.stop.load(Ordering::Relaxed) {
            let key = key();
            let asked = Instant::now();
            let (id, began) = loop {
                let began = Instant::now();
                if let Some(id) = confirmed.sends(&key).await {
                    break (id, began);
                }
                assert!(asked.elapsed() < Duration::from_mins(1), "no answer for a minute");
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(3)).await;
            };
            n += 1;
            let receipt = if n.is_multiple_of(10) { confirmed.receipt(&id).await } else { None };
            self.acknowledged(began, Ack { key, id, receipt });
            if self.calm.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`cargo xtask soak` hands the number over by environment")]
fn wanted() -> usize {
    std::env::var("MADOGUCHI_SOAK_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS)
}

fn a_while() -> Duration {
    let [a, b] = madoguchi_base::random::bytes();
    Duration::from_millis(50 + u64::from(u16::from_be_bytes([a, b])) % 551)
}

/// Kills and restarts until there were enough of both; every invariant after each kill. Answers the kills.
async fn kill_and_restart(
    city: &City,
    tally: &Tally,
    mut server: tokio::process::Child,
) -> (usize, Duration) {
    let (mut kills, wanted) = (0, wanted());
    let started = Instant::now();
    while kills < wanted || tally.count.load(Ordering::Relaxed) < ACKS {
        assert!(started.elapsed() < Duration::from_secs(120 + 6 * wanted as u64), "it takes too long");
        // One in four dies while it still starts.
        if !kills.is_multiple_of(4) {
            lines_until_ready(&mut server).await;
        }
        // On PostgreSQL the lane of a dead server stays its own until the lease ends: now and then we wait
        // for that, so that sending is killed too.
        if city.on == On::Postgres && kills % 5 == 3 {
            tally.calm.store(true, Ordering::Relaxed);
            something_is_sent(city).await;
            tally.calm.store(false, Ordering::Relaxed);
        }
        tokio::time::sleep(a_while()).await;
        server.kill().await.expect("killed");
        kills += 1;
        assert_eq!(city.check_as_left().await, [], "after kill {kills}");
        *locked(&tally.restarted) = Some(Instant::now());
        server = city.spawn("");
    }
    lines_until_ready(&mut server).await;
    tally.stop.store(true, Ordering::Relaxed);
    everything_arrives(city, tally).await;
    signal(&server, "TERM");
    let told = Instant::now();
    let ended = server.wait().await.expect("it ends");
    assert!(ended.success(), "{ended}: {}", city.log());
    (kills, told.elapsed())
}

async fn something_is_sent(city: &City) {
    let before = city.pushes().await.len();
    let until = Instant::now() + Duration::from_secs(8);
    while city.pushes().await.len() == before && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until nobody submits any more and LINE has delivered as many messages as there were submissions.
async fn everything_arrives(city: &City, tally: &Tally) {
    let until = Instant::now() + Duration::from_secs(60 + tally.count.load(Ordering::Relaxed) as u64 / 20);
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut arrived = 0;
        for person in PEOPLE {
            arrived += city.talk(person).await.len();
        }
        let acks = tally.count.load(Ordering::Relaxed);
        if arrived >= acks {
            // Late ones, and doubled ones, would come now.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            if acks == tally.count.load(Ordering::Relaxed) {
                return;
            }
        }
        if Instant::now() > until {
            // What is missing is told by the comparison.
            return println!("{arrived} of {acks} arrived");
        }
    }
}

/// Lost and doubled applications, against what people were told.
async fn compare(city: &City, tally: &Tally) -> (usize, usize) {
    let db = city.open().await;
    let mut x = db.reader().await.expect("reader");
    let rows: Vec<(String, String, String)> =
        on!(&mut x, |c| sqlx::query_as("select submission_key, application_id, receipt from application")
            .fetch_all(c)
            .await)
        .expect("applications");
    let notices: Vec<(String, String)> =
        on!(&mut x, |c| sqlx::query_as("select coalesce(retry_key, ''), state from line_notice")
            .fetch_all(c)
            .await)
        .expect("notices");
    drop(x);
    assert_eq!(city.check_of(&db).await, []);
    db.close().await;
    let acks = std::mem::take(&mut *locked(&tally.acks));
    let told: HashMap<&str, &Ack> = acks.iter().map(|a| (a.key.as_str(), a)).collect();
    assert_eq!(told.len(), acks.len());
    let mut stored: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
    for (key, id, receipt) in &rows {
        stored.entry(key).or_default().push((id, receipt));
    }
    let is_kept = |ack: &Ack| {
        stored.get(ack.key.as_str()).is_some_and(|all| {
            all.iter().any(|(id, digits)| {
                let shown = ack.receipt.as_deref().map(|r| r.replace('-', ""));
                *id == ack.id && shown.is_none_or(|shown| shown == digits.replace('-', ""))
            })
        })
    };
    let lost = acks.iter().filter(|a| !is_kept(a)).count();
    let receipts: HashSet<&str> = rows.iter().map(|r| r.2.as_str()).collect();
    let doubled = (rows.len() - stored.len()) + (rows.len() - receipts.len());
    println!(
        "kill {:?}: acks {}, applications {}, lost {lost}, doubled {doubled}",
        city.on,
        acks.len(),
        rows.len()
    );
    assert_eq!((lost, doubled, rows.len()), (0, 0, acks.len()));
    assert!(acks.iter().filter(|a| a.receipt.is_some()).count() > 20, "receipts were looked at");
    messages_are_single(city, &notices).await;
    (lost, doubled)
}

/// Every promised notice is accepted, arrived once, and was asked for with one key and the same bytes.
async fn messages_are_single(city: &City, notices: &[(String, String)]) {
    let mut arrived: HashMap<String, usize> = HashMap::new();
    for person in PEOPLE {
        for message in city.talk(person).await {
            let key = message["retry_key"].as_str().expect("a retry key").to_lowercase();
            *arrived.entry(key).or_default() += 1;
        }
    }
    assert_eq!(arrived.values().filter(|n| **n != 1).count(), 0, "a message arrived twice");
    let open: Vec<_> = notices.iter().filter(|n| n.1 != "accepted").collect();
    assert!(open.is_empty(), "neither accepted nor known: {open:?}");
    let promised: HashSet<&str> = notices.iter().map(|n| n.0.as_str()).collect();
    assert_eq!(promised.len(), notices.len());
    assert_eq!(promised, arrived.keys().map(String::as_str).collect());
    let (mut bodies, mut accepted) = (HashMap::new(), HashSet::new());
    for (key, status, body) in city.pushes().await {
        assert_eq!(*bodies.entry(key.clone()).or_insert_with(|| body.clone()), body, "frozen bytes");
        assert!(matches!(status, 200 | 409), "{status}");
        assert!(status != 200 || accepted.insert(key), "accepted twice");
    }
    assert_eq!(accepted.len(), notices.len());
}

async fn soak(on: On) {
    let city = City::new(on).await;
    let server = city.serve("").await;
    let mut people = Vec::new();
    for person in PEOPLE {
        people.push(city.confirms(person, "suido-start").await);
    }
    let tally = Tally::default();
    let submitting = futures_util::future::join_all(people.iter().map(|p| tally.submits(p)));
    let ((kills, drained), _) = tokio::join!(kill_and_restart(&city, &tally, server), submitting);
    let (lost, doubled) = compare(&city, &tally).await;
    let pushes = city.pushes().await;
    let again = pushes.iter().filter(|p| p.1 == 409).count();
    let mut took = std::mem::take(&mut *locked(&tally.took));
    took.sort_unstable();
    let ms = |d: Option<&Duration>| d.map_or(0, Duration::as_millis);
    println!(
        "kill {on:?}: kills {kills}, acks {}, unanswered and asked again {}, lost {lost}, doubled {doubled}, \
         restart to first acknowledgement p50 {} ms, max {} ms ({} restarts), pushes {}, of them asked again {again}, \
         drained in {} ms",
        tally.count.load(Ordering::Relaxed),
        tally.unanswered.load(Ordering::Relaxed),
        ms(took.get(took.len() / 2)),
        ms(took.last()),
        took.len(),
        pushes.len(),
        drained.as_millis(),
    );
    assert!(took.len() >= kills / 2, "people were acknowledged between the kills");
}

mod what_was_acknowledged_survives_every_kill_and_nothing_is_doubled {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        soak(On::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        if has_postgres() {
            soak(On::Postgres).await;
        }
    }
}
