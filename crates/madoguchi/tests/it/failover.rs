//! The primary dies, its standby is promoted: the program goes on there by itself, and nothing acknowledged is lost.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use madoguchi_base::on;

use crate::cluster::Cluster;
use crate::process::{City, signal};
use crate::sender::{Confirmed, key};
use crate::sending::wait_until;
use crate::world::On;

const PEOPLE: [&str; 3] = ["hanako", "taro", "maria"];

#[derive(Default)]
struct Tally {
    acks: Mutex<Vec<(String, String)>>,
    over: AtomicBool,
}

impl Tally {
    /// Submits until told to stop; what got no answer is sent again under the same key.
    async fn submits(&self, person: &Confirmed) {
        while !self.over.load(Ordering::Relaxed) {
            let key = key();
            let id = person.sends_until_told(&key).await;
            self.acks.lock().expect("lock").push((key, id));
            // LINE is told one by one for each person: more than that would only be waited for at the end.
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    fn len(&self) -> usize {
        self.acks.lock().expect("lock").len()
    }

    /// Until so many more are acknowledged.
    async fn more(&self, n: usize, seconds: u64) {
        let want = self.len() + n;
        wait_until("people are acknowledged", seconds, async || self.len() >= want).await;
    }
}

/// `how`: the signal that ends the primary: KILL, or STOP for one that hangs and closes nothing.
async fn fails_over(how: &str) {
    let Some(cluster) = Cluster::start() else { return };
    let mut city = City::over(On::Postgres, tempfile::tempdir().expect("dir"), cluster.url()).await;
    let mut server = city.serve("").await;
    let mut people = Vec::new();
    for person in PEOPLE {
        people.push(city.confirms(person, "suido-start").await);
    }
    let tally = Tally::default();
    let submitting = futures_util::future::join_all(people.iter().map(|p| tally.submits(p)));
    let failing = async {
        tally.more(30, 20).await;
        cluster.signal(0, how);
        cluster.promote(1);
        tally.more(PEOPLE.len() + 1, 5).await;
        tally.more(30, 20).await;
        if how == "KILL" {
            // The old primary comes back as if nothing had been: it is not gone back to.
            std::fs::remove_file(cluster.pid_file(0)).expect("what the dead left");
            cluster.serve(0, "");
        }
        tally.more(30, 20).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        tally.more(30, 20).await;
        tally.over.store(true, Ordering::Relaxed);
    };
    tokio::join!(submitting, failing);
    assert!(server.try_wait().expect("state").is_none(), "it never restarted");
    city.url = cluster.url_of(1);
    let acks = std::mem::take(&mut *tally.acks.lock().expect("lock"));
    wait_until("what was promised is delivered", 60, async || {
        let mut all = 0;
        for person in PEOPLE {
            all += city.talk(person).await.len();
        }
        all >= acks.len()
    })
    .await;
    signal(&server, "TERM");
    assert!(server.wait().await.expect("end").success());
    let db = city.open().await;
    let mut x = db.reader().await.expect("reader");
    let rows: Vec<(String, String)> =
        on!(&mut x, |c| sqlx::query_as("select submission_key, application_id from application")
            .fetch_all(c)
            .await)
        .expect("applications");
    drop(x);
    let (told, stored): (HashSet<_>, HashSet<_>) =
        (acks.iter().cloned().collect(), rows.into_iter().collect());
    assert_eq!(told.len(), acks.len());
    assert_eq!(told, stored, "nothing lost, nothing doubled");
    assert_eq!(city.check_of(&db).await, []);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_of_the_primary_people_are_taken_by_the_promoted_standby_without_a_restart() {
    fails_over("KILL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_hangs_and_closes_nothing_is_left_in_the_same_way() {
    fails_over("STOP").await;
}
