//! Submitting: the same twice, hostile bodies, an older form, somebody else's pages.

use futures_util::future::join_all;
use madoguchi::procedure::{Input, Source, acts};
use madoguchi_base::db::{Class, Never};
use madoguchi_base::{ApplicationId, Millis};
use reqwest::StatusCode;

use crate::both;
use crate::probe::{get, post};
use crate::world::{World, receipt};

const SLUG: &str = "suido-start";
const HOUR: i64 = 3_600_000;

/// Rows of what a submission leaves.
async fn stored(world: &World) -> [i64; 5] {
    let mut all = [0; 5];
    let tables = [
        "application",
        "application_key",
        "application_event",
        "line_notice",
        "audit where act = \
        'application.submit'",
    ];
    for (n, table) in tables.into_iter().enumerate() {
        all[n] = world.count(table).await;
    }
    all
}

both! {
    async fn one_key_is_one_application_for_ever(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (answers, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        let all = join_all((0..50).map(|_| hanako.presses(SLUG, &answers, &key))).await;
        let to = all[0].location().to_owned();
        for got in &all {
            assert_eq!((got.status, got.location()), (StatusCode::SEE_OTHER, to.as_str()));
        }
        assert_eq!(stored(&world).await, [1; 5]);
        let page = hanako.visitor.get(&format!("{}{to}", world.origin)).await.expect("page");
        let number = receipt(&page).number;

        world.later(48 * HOUR);
        let form = hanako.enters(SLUG).await;
        assert!(form.url.path().ends_with("/form"), "signed in anew: {}", form.url);
        let again = hanako.presses(SLUG, &answers, &key).await;
        assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, to.as_str()));
        let page = hanako.visitor.get(&format!("{}{to}", world.origin)).await.expect("page");
        assert_eq!(receipt(&page).number, number);
        assert_eq!(stored(&world).await, [1; 5]);
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 1);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_confirm_page_that_lay_open_for_a_day_is_shown_again_before_it_is_sent(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (answers, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        world.later(24 * HOUR);
        hanako.enters(SLUG).await;
        let got = hanako.presses(SLUG, &answers, &key).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(got.body.contains("まだ送っていません"), "{}", got.body);
        assert_eq!(stored(&world).await, [0; 5]);
        world.end().await;
    }
}

both! {
    async fn another_body_or_another_person_under_the_same_key_is_a_conflict(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        let (answers, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        let mut other = world.sample(SLUG);
        other.set("mei", "別人");
        let (different, _) = hanako.confirmed(SLUG, &other).await;
        let (of_taro, _) = taro.confirmed(SLUG, &world.sample(SLUG)).await;
        let first = hanako.presses(SLUG, &answers, &key).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER);
        let before = world.texts("select hex from (select cast(changed_at as text) || receipt || state as hex \
            from application) as a").await;
        for got in [hanako.presses(SLUG, &different, &key).await, taro.presses(SLUG, &of_taro, &key).await] {
            assert_eq!(got.status, StatusCode::CONFLICT);
            assert!(got.body.contains("私の申請"), "{}", got.body);
            assert!(!got.body.contains("data-receipt"));
        }
        // At the same moment, too: one of the two is the application, the other is told.
        let (fresh, new_key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        let both = [&fresh, &different].map(|answers| hanako.presses(SLUG, answers, &new_key));
        let mut codes: Vec<u16> = join_all(both).await.iter().map(|g| g.status.as_u16()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [303, 409]);
        assert_eq!(stored(&world).await, [2; 5]);
        let after = world.texts("select hex from (select cast(changed_at as text) || receipt || state as hex \
            from application order by arrived_at, application_id limit 1) as a").await;
        assert_eq!(before, after);
        world.end().await;
    }
}

both! {
    async fn hostile_bodies_get_a_clear_answer_and_store_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let (answers, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        let mut taro = world.citizen("taro").await;
        let (of_taro, _) = taro.confirmed(SLUG, &world.sample(SLUG)).await;
        let session = hanako.session();
        let url = |act: &str| format!("{}/p/{SLUG}/{act}", world.site());
        let mut null = world.sample(SLUG);
        null.set("mei", "花\u{0}子");
        let many: String = "f=1&".repeat(10_000);
        for (what, body, wanted) in [
            ("10,000 fields", many, 413),
            ("1 MB", format!("mei={}", "x".repeat(1 << 20)), 413),
            ("no UTF-8", "mei=%ff%fe".to_owned(), 400),
            ("U+0000", null.to_body(), 422),
            ("nothing", String::new(), 422),
        ] {
            let got = post(&url("confirm"), &session, body.clone()).await;
            assert_eq!(got.status.as_u16(), wanted, "confirm: {what}");
            assert!(got.body.contains("<html"), "a page of ours: {what}");
            if wanted != 422 {
                let got = post(&url("submit"), &session, body).await;
                assert_eq!(got.status.as_u16(), wanted, "submit: {what}");
            }
        }
        let mut altered = answers.clone().into_bytes();
        altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).expect("ascii");
        for (what, token) in [("missing", ""), ("altered", &altered), ("another person's", &of_taro)] {
            let got = hanako.presses(SLUG, token, &key).await;
            assert_eq!((got.status.as_u16(), got.location()), (303, "/nishio/p/suido-start/form"), "{what}");
        }
        for odd in ["", "short", "has a blank inside it", "quote'quote'quote'", &"k".repeat(65)] {
            let got = hanako.presses(SLUG, &answers, odd).await;
            assert_eq!(got.status, StatusCode::OK, "{odd}");
            assert!(got.body.contains("まだ送っていません"));
        }
        let wrong_form = hanako.presses("dog-death", &answers, &key).await;
        assert_eq!(wrong_form.status, StatusCode::NOT_FOUND);
        assert_eq!(stored(&world).await, [0; 5]);
        world.end().await;
    }
}

async fn publish(world: &World, source: Source) {
    world
        .app
        .db
        .write::<_, (), Never, _>("test.publish", Class::Bulk, world.tenant, source, |source, tx| {
            Box::pin(async move {
                acts::publish(tx, "232131".parse().expect("code"), source, Millis(1)).await?;
                Ok(())
            })
        })
        .await
        .expect("published");
    let mut x = world.app.db.reader().await.expect("reader");
    world.app.catalogue.reload(&mut x, world.clock.wall()).await.expect("loaded");
}

both! {
    async fn a_form_opened_under_an_older_version_submits_to_that_version(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let old = hanako.enters(SLUG).await;
        let (_, hidden) = old.form("/confirm").expect("the form");
        let (waiting, key) = hanako.confirmed(SLUG, &world.sample(SLUG)).await;
        let mut choice = |_: &str| ("brand-new".to_owned(), "新しい選択肢".to_owned());
        publish(&world, world.source(SLUG).with_test_choices(&mut choice)).await;
        let new = hanako.enters(SLUG).await;
        assert!(new.body.contains("新しい選択肢") && !old.body.contains("新しい選択肢"));

        let mut input = world.sample(SLUG);
        input.set("_version", hidden.get("_version").expect("a version"));
        let confirm = hanako.confirms(SLUG, &input).await;
        let first = receipt(&hanako.visitor.send(&confirm, "/submit", &[]).await.expect("submit"));
        assert_eq!(hanako.presses(SLUG, &waiting, &key).await.status, StatusCode::SEE_OTHER);
        input.set("_version", new.form("/confirm").expect("form").1.get("_version").expect("a version"));
        let confirm = hanako.confirms(SLUG, &input).await;
        hanako.visitor.send(&confirm, "/submit", &[]).await.expect("submit");
        let sql = "select cast(form_version as text) from application order by application_id";
        assert_eq!(world.texts(sql).await, ["1", "1", "2"]);
        let answers = hanako.opens(&format!("/a/{}/answers", first.id)).await;
        assert_eq!(answers.status, StatusCode::OK);
        let mut clerk = world.clerk().await;
        assert_eq!(clerk.opens(&first.id).await.status, StatusCode::OK);
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn what_is_unknown_and_what_is_somebody_elses_are_the_same_404(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        let own = hanako.submits(SLUG, &world.sample(SLUG)).await;
        taro.enters(SLUG).await;
        let (foreign, session) = (format!("/nishio/a/{}", own.id), taro.session());
        let unknown = format!("/nishio/a/{}", ApplicationId::new(&world.clock));
        let at = |path: &str| format!("{}{path}", world.origin);
        let reference = get(&at(&unknown), &session).await;
        assert_eq!(reference.status, StatusCode::NOT_FOUND);
        assert!(reference.body.contains("ページが見つかりません"));
        for path in [
            foreign.as_str(),
            &format!("{foreign}/answers"),
            &format!("{unknown}/answers"),
            "/nishio/a/not-an-id",
            "/nishio/a/%00",
            "/nishio/p/unknown",
            "/nishio/p/unknown/form",
            "/nishio/n/AAAAAAAAAAAAAAAAAAAAAA",
            "/nishio/nothing-of-the-kind",
        ] {
            let got = get(&at(path), &session).await;
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(got.body, reference.body, "{path}");
        }
        let nowhere = get(&at("/atlantis/"), &session).await;
        for path in ["/atlantis/a", "/atlantis/p/suido-start/form", "/232130/", "/nowhere"] {
            let got = get(&at(path), &session).await;
            assert_eq!((got.status, &got.body), (StatusCode::NOT_FOUND, &nowhere.body), "{path}");
        }
        for act in ["confirm", "submit", "form"] {
            let body = Input::new().to_body();
            let got = post(&at(&format!("/nishio/p/unknown/{act}")), &session, body).await;
            assert!([303, 404].contains(&got.status.as_u16()), "{act}: {}", got.status);
            assert!(!got.location().contains("//"), "{act}");
        }
        // Without a session nothing tells what exists either.
        let strip = |got: crate::probe::Got| (got.status, got.headers.len(), got.body.len());
        let there = strip(get(&at(&foreign), "").await);
        assert_eq!(there, strip(get(&at(&unknown), "").await));
        world.end().await;
    }
}

both! {
    async fn what_was_right_when_it_was_confirmed_is_looked_at_again_when_it_is_sent(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let sample = world.sample("suido-start");
        let (sent, sent_key) = hanako.confirmed("suido-start", &sample).await;
        let (kept, kept_key) = hanako.confirmed("suido-start", &sample).await;
        let first = hanako.presses("suido-start", &sent, &sent_key).await;
        // By then the day that was asked for is too near.
        world.later(6 * 86_400_000);
        hanako.enters("suido-start").await;
        let refused = hanako.presses("suido-start", &kept, &kept_key).await;
        assert_eq!(refused.status.as_u16(), 422);
        let typed = sample.get("sei").expect("a name");
        assert!(refused.body.contains(typed) && refused.body.contains("使用開始日"), "everything is filled in");
        assert_eq!(world.count("application").await, 1);
        let again = hanako.presses("suido-start", &sent, &sent_key).await;
        assert_eq!(again.location(), first.location(), "what arrived keeps its receipt");
        world.end().await;
    }
}
