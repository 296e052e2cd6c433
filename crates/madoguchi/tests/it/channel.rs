//! The staff's page about the official account: modes, webhooks passed on, keys, menus, addresses; the doctor.

use madoguchi::channel::inspect;
use madoguchi::demo::city;
use madoguchi::demo::visitor::Seen;
use madoguchi_base::TenantId;
use madoguchi_line::menu::Draft;
use serde_json::{Value, json};

use crate::both;
use crate::world::{Clerk, Wish, World, client};

const CHANNEL: &str = "1657000002";

async fn settings(clerk: &mut Clerk<'_>) -> Seen {
    let url = format!("{}/nishio/line", clerk.world.staff);
    clerk.visitor.get(&url).await.expect("settings")
}

async fn presses(clerk: &mut Clerk<'_>, action: &str, typed: &[(&str, &str)]) -> Seen {
    let page = settings(clerk).await;
    clerk.visitor.send(&page, action, typed).await.expect("pressed")
}

impl World {
    async fn has_a_menu_ready(&self) {
        let draft = Draft::new(&city::menu(&self.site()), city::MENU_PICTURE).expect("a menu");
        let change = madoguchi::channel::acts::Change::MenuReady(draft);
        let (keys, clock) = (&self.app.keys, &self.app.clock);
        let by = madoguchi::audit::Actor::System;
        madoguchi::channel::acts::change(&self.app.db, (keys, clock), self.tenant, by, change)
            .await
            .expect("ready");
    }

    /// How many menus LINE has, and whether one of the API's is shown to everybody.
    async fn menus_at_line(&self) -> (usize, bool) {
        let token = self.messaging_token().await;
        let get = async |path: &str| {
            let url = format!("{}{path}", self.emulator.api_base());
            client().get(url).bearer_auth(&token).send().await.expect("LINE")
        };
        let list: Value = get("/v2/bot/richmenu/list").await.json().await.expect("json");
        let is_shown = get("/v2/bot/user/all/richmenu").await.status() == 200;
        (list["richmenus"].as_array().expect("a list").len(), is_shown)
    }

    async fn messaging_token(&self) -> String {
        let url = format!("{}/_emulator/channels", self.phone);
        let all: Value = client().get(url).send().await.expect("emulator").json().await.expect("json");
        let one = all.as_array().into_iter().flatten().find(|c| c["kind"] == "messaging").expect("a channel");
        one["token"].as_str().expect("a token").to_owned()
    }
}

both! {
    async fn an_administrator_publishes_a_menu_after_reading_what_it_hides_and_takes_it_back(world: World) {
        let mut clerk = world.clerk().await;
        assert!(settings(&mut clerk).await.body.contains("準備ができているメニューはありません"));
        world.has_a_menu_ready().await;
        let page = settings(&mut clerk).await;
        let warning = "LINE公式アカウントマネージャーで作ったメニューは、公開すると表示されなくなります。いつでも元に戻せます。";
        assert!(page.body.contains(warning), "{}", page.body);
        assert!(!page.body.contains("元のメニューに戻す</button>"), "nothing to take back yet");
        let picture = clerk.visitor.get(&format!("{}/nishio/line/menu.png", world.staff)).await.expect("picture");
        assert_eq!(picture.status, 200);
        assert_eq!(world.menus_at_line().await, (0, false));

        let shown = presses(&mut clerk, "menu/publish", &[]).await;
        assert!(shown.body.contains("メニューを公開しました"), "{}", shown.body);
        assert_eq!(shown.attribute("data-menu").as_deref(), Some("ours"));
        assert_eq!(world.menus_at_line().await, (1, true));
        let still = presses(&mut clerk, "line/mode", &[("mode", "notify_only")]).await;
        assert!(still.body.contains("先に「元のメニューに戻す」"), "{}", still.body);

        let back = presses(&mut clerk, "menu/restore", &[]).await;
        assert!(back.body.contains("元のメニューに戻しました"), "{}", back.body);
        assert_eq!(world.menus_at_line().await, (0, false), "ours is gone, the Manager's shows");
        assert!(settings(&mut clerk).await.body.contains(warning));
        presses(&mut clerk, "menu/publish", &[]).await;
        assert_eq!(world.menus_at_line().await, (1, true), "and again");
        let acts = world.texts("select detail from audit where act = 'line.menu' order by at, audit_id").await;
        assert_eq!(acts, ["ready", "published", "taken-back", "published"]);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_menu_that_line_does_not_take_is_said_and_finished_later(world: World) {
        world.has_a_menu_ready().await;
        let mut clerk = world.clerk().await;
        world.fault(json!({ "endpoint": "POST /v2/bot/user/all/richmenu/{richMenuId}", "kind": "error-before" })).await;
        let failed = presses(&mut clerk, "menu/publish", &[]).await;
        assert!(failed.body.contains("メニューを変更できませんでした") && failed.body.contains("LINEにつながりません"), "{}", failed.body);
        assert!(!world.menus_at_line().await.1);
        world.clear_faults().await;
        presses(&mut clerk, "menu/publish", &[]).await;
        assert_eq!(world.menus_at_line().await, (1, true), "what was left over is gone");
        world.end().await;
    }
}

both! {
    async fn what_is_typed_wrong_is_kept_and_explained_and_what_is_right_is_used(world: World) {
        let mut clerk = world.clerk().await;
        let wrong = presses(&mut clerk, "line/relay", &[("to", "http://bot.example.jp/")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("http://bot.example.jp/") && wrong.body.contains("https:// から始まる"), "{}", wrong.body);
        let own = format!("{}/line/232131/webhook", world.origin);
        assert_eq!(presses(&mut clerk, "line/relay", &[("to", &own)]).await.status, 422);
        let right = presses(&mut clerk, "line/relay", &[("to", "https://bot.example.jp/hook")]).await;
        assert!(right.body.contains("転送先を変更しました") && right.body.contains("https://bot.example.jp/hook"), "{}", right.body);
        assert_eq!(world.texts("select relay_to from line_setting").await, ["https://bot.example.jp/hook"]);
        presses(&mut clerk, "line/relay", &[("to", "")]).await;
        assert_eq!(world.count("line_setting where relay_to is null").await, 1);

        presses(&mut clerk, "line/mode", &[("mode", "notify_only")]).await;
        assert_eq!(world.texts("select mode from line_setting").await, ["notify_only"]);
        let small = settings(&mut clerk).await;
        assert!(!small.body.contains("リッチメニュー</h2>") && !small.body.contains("Webhookの転送"), "{}", small.body);
        presses(&mut clerk, "line/mode", &[("mode", "full")]).await;
        let log = world.texts("select act || ' ' || detail from audit where act like 'line.%' order by at, audit_id").await;
        assert_eq!(log, ["line.relay on", "line.relay off", "line.mode notify_only", "line.mode full"]);
        assert!(!log.concat().contains("bot.example.jp"));
        world.end().await;
    }
}

both! {
    async fn a_key_is_made_registered_tried_and_used_by_the_page(world: World) {
        let mut clerk = world.clerk().await;
        let page = presses(&mut clerk, "line/key", &[]).await;
        let jwk = page.text_of("公開鍵（JWK）").expect("the public half");
        let jwk: Value = serde_json::from_str(&jwk).expect("a JWK");
        assert!(jwk.get("d").is_none() && jwk["kty"] == "RSA");
        let wrong = presses(&mut clerk, "key/use", &[("kid", "never-registered")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("LINEがこの鍵を受け付けませんでした"), "{}", wrong.body);
        assert_eq!(wrong.attribute("data-key").as_deref(), Some("secret"));
        let url = format!("{}/_emulator/channels/{CHANNEL}/assertion-keys", world.phone);
        let answer: Value = client().post(url).json(&json!({ "jwk": jwk })).send().await.expect("emulator").json().await.expect("json");
        let right = presses(&mut clerk, "key/use", &[("kid", answer["kid"].as_str().expect("a kid"))]).await;
        assert_eq!(right.attribute("data-key").as_deref(), Some("active"), "{}", right.body);
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 1);
        presses(&mut clerk, "key/drop", &[]).await;
        assert_eq!(settings(&mut clerk).await.attribute("data-key").as_deref(), Some("secret"));
        world.end().await;
    }
}

both! {
    async fn the_list_of_addresses_has_every_procedure_with_its_code(world: World) {
        let mut clerk = world.clerk().await;
        let page = clerk.visitor.get(&format!("{}/nishio/line/addresses", world.staff)).await.expect("list");
        for source in &world.sources {
            let url = format!("{}/p/{}/form", world.site(), source.procedure().id);
            assert!(page.body.contains(&format!("href=\"{url}\"")), "{url}");
        }
        let codes = page.body.matches("data:image/svg+xml;base64,").count();
        let shelf = world.app.catalogue.by_name("nishio").expect("a shelf");
        assert_eq!(codes, shelf.procedures().count() + 3);
        world.end().await;
    }
}

both! {
    wish: |wish| Wish { quota: Some(1), ..wish };
    async fn the_doctor_says_how_each_channel_stands_and_what_to_do(world: World) {
        let ask = async || {
            let all = inspect::ask(&world.app.line, &[world.tenant]).await;
            all.into_iter().map(|(what, found)| format!("{what}: {found:?}")).collect::<Vec<_>>().join("\n")
        };
        let fine = ask().await;
        assert!(fine.contains("@000nisho answers") && fine.contains("0 of 1 messages used"), "{fine}");
        // The emulator's webhook address is another spelling of ours.
        assert!(fine.contains("LINE calls another address"), "{fine}");
        world.emulator.set_webhook(CHANNEL, Some(format!("{}/line/232131/webhook", world.origin)));
        let ours = ask().await;
        assert!(ours.contains("webhook: ") && !ours.contains("another address"), "{ours}");
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert!(ask().await.contains("all 1 messages of this month are used"));
        world.line_goes_away().await;
        world.app.line.forget_tokens();
        assert!(ask().await.contains("allow outgoing HTTPS"), "{}", ask().await);
        let nobody: TenantId = "132098".parse().expect("a code");
        let none = inspect::ask(&world.app.line, &[nobody]).await;
        assert!(none[0].1.as_ref().is_err_and(|why| why.contains("no channel that opens")), "{none:?}");
        world.end().await;
    }
}
