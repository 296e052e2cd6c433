//! Two commands at the same moment, on PostgreSQL, where nothing makes them wait for each other: both have read
//! before either writes, in both orders. (SQLite is serial: there a pair is two commands one after the other.)

use std::time::{Duration, Instant};

use madoguchi::run;
use madoguchi_base::Day;
use madoguchi_line::friends::Reach;
use reqwest::StatusCode;
use sqlx::Connection as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::lanes::another_node;
use crate::probe::{Got, post};
use crate::webhook;
use crate::world::{On, Receipt, Wish, World, has_postgres};

const SLUG: &str = "suido-start";
/// A closure that waits longer is stopped, and nothing was raced: then the pair is run once more.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: usize = 8;

/// What two commands came to.
pub struct Raced<A, B> {
    pub first: A,
    pub second: B,
    /// Whether both had read before either wrote.
    pub met: bool,
}

impl World {
    /// Runs two commands with a barrier after their reads: a lock on `table`, which lets reads through, is held
    /// until `first` and then `second` wait to write there.
    pub async fn race<A, B>(
        &self,
        table: &str,
        first: impl Future<Output = A>,
        second: impl Future<Output = B>,
    ) -> Raced<A, B> {
        let mut gate = sqlx::PgConnection::connect(&self.url).await.expect("connect");
        let mut look = sqlx::PgConnection::connect(&self.url).await.expect("connect");
        sqlx::query("begin").execute(&mut gate).await.expect("begin");
        let shut = format!("lock table {table} in share mode");
        sqlx::query(sqlx::AssertSqlSafe(shut)).execute(&mut gate).await.expect("locked");
        let waits = Notify::new();
        let keeper = async {
            let one = waiting(&mut look, 1).await;
            waits.notify_one();
            let met = one && waiting(&mut look, 2).await;
            sqlx::query("commit").execute(&mut gate).await.expect("open");
            met
        };
        let second = async {
            waits.notified().await;
            second.await
        };
        let (first, second, met) = tokio::join!(first, second, keeper);
        Raced { first, second, met }
    }
}

/// Until so many wait to write.
async fn waiting(look: &mut sqlx::PgConnection, n: i64) -> bool {
    let sql = "select count(*) from pg_locks where not granted and locktype = 'relation' \
               and database = (select oid from pg_database where datname = current_database())";
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut *look).await.expect("look");
        if found >= n {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}

async fn world() -> Option<World> {
    if has_postgres() { Some(World::new(Wish::on(On::Postgres)).await) } else { None }
}

/// Two clerks, one application: whichever comes first, one moves it and the other is told.
async fn clerks(world: &World, own: &Receipt, acts: [&str; 2]) -> bool {
    let (mut one, mut other) = (world.clerk().await, world.clerk().await);
    let pages = (one.opens(&own.id).await, other.opens(&own.id).await);
    let reason = [("reason", "書類が足りません。お手数ですが、もう一度お出しください。")];
    let more = |act: &str| if act == "/reject" { &reason[..] } else { &[] };
    let raced = world
        .race(
            "application",
            one.visitor.send(&pages.0, acts[0], more(acts[0])),
            other.visitor.send(&pages.1, acts[1], more(acts[1])),
        )
        .await;
    if !raced.met {
        return false;
    }
    let mut seen = [raced.first, raced.second].map(|s| s.expect("an answer").status);
    seen.sort();
    assert_eq!(seen, [StatusCode::OK, StatusCode::CONFLICT], "{acts:?}");
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_clerks_one_moves_the_application_and_the_other_is_told() {
    let Some(world) = world().await else { return };
    let mut hanako = world.citizen("hanako").await;
    for acts in [["/accept", "/reject"], ["/reject", "/accept"], ["/accept", "/accept"]] {
        let mut met = false;
        for _ in 0..TRIES {
            let own = hanako.submits(SLUG, &world.sample(SLUG)).await;
            met = clerks(&world, &own, acts).await;
            let of = format!("where application_id = '{}'", own.id);
            if met {
                assert_eq!(
                    world.count(&format!("application_event {of} and from_state is not null")).await,
                    1
                );
                assert_eq!(world.count(&format!("audit {of} and act = 'application.move'")).await, 1);
                assert_eq!(world.count(&format!("line_notice {of}")).await, 2, "the arrival, and one news");
                break;
            }
        }
        assert!(met, "{acts:?} never met");
    }
    assert_eq!(world.check().await, []);
    world.end().await;
}

/// Status and where it leads.
fn said(got: &Got) -> (StatusCode, String) {
    (got.status, got.location().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_submission_key_on_two_nodes_at_once_is_one_application() {
    let Some(world) = world().await else { return };
    let second = another_node(&world, &world.url).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let nodes = [world.origin.clone(), format!("http://nishio.demo.localhost:{port}")];
    run::listen(&second, Some(listener), None).expect("listen");
    let mut hanako = world.citizen("hanako").await;
    hanako.enters(SLUG).await;
    let session = hanako.session();
    let samples = world.source(SLUG).samples(Day::of(world.clock.wall()));
    let other_words = samples.into_iter().nth(1).expect("another sample").input;
    for (turn, differs) in [([0, 1], false), ([1, 0], false), ([0, 1], true), ([1, 0], true)] {
        let mut met = false;
        for _ in 0..TRIES {
            let (token, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
            let again = if differs { hanako.confirmed(SLUG, &other_words).await.0 } else { token.clone() };
            let path = format!("/nishio/p/{SLUG}/submit");
            let body = |token: &str| {
                let mut input = madoguchi::procedure::Input::new();
                input.push("answers", token);
                input.push("submission_key", key.as_str());
                input.to_body()
            };
            let (first, then) = (format!("{}{path}", nodes[turn[0]]), format!("{}{path}", nodes[turn[1]]));
            let raced = world
                .race(
                    "application",
                    post(&first, &session, body(&token)),
                    post(&then, &session, body(&again)),
                )
                .await;
            met = raced.met;
            if !met {
                continue;
            }
            assert_eq!(world.count(&format!("application where submission_key = '{key}'")).await, 1);
            let mut seen = [said(&raced.first), said(&raced.second)];
            seen.sort();
            if differs {
                assert_eq!(
                    seen.clone().map(|s| s.0),
                    [StatusCode::SEE_OTHER, StatusCode::CONFLICT],
                    "{seen:?}"
                );
            } else {
                assert_eq!(seen[0], seen[1], "the same application for both");
                assert_eq!(seen[0].0, StatusCode::SEE_OTHER);
            }
            break;
        }
        assert!(met, "{turn:?} never met");
    }
    assert_eq!(world.check().await, []);
    run::end(&second).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_and_a_sign_in_at_once_leave_the_friend_state_of_the_later_one() {
    let Some(world) = world().await else { return };
    let (user, account) = webhook::signs_in(&world, "hanako").await;
    let [secret, _] = webhook::secrets(&world).await;
    // A sign-in tells now that she is no friend; the event is a minute younger, or a minute older.
    for (minutes, expected) in [(1, Reach::Friend), (-1, Reach::NotReachable)] {
        let mut met = false;
        for turn in 0..TRIES {
            world.later(5 * 60_000);
            let at = world.clock.wall().0 + minutes * 60_000;
            let event = webhook::event("follow", &user, &format!("race-{minutes}-{turn}"), at);
            let body = webhook::envelope(&[event]);
            let mut hanako = world.citizen("hanako").await;
            hanako.visitor.befriends = false;
            let signature = webhook::signed(&secret, &body);
            let raced = world
                .race("line_friend", hanako.enters(SLUG), webhook::post(&world, Some(&signature), body))
                .await;
            met = raced.met;
            if met {
                assert_eq!(raced.second, StatusCode::OK);
                assert_eq!(webhook::reach(&world, account).await, expected, "{minutes}");
                break;
            }
        }
        assert!(met, "never met");
    }
    assert_eq!(world.check().await, []);
    world.end().await;
}
