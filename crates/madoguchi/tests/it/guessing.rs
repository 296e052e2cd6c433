//! Guessing a staff password: slow for those who guess, from wherever, and for nobody else.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use madoguchi::app::{self, App};
use madoguchi::edge;
use madoguchi::serve::Peer;
use tower::ServiceExt as _;

use crate::both;
use crate::world::World;

const PROXY: &str = "10.0.0.1";

/// The staff's site behind a proxy.
async fn office(world: &World) -> Router {
    let mut settings = world.app.settings.clone();
    settings.listen.trusted_proxies = vec![PROXY.parse().expect("address")];
    let app = &world.app;
    let app = App::start(app.db.clone(), app.keys.clone(), app.clock.clone(), settings).await.expect("app");
    edge::router(app::staff_site(&app)).expect("router")
}

/// What the proxy says of where a try comes from.
async fn tries(office: &Router, forwarded: &str, login: &str, password: &str) -> StatusCode {
    let peer: IpAddr = PROXY.parse().expect("address");
    let request = Request::post("/nishio/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded)
        .extension(Peer(peer))
        .body(Body::from(format!("login={login}&password={password}")))
        .expect("request");
    office.clone().oneshot(request).await.expect("answer").status()
}

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
const WAIT: StatusCode = StatusCode::TOO_MANY_REQUESTS;
const IN: StatusCode = StatusCode::SEE_OTHER;

both! {
    async fn a_stranger_elsewhere_cannot_lock_a_clerk_out(world: World) {
        let (login, password) = world.clerk.clone();
        let office = office(&world).await;
        for n in 0..5 {
            // What the stranger writes in front changes nothing.
            let said = format!("198.51.100.{n}, 192.0.2.1");
            assert_eq!(tries(&office, &said, &login, "wrong").await, WRONG);
        }
        assert_eq!(tries(&office, "192.0.2.1", &login, &password).await, WAIT);
        assert_eq!(tries(&office, "192.0.2.1", "another", "wrong").await, WRONG, "another name from there");
        assert_eq!(tries(&office, "192.0.2.2", &login, &password).await, IN, "the clerk at the desk");
        assert_eq!(tries(&office, "192.0.2.1", &login, &password).await, WAIT, "which forgives no stranger");
        world.end().await;
    }
}

both! {
    async fn many_addresses_do_not_make_guessing_fast(world: World) {
        let (login, password) = world.clerk.clone();
        let office = office(&world).await;
        for n in 0..50 {
            assert_eq!(tries(&office, &format!("192.0.2.{}", n / 4), &login, "wrong").await, WRONG, "{n}");
        }
        assert_eq!(tries(&office, "203.0.113.1", &login, "wrong").await, WAIT);
        assert_eq!(tries(&office, "203.0.113.1", "another", "wrong").await, WRONG, "that name only");
        world.later(31_000);
        assert_eq!(tries(&office, "203.0.113.1", &login, &password).await, IN, "and not for ever");
        world.end().await;
    }
}
