//! 下書き: saved as it is, found again, its owner's alone, gone after 30 days or with the application.

use madoguchi::attachment::job;
use madoguchi_base::TenantId;
use reqwest::StatusCode;

use crate::attach::{SLUG, with};
use crate::probe::{get, post};
use crate::with_files;
use crate::world::World;

const DAY: i64 = 86_400_000;

with_files! {
    async fn what_is_typed_and_not_sent_is_found_again_by_its_owner_for_30_days(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        let form = hanako.enters(SLUG).await;
        assert!(form.body.contains("一時保存する") && form.body.contains("30日間残ります"));
        let photo = hanako.photo().await;
        let at = |path: &str| format!("{}/p/{SLUG}{path}", world.site());
        let mut typed = with("途中のことば", &photo);
        typed.push("papers", "");
        let saved = post(&at("/draft"), &hanako.session(), typed.to_body()).await;
        assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/nishio/a"));
        let mine = hanako.opens("/a").await;
        assert!(mine.body.contains("入力の途中のもの") && mine.body.contains("写真の申請"), "{}", mine.body);
        let again = get(&at("/draft"), &hanako.session()).await;
        assert!(again.status == StatusCode::OK && again.body.contains("途中のことば") && again.body.contains("添付済み"));
        for sealed in world.blobs("select sealed from draft").await {
            assert!(!sealed.windows(6).any(|w| w == "途中".as_bytes()));
        }
        taro.enters(SLUG).await;
        let other = get(&at("/draft"), &taro.session()).await;
        assert_eq!((other.status, other.location()), (StatusCode::SEE_OTHER, "/nishio/p/photo-test/form"));
        // Saved again after 20 days: it and its file stay for 30 more.
        let tenant: TenantId = world.tenant;
        world.later(20 * DAY);
        hanako.enters(SLUG).await;
        post(&at("/draft"), &hanako.session(), typed.to_body()).await;
        assert_eq!(world.count("draft").await, 1);
        world.later(29 * DAY);
        job::hourly(&world.app).await;
        assert_eq!((world.count("draft").await, world.count("attachment").await), (1, 1));
        world.later(2 * DAY);
        hanako.enters(SLUG).await;
        assert_eq!(get(&at("/draft"), &hanako.session()).await.status, StatusCode::SEE_OTHER, "over, before the job");
        job::hourly(&world.app).await;
        assert_eq!((world.count("draft").await, world.count("attachment").await), (0, 0));
        world.later(3 * DAY);
        job::hourly(&world.app).await;
        assert_eq!(world.count("draft_key").await, 0, "the keys go, and every copy with them");
        assert_eq!(job::expire(&world.app, tenant).await.expect("jobs"), 0);
        world.end().await;
    }

    async fn a_draft_ends_with_its_application_or_when_it_is_deleted(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let photo = hanako.photo().await;
        let at = |path: &str| format!("{}/p/{SLUG}{path}", world.site());
        let save = with("西尾", &photo).to_body();
        let request = crate::probe::raw().post(at("/draft")).header("cookie", hanako.session()).header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(save.clone());
        assert_eq!(request.send().await.expect("answer").status(), StatusCode::NO_CONTENT);
        hanako.submits(SLUG, &with("西尾", &photo)).await;
        assert_eq!((world.count("draft").await, world.count("attachment").await), (0, 1));
        let other = hanako.photo().await;
        post(&at("/draft"), &hanako.session(), with("別", &other).to_body()).await;
        assert_eq!(post(&at("/draft/remove"), &hanako.session(), "").await.status, StatusCode::SEE_OTHER);
        job::hourly(&world.app).await;
        assert_eq!((world.count("draft").await, world.count("attachment").await), (0, 1));
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}
