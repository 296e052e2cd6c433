//! Answers have the fields that LINE's reference says they have, of the kinds it says.

use crate::menu_links::made;
use crate::sending::{crowd, date};
use crate::support::{Line, answer};
use serde_json::{Value, json};

/// Addresses with the fields that LINE documents for them.
const SHAPES: &[(&str, &[&str])] = &[
    ("/v2/bot/info", &["userId:s", "basicId:s", "displayName:s", "chatMode:s", "markAsReadMode:s"]),
    ("/v2/bot/profile/{user}", &["userId:s", "displayName:s", "pictureUrl:s", "language:s"]),
    ("/v2/bot/followers/ids?limit=10", &["userIds:l", "next:s"]),
    ("/v2/bot/message/quota", &["type:s"]),
    ("/v2/bot/message/quota/consumption", &["totalUsage:i"]),
    ("/v2/bot/message/delivery/push?date={today}", &["status:s", "success:i"]),
    ("/v2/bot/message/aggregation/info", &["numOfCustomAggregationUnits:i"]),
    ("/v2/bot/message/aggregation/list", &["customAggregationUnits:l"]),
    (
        "/v2/bot/richmenu/{menu}",
        &[
            "richMenuId:s",
            "size.width:i",
            "selected:b",
            "name:s",
            "chatBarText:s",
            "areas[].bounds.x:i",
            "areas[].action:o",
        ],
    ),
    ("/v2/bot/richmenu/list", &["richmenus[].richMenuId:s"]),
    ("/v2/bot/richmenu/alias/list", &["aliases:l"]),
    ("/v2/bot/user/{user}/richmenu", &["richMenuId:s"]),
    ("/v2/bot/insight/followers?date={today}", &["status:s", "followers:i", "targetedReaches:i", "blocks:i"]),
    (
        "/v2/bot/insight/message/delivery?date={today}",
        &["status:s", "apiBroadcast:i", "apiPush:i", "apiMulticast:i", "apiNarrowcast:i", "apiReply:i"],
    ),
    (
        "/v2/bot/insight/demographic",
        &[
            "available:b",
            "genders[].gender:s",
            "genders[].percentage:n",
            "ages[].age:s",
            "areas[].area:s",
            "appTypes[].appType:s",
            "subscriptionPeriods[].subscriptionPeriod:s",
        ],
    ),
    (
        "/v2/bot/insight/message/event?requestId={request}",
        &[
            "overview.requestId:s",
            "overview.timestamp:i",
            "overview.delivered:i",
            "overview.uniqueImpression?:i",
            "overview.uniqueClick?:i",
            "overview.uniqueMediaPlayed?:i",
            "messages[].seq:i",
            "messages[].impression?:i",
            "messages[].mediaPlayed25Percent?:i",
            "clicks:l",
        ],
    ),
    (
        "/v2/bot/insight/message/event/aggregation?customAggregationUnit=a&from={today}&to={today}",
        &["overview.uniqueImpression?:i", "messages:l", "clicks:l"],
    ),
    ("/v2/bot/insight/richmenu/{menu}/summary?from={today}&to={today}", &["richMenuId:s"]),
    (
        "/v2/bot/audienceGroup/{audience}",
        &[
            "audienceGroup.audienceGroupId:i",
            "audienceGroup.type:s",
            "audienceGroup.status:s",
            "audienceGroup.audienceCount:i",
            "audienceGroup.created:i",
            "audienceGroup.permission:s",
            "audienceGroup.createRoute:s",
            "audienceGroup.isIfaAudience:b",
            "jobs[].audienceGroupJobId:i",
            "jobs[].jobStatus:s",
        ],
    ),
    (
        "/v2/bot/audienceGroup/list?page=1",
        &[
            "audienceGroups[].audienceGroupId:i",
            "hasNextPage:b",
            "totalCount:i",
            "readWriteAudienceGroupTotalCount:i",
            "page:i",
            "size:i",
        ],
    ),
    ("/v2/bot/coupon", &["items:l"]),
];

/// `name:kind`; a `?` after the name allows null, a dot leads into an object, `[]` into the first of a list.
fn has(body: &Value, field: &str) -> bool {
    let (path, kind) = field.split_once(':').expect("name:kind");
    let nullable = path.ends_with('?');
    let mut at = body;
    for part in path.trim_end_matches('?').split('.') {
        at = match part.strip_suffix("[]") {
            Some(list) => &at[list][0],
            None => match at.get(part) {
                Some(inner) => inner,
                None => return false,
            },
        };
    }
    match (kind, at) {
        (_, Value::Null) => nullable,
        ("s", value) => value.is_string(),
        ("i", value) => value.is_i64() || value.is_u64(),
        ("n", value) => value.is_number(),
        ("b", value) => value.is_boolean(),
        ("l", value) => value.is_array(),
        ("o", value) => value.is_object(),
        (other, _) => panic!("no kind {other}"),
    }
}

#[tokio::test]
async fn answers_have_the_shape_that_line_documents() {
    let line = Line::start().await;
    let users = crowd(&line, 25, json!({ "gender": "male", "age": 50, "app": "android" })).await;
    let user = &users[0];
    let menu = made(&line, "形").await;
    let today = date(line.emulator.clock().now_ms());
    line.control("clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    assert_eq!(answer(line.bot("POST", &format!("/v2/bot/user/{user}/richmenu/{menu}"))).await.0, 200);
    let sent = line
        .bot("POST", "/v2/bot/message/broadcast")
        .json(&json!({ "messages": [{ "type": "text", "text": "x" }] }));
    let sent = sent.send().await.expect("answer");
    let request = crate::support::header(&sent, "x-line-request-id");
    let audience = json!({ "description": "x", "audiences": [{ "id": user }] });
    let (_, audience) = answer(line.bot("POST", "/v2/bot/audienceGroup/upload").json(&audience)).await;
    let audience = audience["audienceGroupId"].to_string();
    for (path, fields) in SHAPES {
        let filled = [
            ("{user}", user.as_str()),
            ("{today}", &today),
            ("{menu}", &menu),
            ("{request}", &request),
            ("{audience}", &audience),
        ]
        .iter()
        .fold((*path).to_owned(), |path, (name, value)| path.replace(name, value));
        let (status, body) = answer(line.bot("GET", &filled)).await;
        assert_eq!(status, 200, "{path}: {body}");
        for field in *fields {
            assert!(has(&body, field), "{path} has no {field}: {body}");
        }
    }
}
