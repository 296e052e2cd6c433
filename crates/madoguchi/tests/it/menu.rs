//! A process that publishes a rich menu and ends on the way: one menu is left, the one that is shown.

use std::os::unix::process::ExitStatusExt as _;

use madoguchi::demo::city;
use madoguchi::setup;
use madoguchi_base::Clock;
use madoguchi_base::keys::Keys;
use madoguchi_line::{Line, Options};
use serde_json::Value;

use crate::both_served;
use crate::process::City;

both_served! {
    async fn a_rich_menu_is_there_once_wherever_its_publishing_ends(city: City) {
        for point in ["menu-intended", "menu-created", "menu-default"] {
            let ended = publishes_a_menu(&city, point).await;
            assert_eq!(ended.signal(), Some(6), "{point} was never passed: {ended}");
            assert_eq!(city.check().await, [], "{point}");
            assert!(publishes_a_menu(&city, "").await.success(), "after {point}");
            let (listed, default) = menus(&city).await;
            assert_eq!(listed, [default], "after {point}: the menu that is shown and no other");
            assert_eq!(city.check().await, [], "after {point}");
            take_the_menu_away(&city).await;
        }
    }
}

/// Ids of the menus at LINE, and of the one that is shown.
async fn menus(city: &City) -> (Vec<String>, String) {
    let list = menu_call(city, reqwest::Method::GET, "richmenu/list").await;
    let id = |v: &Value| v["richMenuId"].as_str().unwrap_or_default().to_owned();
    let listed = list["richmenus"].as_array().into_iter().flatten().map(&id).collect();
    (listed, id(&menu_call(city, reqwest::Method::GET, "user/all/richmenu").await))
}

/// So that the next publishing has something to do: somebody deleted the menu in LINE's manager.
async fn take_the_menu_away(city: &City) {
    let (listed, _) = menus(city).await;
    for id in listed {
        menu_call(city, reqwest::Method::DELETE, &format!("richmenu/{id}")).await;
    }
}

async fn menu_call(city: &City, method: reqwest::Method, path: &str) -> Value {
    let channels = city.line("channels").await;
    let messaging = channels.as_array().expect("channels").iter().find(|c| c["kind"] == "messaging").cloned();
    let token = messaging.expect("a channel")["token"].as_str().expect("a token").to_owned();
    let request = city.http.request(method, format!("{}/v2/bot/{path}", city.api)).bearer_auth(token);
    request.send().await.expect("LINE").json().await.unwrap_or_default()
}

/// Publishes the rich menu in a process of its own, which may be told to end on the way.
async fn publishes_a_menu(city: &City, point: &str) -> std::process::ExitStatus {
    let this = std::env::current_exe().expect("this program");
    let mut child = tokio::process::Command::new(this);
    child.args(["menu::child_that_publishes_a_menu", "--exact", "--ignored"]);
    child.env("CRASH_DATABASE", &city.url).env("CRASH_KEYS", city.keys_dir()).env("CRASH_POINT", point);
    child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    child.status().await.expect("it ran")
}

#[tokio::test]
#[ignore = "a child of the test of rich menus"]
#[expect(clippy::disallowed_methods, reason = "its parent hands everything over by environment")]
async fn child_that_publishes_a_menu() {
    let Ok(url) = std::env::var("CRASH_DATABASE") else { return };
    let (keys, point) = (std::env::var("CRASH_KEYS").unwrap(), std::env::var("CRASH_POINT").unwrap());
    let keys = Keys::load(keys.as_ref()).expect("keys");
    let db = setup::database(&url, 2).await.expect("database");
    let line = Line::with_options(
        db.clone(),
        keys,
        Clock::system(),
        Options { crash: point.parse().ok(), ..Options::default() },
    );
    let line = line.expect("line");
    line.reload_channels().await.expect("channels");
    let tenant = "232131".parse().expect("Nishio");
    let menu = city::menu("http://nishio.demo.localhost:8080/nishio");
    line.publish_menu(tenant, &menu, city::MENU_PICTURE).await.expect("published");
    db.close().await;
}
