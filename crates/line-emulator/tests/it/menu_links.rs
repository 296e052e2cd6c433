//! Menus of single people, of many, and tabs.

use crate::menus::{menu, png};
use crate::sending::{crowd, date, finished};
use crate::support::{BOT, Line, TOKEN, answer, header};
use crate::webhooks::Receiver;
use serde_json::{Value, json};

/// A menu with its picture.
pub(crate) async fn made(line: &Line, name: &str) -> String {
    let mut menu = menu();
    menu["name"] = name.into();
    let id = without_picture(line, &menu).await;
    let url = line.data(&format!("/v2/bot/richmenu/{id}/content"));
    let upload = line.client.post(url).bearer_auth(TOKEN).header("content-type", "image/png");
    assert_eq!(answer(upload.body(png(2500, 1686))).await.0, 200);
    id
}

async fn without_picture(line: &Line, menu: &Value) -> String {
    let (status, made) = answer(line.bot("POST", "/v2/bot/richmenu").json(menu)).await;
    assert_eq!(status, 200, "{made}");
    made["richMenuId"].as_str().expect("id").to_owned()
}

async fn shown(line: &Line, persona: &str) -> Value {
    let state = line.get_json(&line.access(&format!("/phone/{persona}/state"))).await;
    state["talks"][0]["menu"]["menu"]["name"].clone()
}

#[tokio::test]
async fn a_persons_own_menu_comes_before_the_default() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    let (own, default) = (made(&line, "わたしの").await, made(&line, "みんなの").await);
    assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/all/richmenu/{default}"))).await.0, 200);
    let of = |user: &str| format!("/v2/bot/user/{user}/richmenu");
    let [hanako, taro] = [line.user_id("hanako").await, line.user_id("taro").await];
    let none = (404, json!({ "message": "the user has no richmenu" }));
    assert_eq!(answer(line.bot("GET", &of(&hanako))).await, none);
    for user in [&hanako, &taro] {
        let request = line.bot("POST", &format!("{}/{own}", of(user)));
        assert_eq!(answer(request).await, (200, json!({})));
    }
    assert_eq!(answer(line.bot("GET", &of(&hanako))).await.1, json!({ "richMenuId": own }));
    assert_eq!(answer(line.bot("GET", &of(&taro))).await, none, "nothing happens to who is no friend");
    assert_eq!([shown(&line, "hanako").await, shown(&line, "taro").await], ["わたしの", "みんなの"]);
    assert_eq!(answer(line.bot("DELETE", &of(&hanako))).await.0, 200);
    assert_eq!(shown(&line, "hanako").await, "みんなの");
    let wrong = answer(line.bot("GET", &of("hanako"))).await;
    assert_eq!(wrong, (400, json!({ "message": "The value for the 'userId' parameter is invalid" })));
    let bare = without_picture(&line, &menu()).await;
    let refused = answer(line.bot("POST", &format!("{}/{bare}", of(&hanako)))).await;
    let text = "must upload richmenu image before applying it to user";
    assert_eq!(refused, (400, json!({ "message": text })));
}

#[tokio::test]
async fn many_people_get_a_menu_in_a_while() {
    let line = Line::start().await;
    let users = crowd(&line, 30, Value::Null).await;
    let id = made(&line, "まとめて").await;
    let many = json!({ "richMenuId": id, "userIds": users });
    assert_eq!(answer(line.bot("POST", "/v2/bot/richmenu/bulk/link").json(&many)).await, (202, json!({})));
    assert_eq!(shown(&line, "p000004").await, Value::Null, "not yet");
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    assert_eq!([shown(&line, "p000004").await, shown(&line, "p000033").await], ["まとめて", "まとめて"]);
    let unlink = json!({ "userIds": users });
    assert_eq!(answer(line.bot("POST", "/v2/bot/richmenu/bulk/unlink").json(&unlink)).await.0, 202);
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    assert_eq!(shown(&line, "p000004").await, Value::Null);
    let unknown = json!({ "richMenuId": "richmenu-0", "userIds": users });
    let refused = answer(line.bot("POST", "/v2/bot/richmenu/bulk/link").json(&unknown)).await;
    assert_eq!(refused, (404, json!({ "message": "richmenu not found" })));
    let wrong = json!({ "userIds": ["hanako"] });
    let (status, refused) = answer(line.bot("POST", "/v2/bot/richmenu/bulk/unlink").json(&wrong)).await;
    let text = "The property, 'userIds[0]', in the request body is invalid (line: -, column: -)";
    assert_eq!((status, &refused["message"]), (400, &json!(text)));
}

#[tokio::test]
async fn a_batch_moves_everybody_from_one_menu_to_another() {
    let line = Line::start().await;
    let users = crowd(&line, 3, Value::Null).await;
    let [old, other, new] = [made(&line, "旧").await, made(&line, "別").await, made(&line, "新").await];
    for (user, id) in users.iter().zip([&old, &old, &other]) {
        assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/{user}/richmenu/{id}"))).await.0, 200);
    }
    let bare = without_picture(&line, &menu()).await;
    let check = async |operations: Value| {
        let body = json!({ "operations": operations });
        let validated = line.bot("POST", "/v2/bot/richmenu/validate/batch").json(&body);
        answer(validated).await.1["message"].clone()
    };
    let change = |from: &str, to: &str| json!({ "type": "link", "from": from, "to": to });
    let twice = format!("from richmenu ({old}) is duplicated");
    assert_eq!(check(json!([change(&old, &new), change(&old, &other)])).await, twice.as_str());
    let picture = format!("'to' richmenu ({bare}) must have image but it doesn't");
    assert_eq!(check(json!([change(&old, &bare)])).await, picture.as_str());
    assert_eq!(check(json!([change("richmenu-0", &new)])).await, "Richmenu (richmenu-0) is not found");
    let all = json!([{ "type": "unlinkAll" }, change(&old, &new)]);
    assert_eq!(check(all).await, "'unlinkAll' type can't be combined with other type");

    let operations = json!([change(&old, &new), { "type": "unlink", "from": other }]);
    let body = json!({ "operations": operations, "resumeRequestKey": "key-1" });
    let sent = line.bot("POST", "/v2/bot/richmenu/batch").json(&body).send().await.expect("answer");
    assert_eq!(sent.status(), 202);
    let request = header(&sent, "x-line-request-id");
    let path = "/v2/bot/richmenu/progress/batch";
    let (_, begun) = answer(line.bot("GET", &format!("{path}?requestId={request}"))).await;
    assert_eq!(begun["phase"], "ongoing", "{begun}");
    let done = finished(&line, path, &request).await;
    assert_eq!(done["phase"], "succeeded", "{done}");
    let names = [shown(&line, "p000004").await, shown(&line, "p000005").await, shown(&line, "p000006").await];
    assert_eq!(names, [json!("新"), json!("新"), Value::Null]);
    assert_eq!(answer(line.bot("GET", &format!("{path}?requestId=nonsense"))).await.0, 404);
}

#[tokio::test]
async fn a_tab_switches_the_menu_and_says_so() {
    let line = Line::start().await;
    let mut hook = Receiver::start(&line).await;
    line.act("hanako", "add").await;
    assert_eq!(hook.next().await.0["type"], "follow");
    let second = made(&line, "2枚目").await;
    let mut tabs = menu();
    let tab = |alias: &str| json!({ "type": "richmenuswitch", "richMenuAliasId": alias, "data": "tab" });
    tabs["areas"][0]["action"] = tab("second");
    tabs["areas"][1]["action"] = tab("nowhere");
    let first = without_picture(&line, &tabs).await;
    let url = line.data(&format!("/v2/bot/richmenu/{first}/content"));
    let upload = line.client.post(url).bearer_auth(TOKEN).header("content-type", "image/png");
    assert_eq!(answer(upload.body(png(2500, 1686))).await.0, 200);
    assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/all/richmenu/{first}"))).await.0, 200);
    let alias = json!({ "richMenuAliasId": "second", "richMenuId": second });
    assert_eq!(answer(line.bot("POST", "/v2/bot/richmenu/alias").json(&alias)).await, (200, json!({})));
    for (area, alias, status) in [(1, "nowhere", "RICHMENU_ALIAS_ID_NOTFOUND"), (0, "second", "SUCCESS")] {
        line.control("personas/hanako/tap", json!({ "channel": BOT, "area": area })).await;
        let (event, _) = hook.next().await;
        let expected = json!({ "newRichMenuAliasId": alias, "status": status });
        assert_eq!((&event["type"], &event["postback"]["params"]), (&json!("postback"), &expected));
    }
    assert_eq!(shown(&line, "hanako").await, "2枚目");
}

#[tokio::test]
async fn aliases_are_made_once_changed_listed_and_deleted() {
    let line = Line::start().await;
    let (a, b) = (made(&line, "a").await, made(&line, "b").await);
    let create = async |alias: &str, id: &str| {
        let body = json!({ "richMenuAliasId": alias, "richMenuId": id });
        answer(line.bot("POST", "/v2/bot/richmenu/alias").json(&body)).await
    };
    assert_eq!(create("tab", &a).await, (200, json!({})));
    assert_eq!(create("tab", &b).await, (400, json!({ "message": "conflict richmenu alias id" })));
    assert_eq!(create("other", "richmenu-0").await, (400, json!({ "message": "richmenu not found" })));
    assert_eq!(create("Other!", &a).await.0, 400);
    let path = "/v2/bot/richmenu/alias/tab";
    let update = json!({ "richMenuId": b });
    assert_eq!(answer(line.bot("POST", path).json(&update)).await.0, 200);
    let expected = json!({ "richMenuAliasId": "tab", "richMenuId": b });
    assert_eq!(answer(line.bot("GET", path)).await.1, expected);
    let list = answer(line.bot("GET", "/v2/bot/richmenu/alias/list")).await.1;
    assert_eq!(list, json!({ "aliases": [expected] }));
    assert_eq!(answer(line.bot("DELETE", path)).await.0, 200);
    let missing = (404, json!({ "message": "richmenu alias not found" }));
    assert_eq!(answer(line.bot("GET", path)).await, missing);
}

#[tokio::test]
async fn taps_on_a_menu_are_told_when_twenty_people_tapped() {
    let line = Line::start().await;
    crowd(&line, 25, Value::Null).await;
    let id = made(&line, "数える").await;
    assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/all/richmenu/{id}"))).await.0, 200);
    let today = date(line.emulator.clock().now_ms());
    let tap = async |from: usize, to: usize| {
        for person in from..to {
            let path = format!("personas/p{:06}/tap", person + 4);
            line.control(&path, json!({ "channel": BOT, "area": 0 })).await;
        }
    };
    let insight = async |kind: &str| {
        let path = format!("/v2/bot/insight/richmenu/{id}/{kind}?from={today}&to={today}");
        answer(line.bot("GET", &path)).await
    };
    tap(0, 19).await;
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    assert_eq!(insight("summary").await, (200, json!({ "richMenuId": id })), "nineteen are not told");
    line.control("clock", json!({ "advance_seconds": -24 * 60 * 60 })).await;
    tap(18, 25).await;
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    let (_, summary) = insight("summary").await;
    assert_eq!(summary["clicks"][0]["metrics"], json!({ "count": 26, "uniqueUsers": 25 }), "{summary}");
    assert_eq!(summary["clicks"][1]["metrics"], json!({ "count": 0, "uniqueUsers": 0 }));
    assert_eq!(summary["impression"]["metrics"]["uniqueUsers"], 25);
    let (_, daily) = insight("daily").await;
    let expected = json!([{ "count": 26, "uniqueUsers": 25, "date": today }]);
    assert_eq!(daily["clicks"][0]["metrics"], expected, "{daily}");
    let wrong = line.bot("GET", &format!("/v2/bot/insight/richmenu/{id}/daily?from=20260101&to={today}"));
    assert_eq!(answer(wrong).await.0, 400, "more than 99 days");
}
