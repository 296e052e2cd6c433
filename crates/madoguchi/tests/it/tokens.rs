//! Channel access tokens: by a registered key instead of the secret, fetched once for all.

use madoguchi_base::db::{Class, Never, Stop};
use madoguchi_line::assertion::{self, KeyError, KeyState};
use serde_json::{Value, json};

use crate::both;
use crate::line::PUSH;
use crate::world::{World, client};

const CHANNEL: &str = "1657000002";

impl World {
    /// Makes a key pair, registers its public half at LINE, and answers our name and LINE's.
    async fn registers_a_key(&self) -> (String, String) {
        let made = self.app.line.make_assertion_key(self.tenant).expect("made");
        let input = (self.tenant, made, self.clock.wall());
        let stored = self.app.db.write("test", Class::Person, self.tenant, input, |(tenant, key, at), tx| {
            Box::pin(async move { Ok::<_, Stop<Never>>(assertion::insert(tx, *tenant, key, *at).await?) })
        });
        stored.await.expect("stored");
        let mut x = self.app.db.reader().await.expect("reader");
        let key = assertion::list(&mut x, self.tenant).await.expect("keys").remove(0);
        assert_eq!(key.state, KeyState::Made);
        let jwk: Value = serde_json::from_str(&key.public_jwk).expect("a JWK");
        let url = format!("{}/_emulator/channels/{CHANNEL}/assertion-keys", self.phone);
        let answer = client().post(url).json(&json!({ "jwk": jwk })).send().await.expect("emulator");
        let kid: Value = answer.json().await.expect("json");
        (key.key_id, kid["kid"].as_str().expect("a kid").to_owned())
    }

    async fn uses_key(&self, key_id: &str, kid: &str) {
        let input = (self.tenant, key_id.to_owned(), kid.to_owned());
        let done = self.app.db.write("test", Class::Person, self.tenant, input, |(tenant, id, kid), tx| {
            Box::pin(async move { Ok::<_, Stop<Never>>(assertion::activate(tx, *tenant, id, kid).await?) })
        });
        assert!(done.await.expect("stored"), "it is there");
        self.app.line.reload_channels().await.expect("channels");
    }

    fn token_requests(&self) -> Vec<String> {
        let all = self.ledger();
        let tokens = all.iter().filter(|r| r["path"] == "/oauth2/v3/token");
        tokens.map(|r| r["body"].as_str().expect("a body").to_owned()).collect()
    }
}

both! {
    async fn with_a_registered_key_no_secret_travels_and_a_token_revoked_mid_send_is_fetched_once(world: World) {
        let people = ["hanako", "taro", "maria", "ichiro"];
        let (key_id, kid) = world.registers_a_key().await;
        assert_eq!(world.app.line.try_assertion_key(world.tenant, &key_id, "no-such").await, Err(KeyError::Refused));
        assert_eq!(world.app.line.try_assertion_key(world.tenant, &key_id, "鍵").await, Err(KeyError::Kid));
        world.app.line.try_assertion_key(world.tenant, &key_id, &kid).await.expect("LINE knows it");
        world.uses_key(&key_id, &kid).await;
        let before = world.token_calls();
        for person in people {
            world.citizen(person).await.submits("suido-start", &world.sample("suido-start")).await;
        }
        world.fault(json!({ "endpoint": PUSH, "kind": "unauthorized", "times": 1 })).await;
        world.fault(json!({ "endpoint": PUSH, "kind": "slow", "times": 3, "delay_ms": 400 })).await;
        world.run_jobs().await;
        assert!(world.token_calls() - before <= 2, "{:?}", world.token_requests());
        world.every_notice_arrived_once_and_in_order(&people).await;
        for body in &world.token_requests()[before..] {
            assert!(body.contains("client_assertion=") && !body.contains("client_secret"), "{body}");
        }
        let refused: Vec<_> = world.pushes().into_iter().filter(|p| p.status == 401).collect();
        assert_eq!(refused.len(), 1);
        let again = world.pushes().into_iter().filter(|p| p.key == refused[0].key).collect::<Vec<_>>();
        assert_eq!(again.iter().map(|p| p.status).collect::<Vec<_>>(), [401, 200], "the same retry key");
        assert_eq!(again[0].body, again[1].body);
        let sealed = world.blobs("select private_sealed from line_assertion_key").await;
        assert!(sealed.iter().all(|s| !s.windows(7).any(|w| w == b"\x06\x09\x2a\x86\x48\x86\xf7")), "no open key");
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn a_second_key_takes_over_and_the_first_is_erased(world: World) {
        let (first, kid) = world.registers_a_key().await;
        world.uses_key(&first, &kid).await;
        world.later(1_000);
        let (second, kid) = world.registers_a_key().await;
        world.app.line.try_assertion_key(world.tenant, &second, &kid).await.expect("LINE knows it");
        world.uses_key(&second, &kid).await;
        let mut x = world.app.db.reader().await.expect("reader");
        let keys = assertion::list(&mut x, world.tenant).await.expect("keys");
        drop(x);
        let states: Vec<_> = keys.iter().map(|k| (k.key_id.as_str(), k.state)).collect();
        assert_eq!(states, [(second.as_str(), KeyState::Active), (first.as_str(), KeyState::Retired)]);
        assert_eq!(world.count("line_assertion_key where length(private_sealed) > 0").await, 1);
        assert_eq!(world.app.line.try_assertion_key(world.tenant, &first, &kid).await, Err(KeyError::NotFound));
        world.citizen("hanako").await.submits("suido-start", &world.sample("suido-start")).await;
        world.run_jobs().await;
        assert_eq!(world.talk("hanako").len(), 1);
        world.end().await;
    }
}
