//! What holds for every route: a guard, no cross-site post, security headers, staff's paths on staff's port only.

use madoguchi::app::{public_site, staff_site};
use madoguchi::site::{Guard, Route};
use reqwest::{Method, StatusCode};

use crate::both;
use crate::probe::{Got, raw, whole};
use crate::world::World;

/// A site with what its addresses need.
struct Place {
    base: String,
    routes: Vec<Route>,
    session: String,
    application: String,
}

/// Both sites, each with somebody signed in and an application of theirs.
async fn places(world: &World) -> [Place; 2] {
    let mut hanako = world.citizen("hanako").await;
    let own = hanako.submits("suido-start", &world.sample("suido-start")).await;
    let clerk = world.clerk().await;
    let staff = clerk.visitor.cookie("staff").expect("signed in");
    let place = |base: &str, routes: &[Route], session| Place {
        base: base.to_owned(),
        routes: routes.to_vec(),
        session,
        application: own.id.clone(),
    };
    [
        place(&world.origin, public_site(&world.app).routes(), hanako.session()),
        place(
            &world.staff,
            staff_site(&world.app).routes(),
            format!("__Host-madoguchi-staff-232131={staff}"),
        ),
    ]
}

impl Place {
    fn url(&self, path: &str) -> String {
        let asset = madoguchi::page::assets::path("madoguchi.css");
        let path = path.replace("{tenant}", "nishio").replace("{procedure}", "suido-start");
        let path =
            path.replace("{application}", &self.application).replace("{token}", "AAAAAAAAAAAAAAAAAAAAAA");
        let path = path.replace("{topic}", "terms").replace("{version}", "1").replace("{task}", "new");
        let path = path.replace("{attachment}", "0192f0c0-0000-7000-8000-000000000000");
        let path = if path.starts_with("/static") { asset } else { &path };
        format!("{}{path}", self.base)
    }

    async fn ask(&self, method: &Method, path: &str, headers: &[(&str, &str)]) -> Got {
        let mut request = raw().request(method.clone(), self.url(path));
        if *method == Method::POST {
            request = request.header("content-type", "application/x-www-form-urlencoded").body("a=1");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        whole(request.send().await.expect("answer")).await
    }
}

/// Whoever reads this list sees everything that strangers may ask for.
const FOR_STRANGERS: [&[&str]; 2] = [
    &[
        "GET / Open",
        "GET /healthz Open",
        "GET /readyz Open",
        "GET /static/{hash}/{name} Open",
        "GET /line/{tenant}/callback Public",
        "POST /line/{tenant}/webhook Signature",
        "GET /{tenant}/ Public",
        "POST /{tenant}/search Public",
        "GET /{tenant}/guide/{topic} Public",
        "GET /{tenant}/guide/{topic}/{version} Public",
        "GET /{tenant}/news Public",
        "GET /{tenant}/p/{procedure} Public",
        "GET /{tenant}/unlinked Public",
    ],
    &[
        "GET / Open",
        "GET /healthz Open",
        "GET /readyz Open",
        "GET /static/{hash}/{name} Open",
        "GET /{tenant}/sign-in Public",
        "POST /{tenant}/sign-in Public",
    ],
];

both! {
    async fn every_route_has_a_guard_and_strangers_get_what_is_listed(world: World) {
        for (place, listed) in places(&world).await.iter().zip(FOR_STRANGERS) {
            let open = place.routes.iter().filter(|r| !matches!(r.guard, Guard::Citizen | Guard::Staff | Guard::Clerk | Guard::Admin));
            let open: Vec<String> = open.map(|r| format!("{} {} {:?}", r.method, r.path, r.guard)).collect();
            assert_eq!(open, listed);
            for route in &place.routes {
                let got = place.ask(&route.method, route.path, &[]).await;
                let what = format!("{} {}: {}", route.method, route.path, got.status);
                match route.guard {
                    Guard::Staff | Guard::Clerk | Guard::Admin => {
                        assert_eq!((got.status, got.location()), (StatusCode::SEE_OTHER, "/nishio/sign-in"), "{what}");
                        assert!(got.body.is_empty(), "{what}");
                    }
                    Guard::Citizen => {
                        let led = got.body.contains("LINEで続ける") && got.body.contains("/oauth2/v2.1/authorize?");
                        assert!(led && matches!(got.status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{what}");
                        assert!(!got.body.contains("<form") && !got.body.contains("data-receipt"), "{what}");
                    }
                    Guard::Signature => assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{what}"),
                    Guard::Open | Guard::Public => assert!(!got.status.is_server_error(), "{what}"),
                }
            }
        }
        world.end().await;
    }
}

both! {
    async fn whoever_only_looks_reaches_no_act(world: World) {
        let routes = staff_site(&world.app);
        let acts = routes.routes().iter().filter(|r| r.method == Method::POST && r.guard == Guard::Staff);
        let acts: Vec<&str> = acts.map(|r| r.path).collect();
        // Signing out, looking for a number, one's own filters, paper: nothing else without a right to act.
        assert_eq!(acts, ["/{tenant}/sign-out", "/{tenant}/print", "/{tenant}/filter", "/{tenant}/search"]);
        world.end().await;
    }
}

both! {
    async fn no_post_of_another_site_passes(world: World) {
        let mut tried = 0;
        for place in places(&world).await {
            for route in place.routes.iter().filter(|r| r.method == Method::POST && r.guard != Guard::Signature) {
                for foreign in [
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-site", "same-site"),
                    ("origin", "https://evil.example"),
                    ("origin", "null"),
                    ("origin", "http://nishio.demo.localhost:1"),
                ] {
                    tried += 1;
                    let headers = [("cookie", place.session.as_str()), foreign];
                    let got = place.ask(&route.method, route.path, &headers).await;
                    assert_eq!(got.status, StatusCode::FORBIDDEN, "{} {foreign:?}", route.path);
                }
                let own = [("cookie", place.session.as_str()), ("origin", place.base.as_str())];
                if !["sign-out", "unlink"].iter().any(|end| route.path.ends_with(end)) {
                    let got = place.ask(&route.method, route.path, &own).await;
                    assert_ne!(got.status, StatusCode::FORBIDDEN, "our own: {}", route.path);
                }
            }
        }
        assert!(tried >= 50, "{tried}");
        assert_eq!(world.count("session where revoked_at is not null").await, 0);
        assert_eq!(world.texts("select state from application").await, ["submitted"]);
        world.end().await;
    }
}

both! {
    async fn every_answer_carries_the_security_headers(world: World) {
        for place in places(&world).await {
            let mut all: Vec<(Method, &str, Guard)> =
                place.routes.iter().map(|r| (r.method.clone(), r.path, r.guard)).collect();
            all.push((Method::GET, "/nothing/of/the/kind", Guard::Open));
            all.push((Method::DELETE, "/{tenant}/", Guard::Open));
            all.push((Method::TRACE, "/{tenant}/", Guard::Open));
            // Signing out last: the others need the session.
            all.sort_by_key(|(_, path, _)| path.ends_with("sign-out") || path.ends_with("unlink"));
            for (method, path, guard) in all {
                for session in ["", place.session.as_str()] {
                    let got = place.ask(&method, path, &[("cookie", session), ("sec-fetch-site", "same-origin")]).await;
                    assert_headers(&got, &format!("{method} {path}"));
                    let cache = got.headers["cache-control"].to_str().expect("text");
                    let is_same_for_all = path.starts_with("/static")
                        || matches!(path, "/{tenant}/" | "/{tenant}/p/{procedure}" | "/{tenant}/p/{procedure}/form")
                        || (matches!(path, "/{tenant}/news" | "/{tenant}/guide/{topic}") && guard == Guard::Public);
                    if matches!(guard, Guard::Staff | Guard::Clerk | Guard::Admin) || !is_same_for_all {
                        assert_eq!(cache, "no-store", "{method} {path}");
                    }
                }
            }
        }
        world.end().await;
    }
}

fn assert_headers(got: &Got, what: &str) {
    let header = |name: &str| got.headers.get(name).map(|v| v.to_str().expect("text")).unwrap_or_default();
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {part}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!got.headers.contains_key("server") && !got.headers.contains_key("x-powered-by"), "{what}");
    assert!(!got.body.contains("onclick=") && !got.body.contains("<script>"), "{what}: nothing inline");
}

both! {
    async fn staff_paths_on_the_public_port_are_404(world: World) {
        let [public, staff] = places(&world).await;
        let cookie = format!("{}; {}", public.session, staff.session);
        let is_public = |r: &&Route| public.routes.iter().any(|p| (&p.method, p.path) == (&r.method, r.path));
        let own: Vec<&Route> = staff.routes.iter().filter(|r| !is_public(r)).collect();
        assert!(own.len() >= 7, "{}", own.len());
        for route in own {
            for host in ["staff.demo.localhost:8081", "nishio.demo.localhost"] {
                let headers = [("cookie", cookie.as_str()), ("host", host), ("sec-fetch-site", "same-origin")];
                let got = public.ask(&route.method, route.path, &headers).await;
                assert_eq!(got.status, StatusCode::NOT_FOUND, "{} {} as {host}", route.method, route.path);
            }
        }
        for path in ["//nishio/audit", "/./nishio/audit", "/nishio/%61udit", "/nishio;x/audit", "/nishio/audit/",
            "/x/../nishio/audit", "/nishio%2faudit", "/.git/config", "/metrics", "/debug", "/openapi.json"] {
            let got = public.ask(&Method::GET, path, &[("cookie", &cookie)]).await;
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!got.body.contains("操作の記録"), "{path}");
        }
        // The staff's session is no citizen's, and the other way round.
        let as_citizen = public.ask(&Method::GET, "/{tenant}/a", &[("cookie", &staff.session)]).await;
        assert!(as_citizen.body.contains("LINEで続ける"));
        let as_staff = staff.ask(&Method::GET, "/{tenant}/", &[("cookie", &public.session)]).await;
        assert_eq!(as_staff.location(), "/nishio/sign-in");
        world.end().await;
    }
}

#[test]
fn both_readmes_name_the_two_commands() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in ["README.md", "README.ja.md"] {
        let text = std::fs::read_to_string(root.join(file)).expect(file);
        for command in ["cargo xtask demo", "cargo xtask test"] {
            assert!(text.lines().any(|l| l.trim_start().starts_with(command)), "{file}: {command}");
        }
    }
    let alias = std::fs::read_to_string(root.join(".cargo/config.toml")).expect("the alias");
    assert!(alias.contains("xtask"), "cargo xtask is an alias");
}
