//! A municipality that uses LINE for sign-in and notices only: who can be reached is asked, not told.

use madoguchi::demo::city;
use madoguchi_line::menu::MenuError;
use madoguchi_line::mode::LineMode;
use serde_json::json;

use crate::both;
use crate::webhook::{envelope, event, post, secrets, signed};
use crate::world::{NOW, Wish, World};

const CHANNEL: &str = "1657000002";

fn notices_only(wish: Wish) -> Wish {
    Wish { mode: LineMode::NotifyOnly, ..wish }
}

impl World {
    /// How often LINE was asked about a person.
    fn profiles_asked(&self) -> usize {
        let asked = |r: &&serde_json::Value| r["path"].as_str().is_some_and(|p| p.contains("/bot/profile/"));
        // A token that has grown old meanwhile costs an answer of its own.
        self.ledger().iter().filter(asked).filter(|r| r["status"] != 401).count()
    }
}

both! {
    wish: notices_only;
    async fn who_blocks_the_account_after_signing_in_is_found_out_and_who_comes_back_too(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert_eq!(world.profiles_asked(), 0, "signed in a moment ago: LINE has just said so");
        world.control("personas/hanako/block", json!({ "channel": CHANNEL })).await;
        world.later(2 * 3_600_000);
        let mut clerk = world.clerk().await;
        clerk.does(&receipt.id, "/accept", &[]).await;
        world.run_jobs().await;
        assert_eq!(world.profiles_asked(), 1);
        assert_eq!(world.states().await, ["accepted", "undeliverable"], "200 would not have meant delivered");
        assert_eq!(world.statuses(), [200], "nothing was sent to nobody");
        let mut again = world.citizen("hanako").await;
        again.visitor.befriends = false;
        again.enters("suido-start").await;
        let page = again.opens(&format!("/a/{}", receipt.id)).await;
        assert!(page.body.contains("LINEで届きません") && page.body.contains("data-not-friend"), "{}", page.body);

        world.control("personas/hanako/unblock", json!({ "channel": CHANNEL })).await;
        clerk.does(&receipt.id, "/complete", &[]).await;
        world.run_jobs().await;
        assert_eq!(world.states().await, ["accepted", "undeliverable", "accepted"], "asked again, and sent");
        assert_eq!(world.talk("hanako").len(), 2);
        let kept = world.texts("select tenant_id || user_hash || friend from line_friend").await.concat();
        assert!(!kept.contains("花子"), "{kept}");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    wish: notices_only;
    async fn where_line_does_not_say_whether_somebody_is_a_friend_the_notice_is_sent(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let receipt = hanako.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        world.later(2 * 3_600_000);
        let profile = "GET /v2/bot/profile/{userId}";
        world.fault(json!({ "endpoint": profile, "kind": "error-before", "times": 1 })).await;
        world.clerk().await.does(&receipt.id, "/accept", &[]).await;
        world.run_jobs().await;
        assert_eq!(world.states().await, ["accepted"; 2]);
        assert_eq!(world.talk("hanako").len(), 2);
        world.end().await;
    }
}

both! {
    wish: notices_only;
    async fn there_is_no_menu_of_ours_and_a_webhook_left_over_has_no_effect(world: World) {
        let menu = city::menu(&world.site());
        let published = world.app.line.publish_menu(world.tenant, &menu, city::MENU_PICTURE).await;
        assert_eq!(published, Err(MenuError::NoticesOnly));
        assert!(!world.ledger().iter().any(|r| r["path"].as_str().is_some_and(|p| p.contains("richmenu"))));
        let [secret, _] = secrets(&world).await;
        let body = envelope(&[event("follow", "U0123456789abcdef0123456789abcdef", "01LEFTOVER", NOW.0)]);
        assert_eq!(post(&world, Some(&signed(&secret, &body)), body.clone()).await, 200, "LINE need not try again");
        assert_eq!(post(&world, None, body).await, 401, "still nobody but LINE");
        assert_eq!(world.count("line_webhook_event").await + world.count("line_friend").await, 0);
        world.end().await;
    }
}

both! {
    async fn a_municipality_keeps_its_mode_when_its_channel_is_entered_again(world: World) {
        let settings = world.channel_at(world.emulator.api_base()).await;
        world.app.line.set_channel(world.tenant, &settings).await.expect("channel");
        let mut x = world.app.db.reader().await.expect("reader");
        let mode = madoguchi_line::mode::of(&mut x, world.tenant).await.expect("mode");
        assert_eq!(mode, LineMode::Full);
        let other = "132098".parse().expect("a code");
        let new = madoguchi_line::mode::of(&mut x, other).await.expect("mode");
        assert_eq!(new, LineMode::NotifyOnly, "a new one begins with notices only");
        drop(x);
        world.end().await;
    }
}
