//! The list and today's page over a million applications. Takes minutes, so it is asked for by name:
//! `cargo nextest run --run-ignored only -p madoguchi million`.

use std::time::{Duration, Instant};

use crate::probe::get;
use crate::world::{On, Wish, World, has_postgres};

/// Applications that one write makes: within what a write may take.
const CHUNK: i64 = 20_000;
const ALL: i64 = 1_000_000;
/// What staff may wait for at most, of 95 in 100 answers. A build without optimisation gets three times as long.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 90 } else { 30 });

/// Applications of years: most are done, some thousand are open, one procedure is rare.
async fn fill(world: &World) {
    let mut hanako = world.citizen("hanako").await;
    hanako.submits("suido-start", &world.sample("suido-start")).await;
    hanako.submits("dog-death", &world.sample("dog-death")).await;
    hanako.submits("suido-stop", &world.sample("suido-stop")).await;
    let id = async |slug: &str| {
        world.texts(&format!("select procedure_id from procedure where slug = '{slug}'")).await.remove(0)
    };
    let (start, dog, stop) = (id("suido-start").await, id("dog-death").await, id("suido-stop").await);
    let blob = if world.is_sqlite() { "x'00'" } else { "'\\x00'::bytea" };
    let now = world.clock.wall().0;
    for chunk in 0..ALL / CHUNK {
        let (from, to) = (chunk * CHUNK, (chunk + 1) * CHUNK);
        world
            .sql(format!(
                "insert into application (tenant_id, application_id, account_id, procedure_id, form_version, \
                 submission_key, receipt, answers_mac, answers_sealed, round, state, version, arrived_at, changed_at, due) \
                 with recursive n(i) as (select cast({from} as bigint) union all select i + 1 from n where i + 1 < {to}) \
                 select '232131', '01900000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), \
                 'x', case when i % 5000 = 0 then '{dog}' when i % 2 = 0 then '{start}' else '{stop}' end, 1, 'k' || i, \
                 'r' || i, {blob}, {blob}, 0, \
                 case when i % 100 = 0 then 'accepted' when i % 400 = 1 then 'submitted' when i % 50 = 2 then 'rejected' \
                 else 'done' end, 1, {now} - ({ALL} - i) * 60000, {now}, \
                 case when i % 100 = 0 then '2026-11-' || (10 + i % 19) else null end from n"
            ))
            .await;
    }
    world.sql("analyze").await;
}

async fn lists(on: On) {
    let world = World::new(Wish::on(on)).await;
    fill(&world).await;
    let clerk = world.clerk().await;
    let cookie = format!("__Host-madoguchi-staff-232131={}", clerk.visitor.cookie("staff").expect("in"));
    let filters = [
        "state=open",
        "state=all",
        "state=done",
        "state=done&procedure=dog-death",
        "state=all&procedure=dog-death",
        "state=all&section=water",
        "state=open&section=environment",
        "state=submitted&section=water",
        "state=all&from=2025-06-01&to=2025-06-30",
        "state=rejected&procedure=suido-stop&to=2025-03-31",
    ];
    let mut slow = Vec::new();
    for filter in filters {
        let url = format!("{}/nishio/filter", world.staff);
        crate::probe::post(&url, &cookie, filter).await;
        let mut took: Vec<Duration> = Vec::new();
        for _ in 0..20 {
            let begun = Instant::now();
            let got = get(&format!("{}/nishio/list", world.staff), &cookie).await;
            took.push(begun.elapsed());
            assert_eq!(got.status.as_u16(), 200);
        }
        took.sort();
        println!("{filter}: p50 {:?} p95 {:?}", took[10], took[18]);
        if took[18] > LIMIT {
            slow.push(filter);
        }
    }
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(get(&format!("{}/nishio/", world.staff), &cookie).await.status.as_u16(), 200);
        took.push(begun.elapsed());
    }
    took.sort();
    println!("today: p50 {:?} p95 {:?}", took[10], took[18]);
    assert!(slow.is_empty(), "{slow:?}");
    assert!(took[18] < LIMIT * 2, "today's page reads six lists: {:?}", took[18]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: asked for by name"]
async fn lists_over_a_million_applications_come_at_once_on_sqlite() {
    lists(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: asked for by name"]
async fn lists_over_a_million_applications_come_at_once_on_postgres() {
    if has_postgres() {
        lists(On::Postgres).await;
    }
}
