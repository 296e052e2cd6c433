//! Two nodes over one database (PostgreSQL), and two copies of one database: who may send, and that LINE takes
//! each notice once whoever sends it.

use std::time::Duration;

use madoguchi::app::App;
use madoguchi::{run, setup};
use serde_json::json;
use sqlx::Connection as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::both;
use crate::line::{PUSH, notices_of};
use crate::sending::wait_until;
use crate::world::{On, Wish, World, has_postgres};

/// Another node of the same municipality: over the same database, or over a copy of it.
pub async fn another_node(world: &World, url: &str) -> App {
    let db = setup::database(url, 4).await.expect("database");
    let mut settings = world.app.settings.clone();
    url.clone_into(&mut settings.database.url);
    App::start(db, world.app.keys.clone(), world.clock.clone(), settings).await.expect("app")
}

/// A lane that runs until it is dropped, as a process runs until it is killed.
fn lane_of(app: &App) -> JoinSet<()> {
    let mut node = JoinSet::new();
    let line = app.line.clone();
    node.spawn(async move { line.run(CancellationToken::new()).await });
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_node_does_not_send_while_the_first_holds_the_lane_and_takes_over_when_it_is_gone() {
    if !has_postgres() {
        return;
    }
    let world = World::new(Wish::on(On::Postgres)).await;
    let second = another_node(&world, &world.url).await;
    world
        .fault(json!({ "endpoint": PUSH, "kind": "hang-after-accept", "times": 1, "delay_ms": 60_000 }))
        .await;
    let mut hanako = world.citizen("hanako").await;
    hanako.submits("suido-start", &world.sample("suido-start")).await;
    let first = lane_of(&world.app);
    wait_until("the first sends", 5, async || world.statuses().len() == 1).await;
    let other = lane_of(&second);
    // Longer than a lease: the first renews it for as long as its call is under way.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(world.statuses().len(), 1, "the second sends nothing");
    drop(first);
    wait_until("the second takes over", 8, async || world.statuses().len() == 2).await;
    wait_until("it is recorded", 3, async || world.states().await == ["accepted"]).await;
    assert_eq!(world.statuses(), [0, 409]);
    hanako.submits("suido-start", &world.sample("suido-start")).await;
    second.line.wake(world.tenant);
    wait_until("the second goes on", 5, async || world.talk("hanako").len() == 2).await;
    drop(other);
    world.every_notice_arrived_once_and_in_order(&["hanako"]).await;
    run::end(&second).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_work_at_the_same_time_send_each_notice_once() {
    if !has_postgres() {
        return;
    }
    let people = ["hanako", "taro", "maria"];
    let world = World::new(Wish::on(On::Postgres)).await;
    let second = another_node(&world, &world.url).await;
    let nodes = (lane_of(&world.app), lane_of(&second));
    for person in people {
        let mut citizen = world.citizen(person).await;
        for _ in 0..5 {
            citizen.submits("suido-start", &world.sample("suido-start")).await;
            second.line.wake(world.tenant);
        }
    }
    wait_until("all is sent", 15, async || world.states().await.iter().all(|s| s == "accepted")).await;
    drop(nodes);
    assert_eq!(world.statuses(), [200; 15], "nobody asked for what another had");
    world.every_notice_arrived_once_and_in_order(&people).await;
    run::end(&second).await;
    world.end().await;
}

/// A copy of a database that nobody is writing.
async fn copy(world: &World, into: &std::path::Path, n: usize) -> String {
    if let Some(path) = world.url.strip_prefix("sqlite:") {
        let to = into.join(format!("copy{n}.db"));
        std::fs::copy(path, &to).expect("copy");
        let wal = format!("{path}-wal");
        if std::path::Path::new(&wal).exists() {
            std::fs::copy(wal, into.join(format!("copy{n}.db-wal"))).expect("copy");
        }
        return format!("sqlite:{}", to.display());
    }
    let (root, name) = world.url.rsplit_once('/').expect("a name");
    let mut admin = sqlx::PgConnection::connect(&format!("{root}/postgres")).await.expect("connect");
    let sql = format!("create database {name}_{n} template {name}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.expect("copied");
    format!("{root}/{name}_{n}")
}

both! {
    async fn two_copies_of_a_database_compute_the_same_key_so_that_line_takes_the_notice_once(world: World) {
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        assert_eq!(world.states().await, ["waiting"], "nothing is frozen yet");
        run::end(&world.app).await;
        let folder = tempfile::tempdir().expect("folder");
        let mut keys = Vec::new();
        for n in 0..2 {
            let url = copy(&world, folder.path(), n).await;
            let app = another_node(&world, &url).await;
            app.line.run_once().await;
            let notice = notices_of(&app).await.remove(0);
            assert_eq!(notice.state, "accepted");
            keys.push(notice.retry_key.expect("a key"));
            let found = madoguchi::check::run(&app.db, &app.keys).await.expect("check");
            assert_eq!(found, []);
            run::end(&app).await;
        }
        assert_eq!(keys[0], keys[1]);
        assert_eq!(world.statuses(), [200, 409]);
        assert_eq!(world.talk("hanako").len(), 1);
    }
}
