//! The cases, by name.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::browser::Browser;
use crate::empty::Empty;
use crate::journey::{self, Confirmed, Visitor};
use crate::load::{self, Ask, Make, Measured, Plan};
use crate::report::{self, Report, ms};
use crate::server::{PORT, Server};
use crate::{Options, disk, emulator, html};

/// Every case, in the order in which they run.
pub(crate) const NAMES: [&str; 9] = [
    "start",
    "idle",
    "page-form",
    "submit-sqlite",
    "submit-postgres",
    "notice-latency",
    "lane-drain",
    "emulator-push",
    "emulator-personas",
];

/// Connections of a load.
const CONNECTIONS: usize = 64;
/// People who submit: notices of one person go out one after the other, so few people would measure that.
const SUBMITTERS: usize = 512;
/// Later starts of the case `start`.
const STARTS: usize = 5;
/// Submissions a second of `notice-latency`, and every how-many-th one is followed to LINE.
const NOTICE_RATE: f64 = 1_000.0;
const NOTICE_SAMPLE: u64 = 25;

/// LINE takes so many pushes a second from one channel.
const LINE_RATE: f64 = 2_000.0;

/// Runs the chosen cases; `false` where one could not be measured.
pub(crate) async fn run(options: &Options) -> Result<bool> {
    let mut all = true;
    for name in NAMES {
        if !options.names.is_empty() && !options.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let result = match name {
            "start" => start(options).await,
            "idle" => idle(options).await,
            "page-form" => page_form(options).await,
            "submit-sqlite" => submit("submit-sqlite", options, None).await,
            "submit-postgres" => submit_postgres(options).await,
            "lane-drain" => lane_drain(options).await,
            "emulator-push" => emulator::push(options).await,
            "emulator-personas" => emulator::personas(options).await,
            _ => notice_latency(options).await,
        };
        if let Err(error) = result {
            eprintln!("bench: {name}: {error:#}");
            all = false;
        }
    }
    Ok(all)
}

/// From start to `ready` on a folder that has been lived in.
async fn start(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let first = Server::start(&options.programs, data.path(), None).await?;
    let first_took = first.took;
    first.stop().await?;
    let mut later = Vec::new();
    for _ in 0..STARTS {
        let server = Server::start(&options.programs, data.path(), None).await?;
        later.push(server.took);
        server.stop().await?;
    }
    later.sort_unstable();
    let p50 = report::percentile(&later, 0.5);
    let value = p50.map(ms).unwrap_or_default();
    let more = vec![("first_ms", ms(first_took))];
    Report { name: "start", value, unit: "ms", p50, p99: later.last().copied(), more, ..Report::default() }
        .print();
    Ok(())
}

/// Memory, and the share of one processor, when nothing happens.
async fn idle(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    // The first start lives through six weeks; what idles for years is a later one.
    Server::start(&options.programs, data.path(), None).await?.stop().await?;
    let server = Server::start(&options.programs, data.path(), None).await?;
    let pause = Duration::from_secs(options.seconds);
    let before = server.cpu_seconds().context("no process")?;
    tokio::time::sleep(pause).await;
    let used = server.cpu_seconds().context("no process")? - before;
    let rss_mb = server.rss_mb();
    let more = vec![("cpu", used / pause.as_secs_f64())];
    let value = rss_mb.unwrap_or_default();
    Report { name: "idle", value, unit: "MB", rss_mb, more, ..Report::default() }.print();
    server.stop().await
}

/// The form of a person who is signed in; the ceiling is an empty handler with a body of the same length.
async fn page_form(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(&options.programs, data.path(), None).await?;
    let visitors = visitors(&server, CONNECTIONS).await?;
    let bytes = visitors.first().map_or(0, |visitor| visitor.form.text.len());
    let make: Make = {
        let asks: Vec<Ask> = visitors
            .iter()
            .map(|visitor| visitor.browser.request(&Method::GET, &visitor.form.url, Bytes::new()))
            .collect::<Result<_>>()?;
        Arc::new(move |connection, _| asks[connection % asks.len()].clone())
    };
    let measured = load::run(plan(options, PORT, StatusCode::OK), Arc::clone(&make)).await?;
    let rss_mb = server.rss_mb();
    server.stop().await?;
    let empty = Empty::start(bytes).await?;
    let bare = load::run(plan(options, empty.port, StatusCode::OK), make).await?;
    let limit = Some(("empty handler, body of the same length", bare.per_second()));
    let more = vec![("page_bytes", bytes as f64)];
    Report { rss_mb, limit, more, ..Report::of("page-form", &measured) }.print();
    Ok(())
}

async fn submit_postgres(options: &Options) -> Result<()> {
    let measured = fresh_postgres(options, "bench").await?;
    let bare = fresh_postgres(options, "bare").await?;
    submit("submit-postgres", options, Some((&measured, &bare))).await
}

async fn fresh_postgres(options: &Options, what: &str) -> Result<String> {
    let maintenance = options.postgres.as_deref().context("no PostgreSQL; run it by `cargo xtask bench`")?;
    let name = format!("{what}_{}", std::process::id());
    let create = format!("create database {name}");
    let done = tokio::process::Command::new("psql").args([maintenance, "-qc", &create]).status().await?;
    anyhow::ensure!(done.success(), "psql could not make a database");
    let (server, _) = maintenance.rsplit_once('/').context("an address ends with a database")?;
    Ok(format!("{server}/{name}"))
}

/// The same rows in the same batches, on a fresh database with the program's schema.
async fn bare_rows(options: &Options, url: &str, make: Make) -> Result<f64> {
    let mut migrate = tokio::process::Command::new(options.programs.join("madoguchi"));
    let migrate = migrate.arg("migrate").env("MADOGUCHI_DATABASE__URL", url).stdout(Stdio::null());
    anyhow::ensure!(migrate.status().await?.success(), "`madoguchi migrate` made no schema for the limit");
    let bare = Empty::rows(url).await?;
    let measured = load::run(plan(options, bare.port, StatusCode::SEE_OTHER), make).await?;
    Ok(measured.per_second())
}

/// Durable submissions through the whole path; `postgres`: a database to measure, and one for the limit.
async fn submit(name: &'static str, options: &Options, postgres: Option<(&str, &str)>) -> Result<()> {
    let data = tempfile::tempdir()?;
    let syncs = disk::probe(data.path())?;
    let server = Server::start(&options.programs, data.path(), postgres.map(|(url, _)| url)).await?;
    let make = submissions(confirmed(&server).await?);
    let measured = load::run(plan(options, PORT, StatusCode::SEE_OTHER), Arc::clone(&make)).await?;
    let rss_mb = server.rss_mb();
    server.stop().await?;
    let empty = Empty::start(0).await?;
    let handler = load::run(plan(options, empty.port, StatusCode::OK), Arc::clone(&make)).await?;
    drop(empty);
    let bare = format!("sqlite:{}", data.path().join("bare.db").display());
    let rows = bare_rows(options, postgres.map_or(&bare, |(_, url)| url), make).await?;
    let sync = |share| report::percentile(&syncs, share).map(ms).unwrap_or_default();
    let more = vec![
        ("empty_handler", handler.per_second()),
        ("fdatasync_p50_ms", sync(0.5)),
        ("fdatasync_p99_ms", sync(0.99)),
    ];
    let limit = Some(("the same rows in the same batches", rows));
    Report { rss_mb, limit, more, ..Report::of(name, &measured) }.print();
    Ok(())
}

/// From the answer to a submission to LINE's acceptance of its notice.
async fn notice_latency(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(&options.programs, data.path(), None).await?;
    let confirmed = confirmed(&server).await?;
    let make = submissions(confirmed.clone());
    let plan = Plan {
        rate: Some(NOTICE_RATE),
        sample_every: NOTICE_SAMPLE,
        ..plan(options, PORT, StatusCode::SEE_OTHER)
    };
    let measured = load::run(plan, make).await?;
    let accepted = accepted(measured.latencies.len()).await?;
    let latencies = followed(&server, &confirmed, &measured, &accepted).await?;
    let rss_mb = server.rss_mb();
    server.stop().await?;
    let p99 = report::percentile(&latencies, 0.99);
    Report {
        name: "notice-latency",
        value: p99.map(ms).unwrap_or_default(),
        unit: "ms",
        p50: report::percentile(&latencies, 0.5),
        p99,
        rss_mb,
        generator_cpu: Some(measured.generator_cpu),
        more: vec![("followed", latencies.len() as f64), ("submits_per_second", measured.per_second())],
        ..Report::default()
    }
    .print();
    Ok(())
}

/// How fast the lane sends what has piled up while LINE took nothing; the limit is LINE's own rate.
async fn lane_drain(options: &Options) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(&options.programs, data.path(), None).await?;
    let make = submissions(confirmed(&server).await?);
    let refuse = r#"{"endpoint":"POST /v2/bot/message/push","kind":"rate-limit"}"#;
    faults(&Method::POST, refuse).await?;
    let measured = load::run(plan(options, PORT, StatusCode::SEE_OTHER), make).await?;
    faults(&Method::DELETE, "").await?;
    let mut times: Vec<i64> =
        accepted(measured.latencies.len()).await?.into_iter().map(|(at, _)| at).collect();
    let rss_mb = server.rss_mb();
    server.stop().await?;
    times.sort_unstable();
    let (first, last) = (times.first().context("nothing was sent")?, times.last().context("nothing")?);
    let value = times.len() as f64 * 1_000.0 / ((last - first).max(1) as f64);
    let more = vec![("waiting", measured.latencies.len() as f64), ("sent", times.len() as f64)];
    let limit = Some(("LINE's rate of pushes", LINE_RATE));
    Report { name: "lane-drain", value, unit: "1/s", rss_mb, limit, more, ..Report::default() }.print();
    Ok(())
}

/// Orders a fault of LINE, or takes all back.
async fn faults(method: &Method, body: &'static str) -> Result<()> {
    let url = journey::emulator("/_emulator/faults")?;
    let mut connection = load::Connection::open(url.port().context("port")?).await?;
    let mut request = Browser::default().request(method, &url, Bytes::from_static(body.as_bytes()))?;
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(http::header::CONTENT_TYPE, json);
    let answer = connection.ask(request).await?;
    anyhow::ensure!(answer.status().is_success(), "faults: {}", answer.status());
    Ok(())
}

/// Pushes that LINE has accepted: the time, and the body that holds the receipt number.
async fn accepted(expected: usize) -> Result<Vec<(i64, String)>> {
    let mut found = Vec::new();
    let mut since = 0;
    // What was not accepted a minute after the last submission shows in the count of those followed.
    for _ in 0..600 {
        let url = journey::emulator(&format!("/_emulator/requests?since={since}&limit=1000"))?;
        let page = Browser::default().get(&url).await?;
        let list: Value = serde_json::from_str(&page.text).context("the ledger")?;
        let list = list.as_array().context("the ledger is no list")?;
        for request in list {
            since = since.max(request["seq"].as_i64().unwrap_or_default());
            let is_push = request["path"] == "/v2/bot/message/push" && request["status"] == 200;
            if let (true, Some(at)) = (is_push, request["at"].as_i64()) {
                found.push((at, request["body"].to_string()));
            }
        }
        if found.len() >= expected {
            break;
        }
        if list.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(found)
}

/// Sorted times from the answer to the acceptance, of the submissions that were kept.
async fn followed(
    server: &Server,
    confirmed: &[Confirmed],
    measured: &Measured,
    accepted: &[(i64, String)],
) -> Result<Vec<Duration>> {
    let base = url::Url::parse(&server.citizen)?;
    let mut latencies = Vec::new();
    for sample in &measured.samples {
        // Only the person who submitted may see the page.
        let mut browser = confirmed[own_number(sample.connection, sample.number) as usize % confirmed.len()]
            .browser
            .clone();
        let page = browser.get(&base.join(&sample.location)?).await?;
        let Some(receipt) = html::marked(&page.text, "data-receipt") else { continue };
        if let Some((at, _)) = accepted.iter().find(|(_, body)| body.contains(&receipt)) {
            latencies.push(Duration::from_millis((at - sample.at_ms).max(0) as u64));
        }
    }
    latencies.sort_unstable();
    Ok(latencies)
}

fn plan(options: &Options, port: u16, expect: StatusCode) -> Plan {
    let duration = Duration::from_secs(options.seconds);
    Plan { port, connections: CONNECTIONS, duration, rate: None, expect, sample_every: 0 }
}

/// People who are signed in.
async fn visitors(server: &Server, count: usize) -> Result<Vec<Visitor>> {
    let mut visitors = Vec::new();
    for person in journey::people(count).await? {
        visitors.push(journey::sign_in(server, &person).await?);
    }
    Ok(visitors)
}

/// One confirmed form a person.
async fn confirmed(server: &Server) -> Result<Vec<Confirmed>> {
    let mut all = Vec::new();
    for visitor in visitors(server, SUBMITTERS).await? {
        all.push(journey::confirm(&visitor).await?);
    }
    Ok(all)
}

/// A number of its own over all connections.
fn own_number(connection: usize, number: u64) -> u64 {
    number * CONNECTIONS as u64 + connection as u64
}

fn submissions(confirmed: Vec<Confirmed>) -> Make {
    Arc::new(move |connection, number| {
        let number = own_number(connection, number);
        journey::submission(&confirmed[number as usize % confirmed.len()], number)
    })
}
