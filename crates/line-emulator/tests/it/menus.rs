use crate::support::{BOT, Line, TOKEN, answer};
use serde_json::{Value, json};

pub(crate) fn menu() -> Value {
    json!({
        "size": { "width": 2500, "height": 1686 },
        "selected": true,
        "name": "手続",
        "chatBarText": "手続メニュー",
        "areas": [
            { "bounds": { "x": 0, "y": 0, "width": 1250, "height": 1686 },
              "action": { "type": "uri", "label": "犬", "uri": "https://city.example/dog" } },
            { "bounds": { "x": 1250, "y": 0, "width": 1250, "height": 1686 },
              "action": { "type": "postback", "label": "ほか", "data": "other" } },
        ],
    })
}

/// Enough of a PNG for a look at its size.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width, &height, &[8, 2, 0, 0, 0]].concat()
}

#[tokio::test]
async fn a_menu_is_made_pictured_and_shown_to_all() {
    let line = Line::start().await;
    let (status, made) = answer(line.bot("POST", "/v2/bot/richmenu").json(&menu())).await;
    assert_eq!(status, 200, "{made}");
    let id = made["richMenuId"].as_str().expect("id");
    let default = |method: &str| answer(line.bot(method, "/v2/bot/user/all/richmenu"));
    let set = || answer(line.bot("POST", &format!("/v2/bot/user/all/richmenu/{id}")));
    assert_eq!(default("GET").await, (404, json!({ "message": "no default richmenu" })));
    let no_image = json!({ "message": "must upload richmenu image before applying it to user" });
    assert_eq!(set().await, (400, no_image));
    let upload = |kind: &str, bytes: Vec<u8>| {
        let url = line.data(&format!("/v2/bot/richmenu/{id}/content"));
        answer(line.client.post(url).bearer_auth(TOKEN).header("content-type", kind).body(bytes))
    };
    assert_eq!(upload("image/gif", png(2500, 1686)).await.0, 415);
    let wrong = json!({ "message": "The image size is not allowed for richmenu" });
    assert_eq!(upload("image/png", png(2500, 2000)).await, (400, wrong));
    assert_eq!(upload("image/png", png(2500, 1686)).await, (200, json!({})));
    let twice = json!({ "message": "An image has already been uploaded to the richmenu" });
    assert_eq!(upload("image/png", png(2500, 1686)).await, (400, twice));
    assert_eq!(set().await.0, 200);
    assert_eq!(default("GET").await.1, json!({ "richMenuId": id }));
    let list = answer(line.bot("GET", "/v2/bot/richmenu/list")).await.1;
    assert_eq!(list["richmenus"][0]["chatBarText"], "手続メニュー");

    let tap = json!({ "channel": BOT, "area": 0 });
    let tapped = line.control("personas/hanako/tap", tap).await;
    assert_eq!(tapped["open"], "https://city.example/dog");
    assert_eq!(tapped["action"]["label"], "犬");
    assert_eq!(default("DELETE").await.0, 200);
    let gone = || answer(line.bot("DELETE", &format!("/v2/bot/richmenu/{id}")));
    assert_eq!((gone().await.0, gone().await.0), (200, 404));
}

#[tokio::test]
async fn a_menu_out_of_shape_is_refused_by_property() {
    let line = Line::start().await;
    let check = async |path: &str, value: Value| {
        let mut menu = menu();
        *menu.pointer_mut(path).expect("path") = value;
        let (status, body) = answer(line.bot("POST", "/v2/bot/richmenu").json(&menu)).await;
        (status, body["details"][0]["property"].clone())
    };
    assert_eq!(check("/chatBarText", json!("あ".repeat(15))).await, (400, json!("chatBarText")));
    assert_eq!(check("/size/height", json!(2500)).await, (400, json!("size")));
    assert_eq!(check("/areas/0/action/uri", json!("city")).await, (400, json!("areas[0].action.uri")));
    let areas = vec![menu()["areas"][0].clone(); 21];
    assert_eq!(check("/areas", json!(areas)).await, (400, json!("areas")));
}

#[tokio::test]
async fn the_managers_menu_is_seen_until_the_api_sets_one() {
    use base64::Engine;
    let line = Line::start().await;
    let image = base64::engine::general_purpose::STANDARD.encode(png(2500, 1686));
    let shown = async |persona: &str| {
        let state = line.get_json(&line.access(&format!("/phone/{persona}/state"))).await;
        state["talks"][0]["menu"]["menu"]["name"].clone()
    };
    let mut managers = menu();
    managers["name"] = "市の公式".into();
    let body = json!({ "channel": BOT, "menu": managers, "image_base64": image });
    line.control("manager/richmenu", body).await;
    assert_eq!(shown("hanako").await, "市の公式");
    let picture = line.get_json(&line.access("/phone/hanako/state")).await["talks"][0]["menu"]["id"].clone();
    let picture = line.client.get(line.access(&format!("/phone/menu/{}", picture.as_str().expect("id"))));
    assert_eq!(answer(picture).await.0, 200);
    let list = answer(line.bot("GET", "/v2/bot/richmenu/list")).await.1;
    assert_eq!(list, json!({ "richmenus": [] }), "the API does not know the Manager's menus");

    let (_, made) = answer(line.bot("POST", "/v2/bot/richmenu").json(&menu())).await;
    let id = made["richMenuId"].as_str().expect("id");
    let url = line.data(&format!("/v2/bot/richmenu/{id}/content"));
    let upload = line.client.post(url).bearer_auth(TOKEN).header("content-type", "image/png");
    assert_eq!(answer(upload.body(png(2500, 1686))).await.0, 200);
    assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/all/richmenu/{id}"))).await.0, 200);
    assert_eq!(shown("hanako").await, "手続");
    assert_eq!(answer(line.bot("DELETE", "/v2/bot/user/all/richmenu")).await.0, 200);
    assert_eq!(shown("hanako").await, "市の公式");
    line.control("manager/richmenu", json!({ "channel": BOT })).await;
    assert_eq!(shown("hanako").await, Value::Null);
    let bad = line.client.post(line.access("/_emulator/manager/richmenu"));
    let bad = bad.json(&json!({ "channel": BOT, "menu": menu(), "image_base64": "AAAA" }));
    assert_eq!(answer(bad).await.0, 400);
}
