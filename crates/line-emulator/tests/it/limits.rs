//! Every limit of messages and actions, at the limit and one beyond it.

use crate::support::{Line, answer};
use serde_json::{Value, json};

const HTTPS: &str = "https://city.example/a.png";

/// The properties that are wrong in a message; none when it is taken.
async fn wrong(line: &Line, message: &Value) -> Vec<String> {
    let body = json!({ "messages": [message] });
    let (status, body) = answer(line.bot("POST", "/v2/bot/message/validate/push").json(&body)).await;
    let details = body["details"].as_array().cloned().unwrap_or_default();
    assert_eq!(status == 200, details.is_empty(), "{body}");
    details.iter().map(|d| d["property"].as_str().expect("property").replace("messages[0].", "")).collect()
}

fn uri() -> Value {
    json!({ "type": "uri", "label": "ひらく", "uri": "https://city.example/" })
}

fn buttons(changes: Value) -> Value {
    let mut template = json!({ "type": "buttons", "text": "本文", "actions": [uri()] });
    merge(&mut template, changes);
    json!({ "type": "template", "altText": "x", "template": template })
}

fn merge(into: &mut Value, changes: Value) {
    if let (Value::Object(into), Value::Object(changes)) = (into, changes) {
        into.extend(changes);
    }
}

fn with_action(action: &Value) -> Value {
    buttons(json!({ "actions": [action] }))
}

fn flex(contents: &Value) -> Value {
    json!({ "type": "flex", "altText": "x", "contents": contents })
}

fn bubble(parts: &[Value]) -> Value {
    json!({ "type": "bubble", "body": { "type": "box", "layout": "vertical", "contents": parts } })
}

fn imagemap(changes: Value) -> Value {
    let area = json!({ "x": 0, "y": 0, "width": 520, "height": 520 });
    let mut message = json!({
        "type": "imagemap", "baseUrl": "https://city.example/map", "altText": "地図",
        "baseSize": { "width": 1040, "height": 1040 },
        "actions": [{ "type": "message", "text": "はい", "area": area }],
    });
    merge(&mut message, changes);
    message
}

/// A family counts as one grapheme and as eleven UTF-16 units.
const FAMILY: &str = "👨‍👩‍👧‍👦";

#[tokio::test]
async fn what_is_at_the_limit_is_taken() {
    let line = Line::start().await;
    let columns = |count: usize| {
        let column = json!({ "text": "あ".repeat(120), "actions": [uri()] });
        json!({ "type": "template", "altText": "x", "template": { "type": "carousel", "columns": vec![column; count] } })
    };
    let quick = json!({ "type": "action", "action": { "type": "camera", "label": "撮る" } });
    let picker = json!({ "type": "datetimepicker", "label": "x", "data": "d", "mode": "datetime", "min": "2026-11-23t00:00" });
    let postback = json!({ "type": "postback", "label": "x", "data": "d".repeat(300), "displayText": FAMILY.repeat(300) });
    let area = json!({ "x": 0, "y": 0, "width": 520, "height": 520 });
    for message in [
        json!({ "type": "text", "text": "🍎".repeat(2500) }),
        json!({ "type": "text", "text": "$a", "emojis": [{ "index": 0, "productId": "p", "emojiId": "e" }] }),
        json!({ "type": "text", "text": "x", "quickReply": { "items": vec![quick.clone(); 13] } }),
        json!({ "type": "text", "text": "x", "sender": { "name": "市役所", "iconUrl": HTTPS } }),
        json!({ "type": "textV2", "text": "{a} {{b}}", "substitution": { "a": { "type": "emoji", "productId": "p", "emojiId": "e" } } }),
        json!({ "type": "image", "originalContentUrl": HTTPS, "previewImageUrl": HTTPS }),
        json!({ "type": "audio", "originalContentUrl": HTTPS, "duration": 1000 }),
        json!({ "type": "location", "title": "庁舎", "address": "西", "latitude": 34.8, "longitude": 137.0 }),
        json!({ "type": "sticker", "packageId": "446", "stickerId": "1988" }),
        buttons(json!({ "text": FAMILY.repeat(160), "actions": vec![uri(); 4] })),
        buttons(json!({ "title": "あ".repeat(40), "text": "あ".repeat(60), "thumbnailImageUrl": HTTPS })),
        columns(10),
        with_action(&json!({ "type": "message", "label": FAMILY.repeat(20), "text": FAMILY.repeat(300) })),
        with_action(&postback),
        with_action(&picker),
        with_action(&json!({ "type": "clipboard", "label": "x", "clipboardText": "a".repeat(1000) })),
        imagemap(
            json!({ "actions": vec![json!({ "type": "clipboard", "clipboardText": "a", "area": area }); 50] }),
        ),
        flex(&bubble(&[
            json!({ "type": "text", "text": "x", "color": "#112233" }),
            json!({ "type": "separator" }),
        ])),
        flex(&json!({ "type": "carousel", "contents": vec![bubble(&[]); 12] })),
        flex(&bubble(&[
            json!({ "type": "button", "action": { "type": "uri", "label": "あ".repeat(40), "uri": "tel:0563" } }),
        ])),
    ] {
        assert_eq!(wrong(&line, &message).await, Vec::<String>::new(), "{message}");
    }
}

#[expect(clippy::too_many_lines, reason = "a table, one line a limit")]
#[tokio::test]
async fn what_is_beyond_a_limit_is_named() {
    let line = Line::start().await;
    let area = json!({ "x": 0, "y": 0, "width": 520, "height": 520 });
    let quick = |action: Value| json!({ "type": "text", "text": "x", "quickReply": { "items": [{ "type": "action", "action": action }] } });
    let carousel = |columns: Value| json!({ "type": "template", "altText": "x", "template": { "type": "carousel", "columns": columns } });
    let label = |n: usize| json!({ "type": "uri", "label": "あ".repeat(n), "uri": "https://city.example/" });
    let uneven = json!([{ "text": "a", "actions": [uri()] }, { "text": "b", "actions": [uri(), uri()] }]);
    let long = json!({ "type": "text", "text": "x".repeat(31 * 1024) });
    let image = json!({ "imageUrl": HTTPS, "action": label(13) });
    let cases: Vec<(Value, &str)> = vec![
        (json!({ "type": "poem" }), "type"),
        (
            json!({ "type": "text", "text": "a", "emojis": [{ "index": 0, "productId": "p", "emojiId": "e" }] }),
            "emojis[0].index",
        ),
        (json!({ "type": "textV2", "text": "{a}" }), "text"),
        (json!({ "type": "text", "text": "x", "sender": { "name": "LINEより" } }), "sender.name"),
        (
            json!({ "type": "image", "originalContentUrl": "http://a.example/", "previewImageUrl": HTTPS }),
            "originalContentUrl",
        ),
        (
            json!({ "type": "image", "originalContentUrl": HTTPS, "previewImageUrl": format!("https://a.example/{}", "x".repeat(2000)) }),
            "previewImageUrl",
        ),
        (json!({ "type": "audio", "originalContentUrl": HTTPS }), "duration"),
        (
            json!({ "type": "location", "title": "a", "address": "b", "latitude": 91.0, "longitude": 0.0 }),
            "latitude",
        ),
        (buttons(json!({ "title": "あ".repeat(41) })), "template.title"),
        (buttons(json!({ "title": "題", "text": "あ".repeat(61) })), "template.text"),
        (buttons(json!({ "text": "あ".repeat(161) })), "template.text"),
        (buttons(json!({ "actions": vec![uri(); 5] })), "template.actions"),
        (buttons(json!({ "imageBackgroundColor": "red" })), "template.imageBackgroundColor"),
        (
            json!({ "type": "template", "altText": "あ".repeat(1501), "template": { "type": "confirm", "text": "?", "actions": [uri(), uri()] } }),
            "altText",
        ),
        (
            json!({ "type": "template", "altText": "x", "template": { "type": "confirm", "text": "?", "actions": [uri()] } }),
            "template.actions",
        ),
        (carousel(json!(vec![json!({ "text": "a", "actions": [uri()] }); 11])), "template.columns"),
        (carousel(json!([{ "text": "あ".repeat(121), "actions": [uri()] }])), "template.columns[0].text"),
        (carousel(uneven), "template.columns[1]"),
        (
            json!({ "type": "template", "altText": "x", "template": { "type": "image_carousel", "columns": [image] } }),
            "template.columns[0].action.label",
        ),
        (with_action(&label(21)), "template.actions[0].label"),
        (
            with_action(&json!({ "type": "uri", "label": "x", "uri": "mailto:a@b.example" })),
            "template.actions[0].uri",
        ),
        (
            with_action(&json!({ "type": "postback", "label": "x", "data": "🍎".repeat(151) })),
            "template.actions[0].data",
        ),
        (
            with_action(
                &json!({ "type": "postback", "label": "x", "data": "d", "displayText": "a", "text": "b" }),
            ),
            "template.actions[0].text",
        ),
        (
            with_action(&json!({ "type": "postback", "label": "x", "data": "d", "fillInText": "a" })),
            "template.actions[0].fillInText",
        ),
        (
            with_action(
                &json!({ "type": "datetimepicker", "label": "x", "data": "d", "mode": "date", "max": "2026/11/23" }),
            ),
            "template.actions[0].max",
        ),
        (with_action(&json!({ "type": "camera", "label": "x" })), "template.actions[0].type"),
        (
            with_action(
                &json!({ "type": "richmenuswitch", "label": "x", "richMenuAliasId": "a", "data": "d" }),
            ),
            "template.actions[0].type",
        ),
        (quick(json!({ "type": "location" })), "quickReply.items[0].action.label"),
        (imagemap(json!({ "baseSize": { "width": 1039, "height": 1040 } })), "baseSize.width"),
        (
            imagemap(json!({ "actions": [{ "type": "uri", "linkUri": "https://city.example/" }] })),
            "actions[0].area",
        ),
        (
            imagemap(json!({ "actions": [{ "type": "message", "text": "a".repeat(401), "area": area }] })),
            "actions[0].text",
        ),
        (
            imagemap(
                json!({ "actions": [{ "type": "uri", "linkUri": format!("https://a.example/{}", "x".repeat(1000)), "area": area }] }),
            ),
            "actions[0].linkUri",
        ),
        (flex(&json!({ "type": "carousel", "contents": vec![bubble(&[]); 13] })), "contents.contents"),
        (flex(&bubble(&[long])), "contents"),
        (flex(&bubble(&[json!({ "type": "icon", "url": HTTPS })])), "contents.body.contents[0].type"),
        (flex(&bubble(&[json!({ "type": "text" })])), "contents.body.contents[0].text"),
        (
            flex(&bubble(&[json!({ "type": "text", "text": "x", "color": "red" })])),
            "contents.body.contents[0].color",
        ),
        (
            flex(&bubble(&[json!({ "type": "button", "action": label(41) })])),
            "contents.body.contents[0].action.label",
        ),
        (flex(&json!({ "type": "bubble", "size": "huge" })), "contents.size"),
    ];
    for (message, property) in cases {
        assert_eq!(wrong(&line, &message).await, [property], "{message}");
    }
}
