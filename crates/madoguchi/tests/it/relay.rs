//! Webhooks passed on to one more address, and the fixed answer to what people write.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use madoguchi_base::db::{Class, Never, Stop};
use madoguchi_line::relay::{self, RelayTo, RelayView};
use serde_json::json;

use crate::both;
use crate::sending::wait_until;
use crate::webhook::{address, envelope, event, post, secrets, signed};
use crate::world::{NOW, World, client};

const CHANNEL: &str = "1657000002";

/// Somebody else's bot: keeps what it gets.
#[derive(Clone)]
struct Bot {
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    status: StatusCode,
    delay: Duration,
}

async fn hook(State(bot): State<Bot>, headers: HeaderMap, body: Bytes) -> StatusCode {
    tokio::time::sleep(bot.delay).await;
    bot.got.lock().expect("lock").push((headers, body));
    bot.status
}

/// The bot and its address.
#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
async fn bot(status: u16, delay: Duration) -> (Bot, String) {
    let bot = Bot { got: Arc::default(), status: StatusCode::from_u16(status).expect("status"), delay };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("http://{}/hook", listener.local_addr().expect("address"));
    let router = axum::Router::new().route("/hook", axum::routing::post(hook)).with_state(bot.clone());
    let service = hyper_util::service::TowerToHyperService::new(router);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let io = hyper_util::rt::TokioIo::new(socket);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
    (bot, url)
}

impl Bot {
    fn got(&self) -> Vec<(HeaderMap, Bytes)> {
        self.got.lock().expect("lock").clone()
    }
}

impl World {
    async fn passes_on_to(&self, url: &str) {
        let to = RelayTo::parse(url, &[&self.app.settings.public_url]).expect("an address");
        let input = (self.tenant, to, self.clock.wall());
        let set = self.app.db.write("test", Class::Person, self.tenant, input, |(tenant, to, at), tx| {
            Box::pin(async move { Ok::<_, Stop<Never>>(relay::set(tx, *tenant, Some(to), *at).await?) })
        });
        set.await.expect("stored");
        self.app.line.reload_channels().await.expect("channels");
    }

    async fn relay(&self) -> RelayView {
        let mut x = self.app.db.reader().await.expect("reader");
        relay::of(&mut x, self.tenant).await.expect("relay")
    }

    fn replies(&self) -> Vec<serde_json::Value> {
        self.ledger().into_iter().filter(|r| r["path"] == "/v2/bot/message/reply").collect()
    }
}

both! {
    async fn a_webhook_is_passed_on_as_it_came_and_has_its_effect_here_too(world: World) {
        let (other, url) = bot(200, Duration::ZERO).await;
        world.passes_on_to(&url).await;
        let [secret, _] = secrets(&world).await;
        // Odd spacing and an event from the future: nothing is read and written anew.
        let body = format!(
            "{{ \"destination\":\"U0\",\n \"events\": [{}, {{\"type\":\"membership\",\"x\":[1 ,2]}}] }}",
            event("follow", "U0123456789abcdef0123456789abcdef", "01RELAY", NOW.0)
        ).into_bytes();
        let signature = signed(&secret, &body);
        assert_eq!(post(&world, Some(&signature), body.clone()).await, 200);
        assert_eq!(other.got().len(), 0, "LINE is answered before anything is passed on");
        world.app.line.after_webhooks_once().await;
        let got = other.got();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].1, body, "the same bytes");
        assert_eq!(got[0].0["x-line-signature"], signature.as_str(), "the same signature");
        assert_eq!(world.count("line_friend where friend").await, 1, "and it counts here");
        // What nobody signed is passed on to nobody; what was passed on once is not passed on again.
        assert_eq!(post(&world, Some("AAAA"), body.clone()).await, 401);
        let request = client().post(address(&world)).header("x-line-signature", &signature);
        let again = request.header(relay::HEADER, "1").body(body).send().await.expect("an answer");
        assert_eq!(again.status(), 200);
        world.app.line.after_webhooks_once().await;
        assert_eq!(other.got().len(), 1);
        let seen = world.relay().await;
        assert_eq!((seen.passed_on, seen.failed, seen.dropped), (1, 0, 0));
        assert_eq!((seen.to.as_deref(), seen.last_at), (Some(url.as_str()), Some(world.clock.wall())));
        world.end().await;
    }
}

both! {
    async fn a_slow_neighbour_delays_nobody_and_too_much_is_dropped_and_counted(world: World) {
        let (other, url) = bot(200, Duration::from_millis(300)).await;
        world.passes_on_to(&url).await;
        let [secret, _] = secrets(&world).await;
        let mut one = event("membership", "U0123456789abcdef0123456789abcdef", "01BIG", NOW.0);
        one["padding"] = "x".repeat(150_000).into();
        let body = envelope(&[one]);
        let signature = signed(&secret, &body);
        for _ in 0..20 {
            assert_eq!(post(&world, Some(&signature), body.clone()).await, 200);
        }
        assert_eq!(other.got().len(), 0, "twenty were answered before one was passed on");
        world.app.line.after_webhooks_once().await;
        let seen = world.relay().await;
        assert_eq!(seen.passed_on + seen.dropped, 20, "{seen:?}");
        assert_eq!(other.got().len() as i64, seen.passed_on);
        assert!(seen.dropped >= 5 && seen.passed_on >= 10, "{seen:?}");
        assert_eq!(seen.last_failure.as_deref(), Some("full"));
        // There is room again.
        assert_eq!(post(&world, Some(&signature), body).await, 200);
        world.app.line.after_webhooks_once().await;
        assert_eq!(world.relay().await.passed_on, seen.passed_on + 1);
        world.end().await;
    }
}

both! {
    async fn an_address_that_fails_is_tried_twice_and_its_failure_is_shown(world: World) {
        let [secret, _] = secrets(&world).await;
        let body = envelope(&[]);
        let signature = signed(&secret, &body);
        let (broken, broken_url) = bot(500, Duration::ZERO).await;
        let (refusing, refusing_url) = bot(403, Duration::ZERO).await;
        let nowhere = "http://127.0.0.1:9/".to_owned();
        for (n, (url, why)) in [(broken_url, "500"), (refusing_url, "403"), (nowhere, "no-connection")].into_iter().enumerate() {
            world.passes_on_to(&url).await;
            assert_eq!(post(&world, Some(&signature), body.clone()).await, 200, "ours is fine");
            world.app.line.after_webhooks_once().await;
            let seen = world.relay().await;
            assert_eq!((seen.failed, seen.last_failure.as_deref()), (n as i64 + 1, Some(why)));
        }
        assert_eq!((broken.got().len(), refusing.got().len()), (2, 1));
        world.end().await;
    }
}

both! {
    async fn whatever_somebody_writes_gets_one_kind_answer_that_keeps_nothing_of_it(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        world.control("webhooks", json!({ "duplicate": true })).await;
        let words = "わたしの電話はQZXVWJです";
        world.control("personas/hanako/say", json!({ "channel": CHANNEL, "text": words })).await;
        wait_until("it was answered", 10, async || {
            world.app.line.after_webhooks_once().await;
            !world.replies().is_empty()
        }).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.app.line.after_webhooks_once().await;
        let replies = world.replies();
        assert_eq!(replies.len(), 1, "at most once, though LINE delivered twice");
        assert_eq!(replies[0]["status"], 200);
        let body = replies[0]["body"].as_str().expect("a body");
        assert!(body.contains("ここには個人情報を書かないでください"), "{body}");
        assert!(body.contains(&format!("{}/232131/", world.origin)), "the right page: {body}");
        assert!(!body.contains("QZXVWJ"), "{body}");
        let talk = world.talk("hanako");
        assert_eq!(talk.len(), 1, "{talk:?}");
        assert_eq!(world.count("line_webhook_event where kind = 'message'").await, 0);

        // Where somebody else's bot gets the webhooks, it answers: a reply token works once.
        let (other, url) = bot(200, Duration::ZERO).await;
        world.passes_on_to(&url).await;
        world.control("personas/hanako/say", json!({ "channel": CHANNEL, "text": words })).await;
        wait_until("it was passed on", 10, async || {
            world.app.line.after_webhooks_once().await;
            !other.got().is_empty()
        }).await;
        assert_eq!(world.replies().len(), 1);
        world.end().await;
    }
}
