//! What a request says of the host it was sent to decides nothing that protects somebody.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use madoguchi::app::{self, App};
use madoguchi::edge;
use tower::ServiceExt as _;

use crate::both;
use crate::world::World;

/// The same city, reached by https.
async fn by_https(world: &World) -> App {
    let mut settings = world.app.settings.clone();
    settings.public_url = "https://madoguchi.example.jp".parse().expect("url");
    settings.staff_url = "https://staff.example.jp".parse().expect("url");
    let app = &world.app;
    App::start(app.db.clone(), app.keys.clone(), app.clock.clone(), settings).await.expect("app")
}

async fn citizens(app: &App, request: Request<Body>) -> Response<Body> {
    edge::router(app::public_site(app)).expect("router").oneshot(request).await.expect("answer")
}

async fn office(app: &App, request: Request<Body>) -> Response<Body> {
    edge::router(app::staff_site(app)).expect("router").oneshot(request).await.expect("answer")
}

fn get(path: &str, host: &str) -> Request<Body> {
    Request::get(path).header("host", host).body(Body::empty()).expect("request")
}

fn post(path: &str, host: &str, origin: &str) -> Request<Body> {
    let request = Request::post(path).header("host", host).header("origin", origin);
    request.header("content-type", "application/x-www-form-urlencoded").body("q=a".into()).expect("request")
}

async fn first_cookie(app: &App, host: &str) -> String {
    let answer = citizens(app, get("/nishio/p/suido-start/form", host)).await;
    answer.headers()["set-cookie"].to_str().expect("text").to_owned()
}

both! {
    async fn cookies_are_never_weaker_than_the_settings(world: World) {
        let https = by_https(&world).await;
        for host in ["madoguchi.example.jp", "127.0.0.1:8080", "127.0.0.1", "[::1]:80", "192.0.2.1", ""] {
            let cookie = first_cookie(&https, host).await;
            assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{host}: {cookie}");
        }
        for host in ["nishio.demo.localhost:1", "192.0.2.1:80", "evil.example"] {
            let cookie = first_cookie(&world.app, host).await;
            assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{host}: {cookie}");
        }
        for host in ["127.0.0.1:8080", "127.0.0.1", "[::1]:80"] {
            let cookie = first_cookie(&world.app, host).await;
            assert!(cookie.starts_with("madoguchi-") && !cookie.contains("Secure"), "{host}: {cookie}");
        }
        world.end().await;
    }
}

both! {
    async fn each_site_takes_posts_from_its_own_pages_only(world: World) {
        let https = by_https(&world).await;
        let (public, staff) = ("https://madoguchi.example.jp", "https://staff.example.jp");
        for (app, own, other) in
            [(&https, public, staff), (&world.app, world.origin.as_str(), world.staff.as_str())]
        {
            for (host, origin) in [("x", other), ("evil", "http://evil"), ("evil", "https://evil"),
                ("192.0.2.1", "http://192.0.2.1"), ("x", "null")] {
                let answer = citizens(app, post("/nishio/search", host, origin)).await;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{own}: {host} {origin}");
            }
            assert_eq!(citizens(app, post("/nishio/search", "x", own)).await.status(), StatusCode::OK);
            for (host, origin) in [("x", own), ("evil", "http://evil")] {
                let answer = office(app, post("/nishio/sign-in", host, origin)).await;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{other}: {host} {origin}");
            }
            let answer = office(app, post("/nishio/sign-in", "x", other)).await;
            assert_ne!(answer.status(), StatusCode::FORBIDDEN);
        }
        let here = ("127.0.0.1:8080", "http://127.0.0.1:8080");
        assert_eq!(citizens(&world.app, post("/nishio/search", here.0, here.1)).await.status(), StatusCode::OK);
        let behind = citizens(&https, post("/nishio/search", here.0, here.1)).await;
        assert_eq!(behind.status(), StatusCode::FORBIDDEN, "plain http is not in use");
        world.end().await;
    }
}

both! {
    async fn the_demo_answers_only_to_hosts_that_nobody_else_can_own(world: World) {
        let mut settings = world.app.settings.clone();
        settings.demo = true;
        let app = &world.app;
        let demo = App::start(app.db.clone(), app.keys.clone(), app.clock.clone(), settings).await.expect("app");
        for host in ["nishio.demo.localhost:8080", "staff.demo.localhost", "127.0.0.1:8080", "[::1]:1", "localhost"] {
            assert_eq!(citizens(&demo, get("/nishio/", host)).await.status(), StatusCode::OK, "{host}");
        }
        for host in ["", "evil.example:8080", "192.0.2.1", "127.0.0.1.evil.example", "demo.localhost.evil"] {
            for answer in [citizens(&demo, get("/demo/ledger", host)).await, office(&demo, get("/nishio/", host)).await] {
                assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
                assert!(answer.headers().contains_key("content-security-policy"), "{host}");
            }
        }
        assert_eq!(citizens(app, get("/nishio/", "behind-a-proxy")).await.status(), StatusCode::OK, "serve");
        world.end().await;
    }
}

both! {
    async fn an_unreadable_address_is_answered_by_a_kind_page(world: World) {
        let unreadable = ["/nishio/p/%FF", "/%FF/", "/line/232131/callback?friendship_status_changed=x"];
        for path in unreadable {
            let answer = citizens(&world.app, get(path, "x")).await;
            let kind = answer.headers().get("content-type").map(|t| t.to_str().expect("text").to_owned());
            assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
            assert_eq!(kind.as_deref(), Some("text/html; charset=utf-8"), "{path}");
        }
        world.end().await;
    }
}
