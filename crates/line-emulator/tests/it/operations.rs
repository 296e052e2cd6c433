//! What the README says of LINE's operations is true.

use crate::support::{Line, answer};
use serde_json::json;

/// LINE's operations: method, host, path, limit, retry key.
const TABLE: &str = include_str!("../../src/api/operations.tsv");
const README: &str = include_str!("../../README.md");

/// What the README says: a line in its list, with a mark or without.
fn is_promised(method: &str, host: &str, path: &str) -> bool {
    let named = format!("| `{method} {path}` | {host} |");
    let lines: Vec<&str> = README.lines().filter(|line| line.starts_with(&named)).collect();
    assert_eq!(lines.len(), 1, "the README lists {named} once");
    let covered = lines[0].ends_with("| yes |");
    assert!(covered || lines[0].ends_with("| 404 |"), "{}", lines[0]);
    covered
}

#[tokio::test]
async fn what_is_listed_as_covered_answers_and_all_else_is_404() {
    let line = Line::start().await;
    let mut counts = [0, 0];
    for operation in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = operation.split('\t').collect();
        let (method, host, path) = (fields[0], fields[1], fields[2]);
        // Nobody's token: what exists asks for one, or for parameters; what does not exist is not found.
        let literal: Vec<&str> = path.split('/').map(|p| if p.starts_with('{') { "x1" } else { p }).collect();
        let literal = literal.join("/");
        let url = if host == "api-data.line.me" { line.data(&literal) } else { line.api(&literal) };
        let request = line.client.request(method.parse().expect("method"), url).body("{}");
        let (status, body) = answer(request).await;
        let covered = is_promised(method, host, path);
        counts[usize::from(covered)] += 1;
        assert_eq!(status != 404, covered, "{method} {host} {path}: {status} {body}");
        if !covered {
            assert_eq!(body, json!({ "message": "Not found" }));
        }
    }
    let said =
        format!("{} of LINE's 111 documented operations are covered, {} are not", counts[1] + 1, counts[0]);
    assert!(README.contains(&said), "the README says: {said}");
    let listed = README.lines().filter(|l| l.starts_with("| `") && l.contains(" | api")).count();
    let elsewhere = README.lines().filter(|l| l.contains(" | manager.line.biz | ")).count();
    assert_eq!(listed + elsewhere, counts[0] + counts[1], "the README lists nothing else");
}

#[tokio::test]
async fn superfluous_characters_and_other_hosts_are_404() {
    let line = Line::start().await;
    for path in ["/v2/bot/info/", "//v2/bot/info", "/v2/bot//info", "/V2/bot/info", "/v2/bot/message/push/"] {
        assert_eq!(answer(line.bot("GET", path)).await.0, 404, "{path}");
    }
    let url = line.data("/v2/bot/info");
    assert_eq!(answer(line.client.get(url).bearer_auth(crate::support::TOKEN)).await.0, 404);
}

#[tokio::test]
async fn each_endpoint_has_lines_limit_for_itself_and_each_channel() {
    let line = Line::start().await;
    let batch = json!({ "operations": [{ "type": "unlinkAll" }] });
    let statuses = async |path: &str, count: usize| {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(answer(line.bot("POST", path).json(&batch)).await.0);
        }
        all
    };
    assert_eq!(statuses("/v2/bot/richmenu/batch", 4).await, [202, 202, 202, 429], "three an hour");
    assert_eq!(statuses("/v2/bot/richmenu/validate/batch", 4).await, [200; 4]);
    let (_, refused) = answer(line.bot("POST", "/v2/bot/richmenu/batch").json(&batch)).await;
    assert_eq!(refused["message"], "The API rate limit has been exceeded. Try again later.");
    line.control("clock", json!({ "advance_seconds": 20 * 60 })).await;
    assert_eq!(statuses("/v2/bot/richmenu/batch", 2).await, [202, 429], "one more after a third of an hour");
}
