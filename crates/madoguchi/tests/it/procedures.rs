//! The city's procedures as people meet them: rows, suggestions, answers that stop, what follows.

use std::collections::BTreeSet;

use madoguchi_base::Day;
use reqwest::StatusCode;

use crate::both;
use crate::probe::get;
use crate::world::World;

both! {
    async fn every_sample_of_every_procedure_arrives_and_every_wrong_one_is_refused(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let today = Day::of(world.clock.wall());
        let mut seen = BTreeSet::new();
        let mut arrived = 0;
        for source in &world.sources {
            let slug = source.procedure().id.as_str();
            hanako.enters(slug).await;
            for sample in source.samples(today) {
                let receipt = hanako.submits(slug, &sample.input).await;
                assert!(seen.insert(receipt.number), "{slug}: {}", sample.name);
                arrived += 1;
            }
            for wrong in source.wrong(today) {
                let page = hanako.confirms(slug, &wrong.input).await;
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{slug}: {}", wrong.name);
            }
        }
        let slugs: BTreeSet<&str> = world.sources.iter().map(|s| s.procedure().id.as_str()).collect();
        for slug in [
            "suido-start", "suido-stop", "suido-name", "dog-register", "dog-vaccine", "dog-reissue", "dog-change",
            "dog-death", "kokuho-leave", "kokuho-reissue",
        ] {
            assert!(slugs.contains(slug), "{slug} is offered");
        }
        assert_eq!(world.count("application").await, arrived);
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_procedure_of_the_counter_is_found_and_explained_and_takes_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("dog-death").await;
        let session = hanako.session();
        let list = get(&format!("{}/", world.site()), &session).await;
        assert!(list.body.contains("窓口で受け付けています"));
        let page = get(&format!("{}/p/kokuho-join", world.site()), &session).await;
        assert!(page.body.contains("data-offered=\"window\"") && !page.body.contains("kokuho-join/form"));
        let form = get(&format!("{}/p/kokuho-join/form", world.site()), &session).await;
        assert_eq!((form.status, form.location().ends_with("/p/kokuho-join")), (StatusCode::SEE_OTHER, true));
        for post in ["confirm", "submit"] {
            let (url, input) = (format!("{}/p/kokuho-join/{post}", world.site()), world.sample("dog-death"));
            let sent = hanako.visitor.post(&url, &input).await.expect("an answer");
            assert!(sent.status == StatusCode::NOT_FOUND || sent.url.path().ends_with("/p/kokuho-join"), "{post}");
        }
        assert_eq!(world.count("application").await, 0);
        world.end().await;
    }
}

both! {
    async fn rows_come_and_go_without_losing_anything(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("dog-register").await;
        let mut input = world.sample("dog-register");
        input.push("_row", "dogs+");
        let page = hanako.confirms("dog-register", &input).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("name=\"dogs.2.dog_name\"") && page.body.contains("value=\"ポチ\""));
        assert!(page.body.contains("name=\"dogs.rows\" value=\"2\""));
        assert!(page.body.contains("value=\"架空\"") && !page.body.contains("data-summary"));
        input.set("dogs.2.dog_name", "ハナ");
        input.set("_row", "dogs-1");
        let page = hanako.confirms("dog-register", &input).await;
        assert!(!page.body.contains("value=\"ポチ\"") && page.body.contains("value=\"ハナ\""));
        assert!(!page.body.contains("dogs.2."));
        world.end().await;
    }
}

both! {
    async fn an_answer_that_stops_is_explained_with_a_way_out_and_nothing_else_is_asked(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("dog-register").await;
        let mut input = world.sample("dog-register");
        input.set("chip", "yes");
        input.remove("sei");
        let page = hanako.confirms("dog-register", &input).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let (before, _) = page.body.split_once("<form").expect("a form");
        assert!(before.contains("ここから先に進めません") && before.contains("この申請は要りません"));
        assert!(before.contains("href=\"https://reg.mc.env.go.jp/\"") && !before.contains("#f-sei"));
        let leave = world.source("kokuho-leave");
        let wrong = leave.wrong(Day::of(world.clock.wall()));
        let ended = wrong.iter().find(|w| w.fields == ["new_ins_ended"]).expect("a wrong sample");
        let page = hanako.confirms("kokuho-leave", &ended.input).await;
        assert!(page.body.contains("/p/kokuho-join\">国民健康保険の加入</a>"));
        world.end().await;
    }
}

both! {
    async fn what_looks_like_a_my_number_is_asked_about_once_and_never_refused(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("dog-change").await;
        let mut input = world.sample("dog-change");
        input.set("before", "番号は123456789018です");
        let confirm = hanako.confirms("dog-change", &input).await;
        assert!(confirm.body.contains("マイナンバーのような番号") && confirm.body.contains("「変更前」"));
        assert!(confirm.form("/submit").is_err(), "it is asked before it can be sent");
        let erased = hanako.visitor.send(&confirm, "/form", &[("_my_number", "erase")]).await.expect("a form");
        assert!(!erased.body.contains("123456789018") && erased.body.contains("value=\"架空\""));
        let kept = hanako.visitor.send(&confirm, "/form", &[("_my_number", "no")]).await.expect("confirm");
        assert!(!kept.body.contains("マイナンバーのような番号"), "once");
        assert!(kept.body.contains("123456789018"));
        let receipt = hanako.visitor.send(&kept, "/submit", &[]).await.expect("a receipt");
        assert_eq!(receipt.status, StatusCode::OK);
        assert_eq!(world.count("application").await, 1);
        // A field for digits may hold any twelve of them.
        let mut input = world.sample("suido-stop");
        input.set("suisen", "123456789018");
        let confirm = hanako.confirms("suido-stop", &input).await;
        assert!(!confirm.body.contains("マイナンバーのような番号") && confirm.form("/submit").is_ok());
        world.end().await;
    }
}

both! {
    async fn rare_characters_are_told_and_kept(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("dog-death").await;
        let mut input = world.sample("dog-death");
        input.set("sei", "𠮷\u{845b}\u{e0100}");
        let confirm = hanako.confirms("dog-death", &input).await;
        assert_eq!(confirm.status, StatusCode::OK);
        assert!(confirm.body.contains("別の字形") && confirm.body.contains("「𠮷」「葛\u{e0100}」"));
        let receipt = hanako.submits("dog-death", &input).await;
        let answers = hanako.opens(&format!("/a/{}/answers", receipt.id)).await;
        assert!(answers.body.contains("𠮷葛\u{e0100}"));
        world.end().await;
    }
}

both! {
    async fn the_next_procedure_knows_who_one_is_and_strangers_carry_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-stop").await;
        let receipt = hanako.submits("suido-stop", &world.sample("suido-stop")).await;
        let page = hanako.opens(&format!("/a/{}", receipt.id)).await;
        assert!(page.body.contains("続けて行う手続"));
        let form = hanako.visitor.send(&page, "/p/suido-start/form", &[]).await.expect("a form");
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.body.contains("name=\"sei\" value=\"架空\""));
        assert!(form.body.contains("name=\"place\" value=\"愛知県安城市見本町1番地\""), "where they move to");
        assert!(!form.url.as_str().contains(&receipt.id));
        let mut taro = world.citizen("taro").await;
        taro.enters("suido-start").await;
        let stolen = taro.visitor.send(&page, "/p/suido-start/form", &[]).await.expect("a form");
        assert!(!stolen.body.contains("value=\"架空\""));
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn addresses_are_suggested_without_javascript_and_the_code_enters_no_address(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let mut input = world.sample("suido-start");
        input.set("addr", "1丁目1番地");
        input.push("_postal", "zip");
        let page = hanako.confirms("suido-start", &input).await;
        assert!(page.body.contains(">愛知県西尾市花ノ木町</button>") && page.body.contains("value=\"1丁目1番地\""));
        input.remove("_postal");
        input.push("_take", "zip.0");
        let page = hanako.confirms("suido-start", &input).await;
        assert!(page.body.contains("value=\"愛知県西尾市花ノ木町1丁目1番地\""));
        assert!(hanako.visitor.trail.iter().all(|url| !url.as_str().contains("4450852")));
        let data = page.body.split("data-postal=\"").nth(1).and_then(|r| r.split('"').next()).expect("a path");
        let file = get(&format!("{}{data}445.json", world.origin), "").await;
        assert!(file.status == StatusCode::OK && file.body.contains("花ノ木町"));
        world.end().await;
    }
}

both! {
    async fn the_form_says_the_days_that_can_be_chosen_today_and_tomorrow_others(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let said = |body: &str| {
            let hint = body.split("id=\"f-start_on-hint\">").nth(1).expect("a hint");
            hint.split('<').next().unwrap_or_default().to_owned()
        };
        let form = hanako.enters("suido-start").await;
        let today = said(&form.body);
        assert!(today.contains("から令和") && today.contains("市役所が開いている日"), "{today}");
        world.later(7 * 86_400_000);
        let form = hanako.enters("suido-start").await;
        assert_ne!(said(&form.body), today);
        world.end().await;
    }
}
