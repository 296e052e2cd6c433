//! Statistics and audiences: from what people here really did.

use crate::sending::{crowd, date};
use crate::support::{BOT, Line, TOKEN, answer, header};
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60;

async fn broadcast(line: &Line, messages: Value) -> String {
    let body = json!({ "messages": messages });
    let sent = line.bot("POST", "/v2/bot/message/broadcast").json(&body).send().await.expect("answer");
    assert_eq!(sent.status(), 200);
    header(&sent, "x-line-request-id")
}

fn page() -> Value {
    let action = json!({ "type": "uri", "label": "ひらく", "uri": "https://city.example/news?a=1&b=2" });
    let template = json!({ "type": "buttons", "text": "本文", "actions": [action] });
    json!([{ "type": "template", "altText": "お知らせ", "template": template }])
}

#[tokio::test]
async fn followers_never_fall_and_yesterday_is_ready() {
    let line = Line::start().await;
    line.act("hanako", "add").await;
    line.act("taro", "add").await;
    line.act("taro", "block").await;
    let today = date(line.emulator.clock().now_ms());
    let path = format!("/v2/bot/insight/followers?date={today}");
    assert_eq!(answer(line.bot("GET", &path)).await.1, json!({ "status": "unready" }));
    line.control("clock", json!({ "advance_seconds": DAY })).await;
    let expected = json!({ "status": "ready", "followers": 2, "targetedReaches": 1, "blocks": 1 });
    assert_eq!(answer(line.bot("GET", &path)).await, (200, expected));
    let old = answer(line.bot("GET", "/v2/bot/insight/followers?date=20150101")).await.1;
    assert_eq!(old, json!({ "status": "out_of_service" }));
    let missing = answer(line.bot("GET", "/v2/bot/insight/message/delivery")).await;
    assert_eq!(missing, (400, json!({ "message": "date is required" })));
}

#[tokio::test]
async fn looks_and_clicks_are_told_from_twenty_people_on() {
    let line = Line::start().await;
    crowd(&line, 30, Value::Null).await;
    let request = broadcast(&line, page()).await;
    let statistics = async || {
        let path = format!("/v2/bot/insight/message/event?requestId={request}");
        answer(line.bot("GET", &path)).await.1
    };
    let open = async |person: usize| {
        let body = json!({ "channel": BOT, "uri": "https://city.example/news?a=1&b=2" });
        line.control(&format!("personas/p{person:06}/open"), body).await
    };
    for person in 4..26 {
        line.control(&format!("personas/p{person:06}/look"), json!({ "channel": BOT })).await;
    }
    open(4).await;
    let seen = statistics().await;
    assert_eq!(seen["overview"]["delivered"], 30, "{seen}");
    assert_eq!(
        (&seen["overview"]["uniqueImpression"], &seen["overview"]["uniqueClick"]),
        (&json!(22), &Value::Null)
    );
    assert_eq!((&seen["messages"][0]["seq"], &seen["messages"][0]["impression"]), (&json!(1), &json!(22)));
    for person in 4..34 {
        open(person).await;
    }
    let clicked = statistics().await;
    assert_eq!(clicked["overview"]["uniqueImpression"], 30, "what is opened was seen");
    let expected = json!({
        "seq": 1, "url": "https://city.example/news?a=1&b=2", "click": 31, "uniqueClick": 30,
        "uniqueClickOfRequest": 30,
    });
    assert_eq!(clicked["clicks"], json!([expected]));
    let unknown = "/v2/bot/insight/message/event?requestId=00000000-0000-4000-8000-000000000000";
    assert_eq!(answer(line.bot("GET", unknown)).await.0, 404);
}

#[tokio::test]
async fn a_unit_gathers_many_pushes() {
    let line = Line::start().await;
    let users = crowd(&line, 21, Value::Null).await;
    for (index, user) in users.iter().enumerate() {
        let body = json!({ "to": user, "messages": page(), "customAggregationUnits": ["dog"] });
        assert_eq!(answer(line.push(&body)).await.0, 200);
        line.control(&format!("personas/p{:06}/look", index + 4), json!({ "channel": BOT })).await;
    }
    let today = date(line.emulator.clock().now_ms());
    let path = "/v2/bot/insight/message/event/aggregation";
    let get = async |query: &str| answer(line.bot("GET", &format!("{path}?{query}"))).await;
    let (status, body) = get(&format!("customAggregationUnit=dog&from={today}&to={today}")).await;
    assert_eq!((status, &body["overview"]["uniqueImpression"]), (200, &json!(21)), "{body}");
    let (status, other) = get(&format!("customAggregationUnit=cat&from={today}&to={today}")).await;
    assert_eq!(
        (status, &other["overview"]["uniqueImpression"], &other["messages"]),
        (200, &Value::Null, &json!([]))
    );
    assert_eq!(get(&format!("customAggregationUnit=dog&from=20260101&to={today}")).await.0, 400);
}

#[tokio::test]
async fn friends_are_described_as_far_as_line_knows_them() {
    let line = Line::start().await;
    assert_eq!(answer(line.bot("GET", "/v2/bot/insight/demographic")).await.1, json!({ "available": false }));
    crowd(&line, 30, json!({ "gender": "female", "age": 34, "area": "愛知", "app": "ios" })).await;
    crowd(&line, 10, Value::Null).await;
    let (_, body) = answer(line.bot("GET", "/v2/bot/insight/demographic")).await;
    assert_eq!(body["available"], true);
    let genders =
        json!([{ "gender": "female", "percentage": 75.0 }, { "gender": "unknown", "percentage": 25.0 }]);
    assert_eq!(body["genders"], genders);
    assert_eq!(body["ages"][0], json!({ "age": "from30to34", "percentage": 75.0 }));
    assert_eq!(
        body["subscriptionPeriods"],
        json!([{ "subscriptionPeriod": "within7days", "percentage": 100.0 }])
    );
}

/// Adds ids as a file of lines, in a form.
async fn add_by_file(line: &Line, id: &Value, users: &[String]) {
    let head = "--b\r\nContent-Disposition: form-data; name=";
    let file = users.join("\n");
    let form = format!(
        "{head}\"audienceGroupId\"\r\n\r\n{id}\r\n\
         {head}\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n{file}\r\n--b--\r\n",
    );
    let url = line.data("/v2/bot/audienceGroup/upload/byFile");
    let put =
        line.client.put(url).bearer_auth(TOKEN).header("content-type", "multipart/form-data; boundary=b");
    assert_eq!(answer(put.body(form)).await.0, 202);
}

#[tokio::test]
async fn an_audience_becomes_ready_grows_and_narrows_a_narrowcast() {
    let line = Line::start().await;
    let users = crowd(&line, 80, Value::Null).await;
    let ids = |range: std::ops::Range<usize>| -> Vec<Value> {
        users[range].iter().map(|id| json!({ "id": id })).collect()
    };
    let body = json!({ "description": "犬を飼う人", "audiences": ids(0..40) });
    let (status, made) = answer(line.bot("POST", "/v2/bot/audienceGroup/upload").json(&body)).await;
    assert_eq!(
        (status, &made["type"], &made["permission"]),
        (202, &json!("UPLOAD"), &json!("READ_WRITE")),
        "{made}"
    );
    let id = &made["audienceGroupId"];
    let get = async || answer(line.bot("GET", &format!("/v2/bot/audienceGroup/{id}"))).await.1;
    assert_eq!(get().await["audienceGroup"]["status"], "IN_PROGRESS");
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    let ready = get().await;
    assert_eq!(
        (&ready["audienceGroup"]["status"], &ready["audienceGroup"]["audienceCount"]),
        (&json!("READY"), &json!(40))
    );
    assert_eq!(
        (&ready["jobs"][0]["jobStatus"], &ready["jobs"][0]["type"]),
        (&json!("FINISHED"), &json!("DIFF_ADD"))
    );

    let recipient = json!({ "type": "audience", "audienceGroupId": id });
    let narrow = json!({ "messages": [{ "type": "text", "text": "x" }], "recipient": recipient });
    let send = async || {
        let request = line.bot("POST", "/v2/bot/message/narrowcast").json(&narrow);
        let sent = request.send().await.expect("answer");
        assert_eq!(sent.status(), 202);
        crate::sending::finished(
            &line,
            "/v2/bot/message/progress/narrowcast",
            &header(&sent, "x-line-request-id"),
        )
        .await
    };
    assert_eq!(send().await["errorCode"], 4, "an audience of less than 50");

    add_by_file(&line, id, &users[30..60]).await;
    line.control("clock", json!({ "advance_seconds": 2 })).await;
    assert_eq!(get().await["audienceGroup"]["audienceCount"], 60);
    let done = send().await;
    assert_eq!((&done["phase"], &done["successCount"]), (&json!("succeeded"), &json!(60)), "{done}");
    assert_eq!([line.arrived("p000004"), line.arrived("p000070")], [1, 0]);

    let rename = json!({ "description": "犬" });
    let path = format!("/v2/bot/audienceGroup/{id}/updateDescription");
    assert_eq!(answer(line.bot("PUT", &path).json(&rename)).await.0, 200);
    let list = answer(line.bot("GET", "/v2/bot/audienceGroup/list?page=1&description=犬")).await.1;
    assert_eq!((&list["totalCount"], &list["audienceGroups"][0]["description"]), (&json!(1), &json!("犬")));
    assert_eq!(answer(line.bot("DELETE", &format!("/v2/bot/audienceGroup/{id}"))).await.0, 200);
    let gone = answer(line.bot("GET", &format!("/v2/bot/audienceGroup/{id}"))).await;
    let expected = json!({ "message": "audience group not found", "details": [{ "message": "AUDIENCE_GROUP_NOT_FOUND" }] });
    assert_eq!(gone, (400, expected));
}

#[tokio::test]
async fn who_clicked_becomes_an_audience() {
    let line = Line::start().await;
    crowd(&line, 5, Value::Null).await;
    let request = broadcast(&line, page()).await;
    line.control("personas/p000004/look", json!({ "channel": BOT })).await;
    let open = json!({ "channel": BOT, "uri": "https://city.example/news?a=1&b=2" });
    line.control("personas/p000005/open", open).await;
    for (kind, count) in [("click", 1), ("imp", 2)] {
        let body = json!({ "description": kind, "requestId": request });
        let path = format!("/v2/bot/audienceGroup/{kind}");
        let (status, made) = answer(line.bot("POST", &path).json(&body)).await;
        assert_eq!((status, &made["requestId"]), (202, &json!(request)), "{made}");
        let one = format!("/v2/bot/audienceGroup/{}", made["audienceGroupId"]);
        let (_, one) = answer(line.bot("GET", &one)).await;
        assert_eq!(one["audienceGroup"]["audienceCount"], count, "{one}");
        let again = answer(line.bot("POST", &path).json(&body)).await.1;
        assert_eq!(again["details"][0]["message"], "AUDIENCE_GROUP_REQUEST_ID_DUPLICATE");
    }
    let unknown = json!({ "description": "x", "requestId": "00000000-0000-4000-8000-000000000000" });
    let (_, refused) = answer(line.bot("POST", "/v2/bot/audienceGroup/imp").json(&unknown)).await;
    assert_eq!(refused["details"][0]["message"], "REQUEST_NOT_FOUND");
    let long = json!({ "description": "あ".repeat(121) });
    let (_, refused) = answer(line.bot("POST", "/v2/bot/audienceGroup/upload").json(&long)).await;
    assert_eq!(refused["details"][0]["message"], "AUDIENCE_GROUP_NAME_SIZE_OVER");
}
