//! What one account may do, and what ends when it does more.

use madoguchi::app::App;
use madoguchi::config::Parts;
use madoguchi::procedure::Input;
use madoguchi::run;
use reqwest::StatusCode;

use crate::both;
use crate::probe::post;
use crate::world::{On, Wish, World};

const SLUG: &str = "suido-start";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_sends_too_much_is_told_to_wait_but_keeps_its_receipts() {
    let world = World::new(Wish { submits_per_hour: 2, ..Wish::on(On::Sqlite) }).await;
    let mut hanako = world.citizen("hanako").await;
    let sample = world.sample(SLUG);
    let (answers, key) = hanako.confirmed(SLUG, &sample).await;
    let first = hanako.presses(SLUG, &answers, &key).await;
    hanako.submits(SLUG, &sample).await;
    let (more, other) = hanako.confirmed(SLUG, &sample).await;
    let refused = hanako.presses(SLUG, &more, &other).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        refused.headers.contains_key("retry-after") && refused.body.contains("少し待って"),
        "{}",
        refused.body
    );
    assert_eq!(hanako.presses(SLUG, &answers, &key).await.location(), first.location(), "a repetition");
    world.citizen("taro").await.submits_after_signing_in(&sample).await;
    assert_eq!(world.count("application").await, 3);
    world.end().await;
}

impl crate::world::Citizen<'_> {
    async fn submits_after_signing_in(&mut self, sample: &Input) {
        self.enters(SLUG).await;
        self.submits(SLUG, sample).await;
    }
}

both! {
    async fn an_eleventh_session_ends_the_oldest(world: World) {
        let mut sessions = Vec::new();
        for _ in 0..11 {
            let mut hanako = world.citizen("hanako").await;
            hanako.enters(SLUG).await;
            sessions.push(hanako.session());
            world.later(1_000);
        }
        assert_eq!(world.count("session where revoked_at is null").await, 10);
        let opens = async |at: usize| {
            let got = crate::probe::get(&format!("{}/a", world.site()), &sessions[at]).await;
            got.body.contains("サインアウト") || got.body.contains("sign-out")
        };
        assert!(!opens(0).await, "here and at once");
        assert!(opens(1).await && opens(10).await);
        world.end().await;
    }
}

both! {
    async fn a_new_sign_in_ends_the_session_whose_cookie_it_replaces(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let old = hanako.session();
        hanako.visitor.enter(&format!("{}/friend", world.site())).await.expect("LINE and back");
        assert_ne!(hanako.session(), old);
        assert_eq!(world.count("session where revoked_at is null").await, 1);
        let out = post(&format!("{}/sign-out", world.site()), &old, "").await;
        assert_ne!(out.status, StatusCode::SEE_OTHER, "the old one is nobody's");
        world.end().await;
    }
}

both! {
    async fn a_process_without_workers_forgets_sessions_that_ended_elsewhere_and_links_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let (session, token) = (hanako.session(), hanako.visitor.cookie("session").expect("signed in"));
        let mut settings = world.app.settings.clone();
        settings.parts = Parts { public: true, staff: false, workers: false };
        let (db, keys) = (world.app.db.clone(), world.app.keys.clone());
        let other = App::start(db, keys, world.clock.clone(), settings).await.expect("another process");
        run::work(&other);
        assert!(other.sessions.find(&other.db, world.tenant, &token).await.is_some());
        post(&format!("{}/sign-out", world.site()), &session, "").await;
        let mut tries = 0;
        while other.sessions.find(&other.db, world.tenant, &token).await.is_some() {
            tries += 1;
            assert!(tries < 50, "it is never forgotten");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(world.count("audit where seq is not null").await, 0, "workers link");
        other.stop.cancel();
        other.tasks.close();
        other.tasks.wait().await;
        drop(other);
        world.end().await;
    }
}

both! {
    async fn a_command_of_one_application_says_nothing_about_another(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let one = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let two = hanako.submits(SLUG, &world.sample(SLUG)).await;
        let mut clerk = world.clerk().await;
        for application in [&one, &two] {
            let (url, fields) = clerk.opens(&application.id).await.form("/accept").expect("the button");
            let mut same = Input::new();
            let other = fields.pairs().filter(|(name, _)| *name != "command");
            other.for_each(|(name, value)| same.push(name, value));
            same.push("command", "0198aaaa-0000-7000-8000-000000000000");
            clerk.visitor.post(url.as_str(), &same).await.expect("accepted");
        }
        assert_eq!(world.count("application where state = 'in_review' or state = 'accepted'").await, 2);
        world.end().await;
    }
}
