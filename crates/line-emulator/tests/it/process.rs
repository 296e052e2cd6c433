use crate::support::{BOT, TOKEN, answer, client};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program, ready, with its addresses by name.
async fn run(folder: &Path) -> (Child, HashMap<String, String>) {
    run_with(folder, &[]).await
}

async fn run_with(folder: &Path, more: &[&str]) -> (Child, HashMap<String, String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_line-emulator"))
        .args(["--port", "0", "--data"])
        .arg(folder)
        .args(more)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut addresses = HashMap::new();
    while let Some(line) = lines.next_line().await.expect("line") {
        if line == "ready" {
            break;
        }
        let (name, rest) = line.split_once(' ').expect("name and value");
        addresses.insert(name.to_owned(), rest.to_owned());
    }
    (child, addresses)
}

#[tokio::test]
async fn what_was_answered_is_there_after_kill_9() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut child, at) = run(folder.path()).await;
    let client = client();
    let add = client.post(format!("{}/_emulator/personas/hanako/add", at["access"]));
    assert_eq!(answer(add.json(&json!({ "channel": BOT }))).await.0, 200);
    let (_, people) = answer(client.get(format!("{}/_emulator/personas", at["access"]))).await;
    let user = people[0]["channels"][0]["user_id"].clone();
    let push = json!({ "to": user, "messages": [{ "type": "text", "text": "x" }] });
    for _ in 0..50 {
        let request = client.post(format!("{}/v2/bot/message/push", at["api"])).bearer_auth(TOKEN);
        assert_eq!(answer(request.json(&push)).await.0, 200);
    }
    child.kill().await.expect("SIGKILL");

    let (mut child, at) = run(folder.path()).await;
    let count = async |path: &str| {
        let (_, list) = answer(client.get(format!("{}/_emulator/{path}", at["access"]))).await;
        list.as_array().map(Vec::len)
    };
    assert_eq!(count("personas/hanako/messages").await, Some(50));
    assert_eq!(count("requests").await, Some(50));
    let id = child.id().expect("running").to_string();
    Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
    assert_eq!(child.wait().await.expect("end").code(), Some(0));
}

#[tokio::test]
async fn a_taken_port_is_said_in_one_line() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = taken.local_addr().expect("address").port().to_string();
    let program = env!("CARGO_BIN_EXE_line-emulator");
    let output = Command::new(program).args(["--port", &port]).output().await.expect("output");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.lines().count() == 1 && said.contains("choose another port"), "{said}");
    assert_eq!(Value::from(output.stdout.len()), json!(0));
}

#[tokio::test]
async fn the_readmes_configuration_and_options_are_taken() {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once("```json\n").expect("an example");
    let (seed, _) = after.split_once("```").expect("its end");
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("seed.json");
    std::fs::write(&file, seed).expect("written");
    let (hook, callback) = ("http://127.0.0.1:9/hook", "http://localhost:9/callback");
    let file = file.to_str().expect("path");
    let more = ["--config", file, "--webhook", hook, "--callback", callback];
    let (_child, at) = run_with(folder.path(), &more).await;
    assert_eq!(at["phone"], format!("{}/phone", at["access"]));
    let (_, channels) = answer(client().get(format!("{}/_emulator/channels", at["access"]))).await;
    assert_eq!((&channels[0]["id"], &channels[0]["callbacks"]), (&json!("1"), &json!([callback])));
    assert_eq!((&channels[1]["token"], &channels[1]["webhook"]), (&json!("t0ken"), &json!(hook)));
}
