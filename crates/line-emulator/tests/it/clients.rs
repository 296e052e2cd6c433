//! A client that somebody else wrote cannot tell the emulator from LINE.

use crate::menus::png;
use crate::sending::date;
use crate::support::{BOT, BOT_SECRET, Line, TOKEN};
use crate::webhooks::Receiver;
use line_bot_messaging_api::LineClient;
use line_bot_messaging_api::api::{
    MulticastRequest, PushMessageRequest, RichMenuArea, RichMenuBounds, RichMenuRequest, RichMenuSize,
};
use line_bot_messaging_api::message::{TextMessage, UriAction};
use line_bot_messaging_api::webhook::{self, Event};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

fn of(line: &Line) -> LineClient {
    let client = LineClient::builder().channel_access_token(TOKEN);
    let client = client.api_base_url(line.api("")).data_base_url(line.data(""));
    client.build().expect("client")
}

#[tokio::test]
async fn a_push_arrives_and_its_retry_is_a_conflict_with_the_same_ids() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let client = of(&line);
    let to = line.user_id("hanako").await;
    let request = PushMessageRequest::new(to, [TextMessage::new("一度だけ")]).retry_key(KEY);
    let sent = client.push_message(&request).await.expect("accepted");
    let again = client.push_message(&request).await.expect_err("a conflict");
    let again = again.api_error().expect("an error of LINE");
    assert_eq!((again.status, &again.accepted_request_id), (409, &sent.request_id));
    assert_eq!(again.body.sent_messages.as_ref(), Some(&sent.sent_messages));
    assert_eq!(line.arrived("hanako"), 1);
}

#[tokio::test]
async fn a_multicast_reaches_all_and_limits_are_errors_with_details() {
    let line = Line::start().await;
    let client = of(&line);
    let mut to = Vec::new();
    for person in ["hanako", "taro"] {
        line.act(person, "add").await;
        to.push(line.user_id(person).await);
    }
    client
        .multicast(&MulticastRequest::new(to.clone(), [TextMessage::new("お知らせ")]))
        .await
        .expect("accepted");
    assert_eq!([line.arrived("hanako"), line.arrived("taro")], [1, 1]);
    let long = MulticastRequest::new(to, [TextMessage::new("あ".repeat(5001))]);
    let refused = client.multicast(&long).await.expect_err("too long");
    let refused = refused.api_error().expect("an error of LINE");
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body.details[0].property.as_deref(), Some("messages[0].text"));
}

#[tokio::test]
async fn a_menu_with_its_picture_becomes_the_default() {
    let line = Line::start().await;
    let client = of(&line);
    let area = RichMenuArea::new(
        RichMenuBounds::new(0, 0, 2500, 843),
        UriAction::new("https://city.example/").label("手続"),
    );
    let menu = RichMenuRequest::new(RichMenuSize::new(2500, 843), true, "手続", "メニュー", [area]);
    let made = client.create_rich_menu(&menu).await.expect("made");
    client.set_rich_menu_image(&made.rich_menu_id, png(2500, 843), "image/png").await.expect("picture");
    client.set_default_rich_menu(&made.rich_menu_id).await.expect("default");
    let list = client.get_rich_menu_list().await.expect("list");
    assert_eq!(list.richmenus[0].rich_menu_id, made.rich_menu_id);
    let state = line.get_json(&line.access("/phone/hanako/state")).await;
    assert_eq!(state["talks"][0]["menu"]["id"], made.rich_menu_id.as_str());
}

#[tokio::test]
async fn statistics_are_read() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let client = of(&line);
    let today = date(line.emulator.clock().now_ms());
    line.control("clock", serde_json::json!({ "advance_seconds": 24 * 60 * 60 })).await;
    let count = client.get_number_of_followers(Some(&today)).await.expect("followers");
    assert_eq!((count.followers, count.targeted_reaches, count.blocks), (Some(1), Some(1), Some(0)));
    let deliveries = client.get_number_of_message_deliveries(&today).await.expect("deliveries");
    assert_eq!(deliveries.api_push, Some(0));
    assert_eq!(client.get_friends_demographics().await.expect("demographic").available, Some(false));
}

#[tokio::test]
async fn a_webhook_passes_its_signature_check_and_is_understood() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.control("personas/hanako/say", serde_json::json!({ "channel": BOT, "text": "こんにちは" })).await;
    let (signature, body) = hook.raw().await;
    let request = webhook::parse_request(BOT_SECRET, &body, &signature).expect("signed and understood");
    assert!(matches!(&request.events[..], [Event::Message(_)]), "{:?}", request.events);
    assert!(webhook::parse_request("another secret", &body, &signature).is_err());
}
