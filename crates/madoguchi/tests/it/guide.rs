//! What a municipality says about its window: every version kept, announcements in their time, and a survey that
//! nobody can be found in.

use axum::http::StatusCode;
use madoguchi::demo::visitor::Seen;
use madoguchi::guide::Topic;
use madoguchi::jobs;

use crate::both;
use crate::world::{Clerk, World};

async fn page(world: &World, path: &str) -> Seen {
    world.citizen("taro").await.opens(path).await
}

/// Presses a button of a page of the staff's guide.
async fn press(clerk: &mut Clerk<'_>, path: &str, action: &str, more: &[(&str, &str)]) -> Seen {
    let url = format!("{}/nishio/{path}", clerk.world.staff);
    let seen = clerk.visitor.get(&url).await.expect("page");
    clerk.visitor.send(&seen, action, more).await.expect("sent")
}

both! {
    async fn every_page_of_a_new_municipality_is_there_without_signing_in(world: World) {
        for topic in Topic::ALL {
            let seen = page(&world, &format!("/guide/{}", topic.code())).await;
            assert_eq!(seen.status, StatusCode::OK);
            assert!(seen.body.contains(topic.title()) && seen.body.contains("第1版"), "{topic:?}");
            assert!(!seen.body.contains("{自治体}"));
            let front = page(&world, "/").await;
            assert!(front.body.contains(&format!("/nishio/guide/{}", topic.code())), "linked from the foot");
        }
        for unknown in ["/guide/nothing", "/guide/terms/2", "/guide/terms/0", "/guide/terms/x"] {
            assert_eq!(page(&world, unknown).await.status, StatusCode::NOT_FOUND, "{unknown}");
        }
        let before = world.app.db.statements();
        page(&world, "/guide/terms").await;
        page(&world, "/news").await;
        assert_eq!(world.app.db.statements(), before, "a cached page asks no database");
        world.end().await;
    }
}

both! {
    async fn a_text_is_previewed_published_and_its_older_version_stays(world: World) {
        let mut clerk = world.clerk().await;
        let text = "## 新しい約束\n\n<script>alert(1)</script>";
        let seen = press(&mut clerk, "guide/terms", "/guide/terms", &[("body", text), ("act", "preview")]).await;
        assert!(seen.body.contains("まだ公開していません") && !seen.body.contains("<script>alert"), "{}", seen.body);
        assert!(page(&world, "/guide/terms").await.body.contains("第1版"), "a preview publishes nothing");
        // Two administrators had the same page open.
        let url = format!("{}/nishio/guide/terms", world.staff);
        let open = clerk.visitor.get(&url).await.expect("page");
        let first = clerk.visitor.send(&open, "/guide/terms", &[("body", text), ("act", "publish")]).await.expect("sent");
        assert_eq!(first.status, StatusCode::OK);
        let late = clerk.visitor.send(&open, "/guide/terms", &[("body", "遅い文"), ("act", "publish")]).await.expect("sent");
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("遅い文") && late.body.contains("新しい版があります"), "what was typed is kept");
        let now = page(&world, "/guide/terms").await;
        assert!(now.body.contains("新しい約束") && now.body.contains("第2版") && !now.body.contains("遅い文"));
        let old = page(&world, "/guide/terms/1").await;
        assert!(old.body.contains("第1版") && old.body.contains("してはいけないこと"));
        let empty = clerk.visitor.send(&open, "/guide/terms", &[("body", " "), ("act", "publish")]).await.expect("sent");
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        assert_eq!(world.count("audit where act = 'guide.publish'").await, 1);
        world.end().await;
    }
}

both! {
    async fn a_planned_stop_stands_above_every_page_in_its_time_and_goes_by_itself(world: World) {
        let mut clerk = world.clerk().await;
        // The world's clock stands at 2026-11-24 10:00: a week before the stop is the 29th.
        let typed = [
            ("kind", "stop"), ("title", "システム点検のお知らせ"), ("body", "- 申請\n- 確認"),
            ("stop_from", "2026-12-06T00:00"), ("stop_until", "2026-12-06T05:00"),
        ];
        let seen = press(&mut clerk, "guide", "/news", &typed).await;
        assert!(seen.body.contains("予定") && seen.body.contains("システム点検のお知らせ"), "{}", seen.body);
        let shown = jobs::refresh_pages(&world.app, None).await;
        assert!(!page(&world, "/").await.body.contains("システム点検"), "not yet");
        world.later(6 * 24 * 3_600_000);
        let shown = jobs::refresh_pages(&world.app, shown).await;
        for path in ["/", "/p/suido-start", "/news", "/guide/terms"] {
            let seen = page(&world, path).await;
            assert!(seen.body.contains("システム点検のお知らせ"), "{path}");
            assert!(seen.body.contains("令和8年12月6日(日) 午前0時"), "{path}");
        }
        world.later(7 * 24 * 3_600_000);
        jobs::refresh_pages(&world.app, shown).await;
        assert!(!page(&world, "/").await.body.contains("システム点検"), "over");
        let mut clerk = world.clerk().await;
        let bad = press(&mut clerk, "guide", "/news", &[("kind", "news"), ("title", ""), ("body", "残る文")]).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bad.body.contains("残る文") && bad.body.contains("見出しを60文字以内"), "{}", bad.body);
        world.end().await;
    }
}

both! {
    async fn an_announcement_is_added_once_and_taken_away(world: World) {
        let mut clerk = world.clerk().await;
        let url = format!("{}/nishio/guide", world.staff);
        let open = clerk.visitor.get(&url).await.expect("page");
        let typed = [("title", "窓口の時間が変わります"), ("until", "2027-01-04T08:30")];
        for _ in 0..2 {
            let seen = clerk.visitor.send(&open, "/news", &typed).await.expect("sent");
            assert_eq!(seen.status, StatusCode::OK);
        }
        assert_eq!(world.count("announcement").await, 1, "a double click adds one");
        assert!(page(&world, "/").await.body.contains("窓口の時間が変わります"), "at once on this node");
        press(&mut clerk, "guide", "/withdraw", &[]).await;
        assert!(!page(&world, "/").await.body.contains("窓口の時間が変わります"));
        assert_eq!(world.count("audit where act like 'news.%'").await, 2);
        world.end().await;
    }
}

both! {
    async fn the_survey_keeps_choices_and_nothing_that_leads_to_a_person(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        hanako.submits("suido-start", &world.sample("suido-start")).await;
        let open = hanako.opens("/survey").await;
        let missing = hanako.visitor.send(&open, "/survey", &[("heard", "line")]).await.expect("sent");
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(missing.body.contains("選んでいない質問があります"));
        let wrong = hanako.visitor.send(&open, "/survey", &[("heard", "line"), ("ease", "9")]).await.expect("sent");
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for _ in 0..3 {
            let done = hanako.visitor.send(&open, "/survey", &[("heard", "line"), ("ease", "4")]).await.expect("sent");
            assert!(done.body.contains("ありがとうございました"), "{}", done.body);
        }
        assert_eq!(world.texts("select heard || ease || day from survey_answer").await, ["line42026-11-24"]);
        let columns: Vec<String> = world.columns("survey_answer").await.into_iter().map(|c| c.0).collect();
        assert_eq!(columns, ["tenant_id", "survey_id", "day", "heard", "ease"], "nothing joins it to anything");
        let mut clerk = world.clerk().await;
        let url = format!("{}/nishio/survey", world.staff);
        let seen = clerk.visitor.get(&url).await.expect("page");
        assert!(seen.body.contains("<svg") && seen.body.contains("100%") && seen.body.contains("市のLINE"));
        world.end().await;
    }
}
