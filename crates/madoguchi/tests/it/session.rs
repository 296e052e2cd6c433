//! How a session ends, and where it ends: at its municipality's border.

use madoguchi::demo::visitor::Visitor;
use madoguchi::office;
use madoguchi::procedure::builtin_municipality;
use reqwest::StatusCode;

use crate::both;
use crate::probe::{get, post, raw, whole};
use crate::world::{On, Wish, World, has_postgres};

const HOUR: i64 = 3_600_000;

/// Whether this cookie opens 「私の申請」.
async fn opens(world: &World, cookie: &str) -> bool {
    let got = get(&format!("{}/a", world.site()), cookie).await;
    assert!(got.status == StatusCode::OK || got.status.is_redirection());
    got.body.contains("私の申請") && !got.body.contains("LINEで続ける")
}

both! {
    async fn signing_out_ends_the_session_on_the_server(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        assert!(opens(&world, &session).await);
        let out = post(&format!("{}/sign-out", world.site()), &session, "").await;
        assert_eq!(out.status, StatusCode::SEE_OTHER);
        assert!(out.headers.contains_key("clear-site-data"));
        assert!(out.cookies().iter().any(|c| c.contains("-session-") && c.contains("Max-Age=0")), "{:?}", out.cookies());
        assert!(!opens(&world, &session).await, "the old cookie is worth nothing");
        world.app.sessions.sweep();
        assert!(!opens(&world, &session).await, "nor after the memory is swept");
        assert_eq!(world.count("session where revoked_at is not null").await, 1);
        world.end().await;
    }
}

both! {
    async fn a_session_ends_after_two_idle_hours_and_after_twelve_in_any_case(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        for _ in 0..7 {
            world.later(2 * HOUR - 60_000);
            let lives = opens(&world, &session).await;
            let age = world.clock.wall().0 - crate::world::NOW.0;
            assert_eq!(lives, age < 12 * HOUR, "at {} minutes", age / 60_000);
        }
        let mut taro = world.citizen("taro").await;
        taro.enters("suido-start").await;
        let session = taro.session();
        world.later(2 * HOUR + 60_000);
        assert!(!opens(&world, &session).await, "idle");
        assert!(!opens(&world, &session).await, "and asking does not wake it");
        world.end().await;
    }
}

both! {
    async fn a_session_outlives_a_restart_but_not_its_twelve_hours(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        let on = if world.is_sqlite() { On::Sqlite } else { On::Postgres };
        let (dir, url) = (world.dir.clone(), world.url.clone());
        world.end().await;
        let world = World::over(Wish::on(on), dir, url).await;
        assert!(opens(&world, &session).await);
        world.later(12 * HOUR);
        assert!(!opens(&world, &session).await);
        world.end().await;
    }
}

both! {
    async fn nothing_leads_away_from_our_own_pages(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        for path in ["//evil.example/", "/nishio//evil.example", "/nishio/p/suido-start/form?next=//evil.example",
            "/nishio/a?next=https://evil.example", "/line/232131/callback?next=//evil.example", "/%2f%2fevil.example/",
            "/\\evil.example", "/nishio/..//evil.example", "/nishio/p/@evil.example/form", "/nishio/p/%0d%0aSet-Cookie:a=b/form"] {
            for cookie in ["", session.as_str()] {
                let got = get(&format!("{}{path}", world.origin), cookie).await;
                let to = got.location();
                assert!(to.is_empty() || to.starts_with("/nishio/") || to.starts_with(&world.phone), "{path} → {to}");
                assert!(!got.headers.contains_key("a") && !to.contains("evil"), "{path} → {to}");
                assert!(!got.cookies().iter().any(|c| c.starts_with("a=")), "{path}");
            }
        }
        // The way home after signing in is sealed in the browser's own cookie and an own path at that.
        let mut maria = world.citizen("maria").await;
        let odd = format!("{}/p/suido-start/form?next=//evil.example&x=%0d%0a", world.site());
        let seen = maria.visitor.enter(&odd).await.expect("form");
        assert!(seen.url.as_str().starts_with(&world.site()), "{}", seen.url);
        world.end().await;
    }
}

async fn another_city_cannot_see_it(on: On) {
    let mut anjo = builtin_municipality();
    (anjo.code, anjo.slug, anjo.name) = ("232122".into(), "anjo".into(), "隣の市".into());
    let world = World::new(Wish { neighbours: vec![anjo], ..Wish::on(on) }).await;
    let neighbour = "232122".parse().expect("a code");
    let mut hanako = world.citizen("hanako").await;
    let own = hanako.submits("suido-start", &world.sample("suido-start")).await;
    let next_door = format!("{}/anjo", world.origin);
    let token = hanako.visitor.cookie("session").expect("session");

    // Her session is nothing there, under either name.
    for cookie in [hanako.session(), format!("__Host-madoguchi-session-232122={token}")] {
        for path in ["/a", "/p/suido-start/form", &format!("/a/{}", own.id)] {
            let got = get(&format!("{next_door}{path}"), &cookie).await;
            assert!(got.body.contains("LINEで続ける"), "{path}: a stranger: {}", got.status);
        }
    }
    // Signed in there as the same person, she is somebody else.
    let mut there = Visitor::on_phone(&world.phone, "hanako").await.expect("phone");
    let form = there.enter(&format!("{next_door}/p/suido-start/form")).await.expect("form");
    assert!(form.url.path().starts_with("/anjo/"), "{}", form.url);
    let foreign = there.get(&format!("{next_door}/a/{}", own.id)).await.expect("page");
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(!there.get(&format!("{next_door}/a")).await.expect("mine").body.contains(&own.number));
    assert_eq!(world.count("account").await, 2);

    // Nor can that city's staff, with a session of their own or with Nishio's address.
    let password =
        office::add(&world.app.db, (&world.app.keys, &world.clock), neighbour, "anjo", "安城", "admin")
            .await
            .expect("staff");
    let mut clerk = Visitor::new().expect("browser");
    let page = clerk.get(&format!("{}/anjo/sign-in", world.staff)).await.expect("page");
    clerk.send(&page, "/sign-in", &[("login", "anjo"), ("password", &password)]).await.expect("in");
    let list = clerk.get(&format!("{}/anjo/?state=all", world.staff)).await.expect("list");
    assert!(list.status.is_success() && !list.body.contains(&own.number), "{}", list.url);
    let foreign = clerk.get(&format!("{}/anjo/a/{}", world.staff, own.id)).await.expect("page");
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let turned = clerk.get(&format!("{}/nishio/a/{}", world.staff, own.id)).await.expect("page");
    assert!(turned.url.path().ends_with("/nishio/sign-in"), "{}", turned.url);
    let staff = clerk.cookie("staff").expect("session");
    let renamed = raw().get(format!("{}/nishio/a/{}", world.staff, own.id));
    let got = whole(
        renamed.header("cookie", format!("__Host-madoguchi-staff-232131={staff}")).send().await.unwrap(),
    );
    assert_eq!(got.await.location(), "/nishio/sign-in");
    for act in ["accept", "complete", "reject", "note"] {
        let url = format!("{}/anjo/a/{}/{act}", world.staff, own.id);
        let cookie = format!("__Host-madoguchi-staff-232122={staff}");
        let body = format!("seen=1&command={}&reason=x&note=x&note_id={}", "c".repeat(22), uuid::Uuid::nil());
        assert_eq!(post(&url, &cookie, body).await.status, StatusCode::NOT_FOUND, "{act}");
    }
    assert_eq!(world.texts("select state from application").await, ["submitted"]);
    world.run_jobs().await;
    assert_eq!(world.check().await, []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_city_cannot_see_it_sqlite() {
    another_city_cannot_see_it(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_city_cannot_see_it_postgres() {
    if has_postgres() {
        another_city_cannot_see_it(On::Postgres).await;
    }
}

both! {
    async fn the_idle_limit_holds_over_a_restart_and_counts_from_the_last_visit(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let mut taro = world.citizen("taro").await;
        taro.enters("suido-start").await;
        let (visits, pauses) = (hanako.session(), taro.session());
        world.later(HOUR);
        assert!(opens(&world, &visits).await);
        madoguchi::jobs::write_visits(&world.app).await;
        let on = if world.is_sqlite() { On::Sqlite } else { On::Postgres };
        let (dir, url) = (world.dir.clone(), world.url.clone());
        world.end().await;
        let world = World::over(Wish::on(on), dir, url).await;
        world.later(2 * HOUR + 30 * 60_000);
        assert!(opens(&world, &visits).await, "seen an hour and a half ago");
        assert!(!opens(&world, &pauses).await, "seen two and a half hours ago, before the restart");
        world.end().await;
    }
}
