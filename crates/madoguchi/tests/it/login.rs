//! Signing in by LINE: how few taps, whose browser, what the cookies are, when it ends.

use madoguchi::demo::visitor::{Seen, Visitor};
use reqwest::StatusCode;
use serde_json::json;

use crate::both;
use crate::probe::{Got, get, post};
use crate::world::{Citizen, World};

const FORM: &str = "/p/suido-start/form";
const HOUR: i64 = 3_600_000;

/// As far as LINE's way back: the attempt's cookie and the callback's address, not yet opened.
async fn to_callback(world: &World, persona: &str) -> (String, String) {
    to_callback_beside(world, persona, "").await
}

/// The same in a browser that has `cookie` already.
async fn to_callback_beside(world: &World, persona: &str, cookie: &str) -> (String, String) {
    let ours = get(&format!("{}{FORM}", world.site()), cookie).await;
    let attempt = ours.cookies()[0].split(';').next().expect("a pair").to_owned();
    let authorise = seen(world, &ours).link_to("/oauth2/v2.1/authorize?").expect("the button");
    let phone = format!("phone_person={persona}");
    let sheet = get(&authorise, &phone).await;
    if sheet.status.is_redirection() {
        return (attempt, sheet.location().to_owned());
    }
    let (url, mut input) = seen(world, &sheet).form("authorize/consent").expect("the sheet");
    let url = url::Url::parse(&world.phone).expect("url").join(url.path()).expect("url");
    input.push("decision", "allow");
    let back = post(url.as_str(), &phone, input.to_body()).await;
    assert!(back.status.is_redirection(), "{} {}", back.status, back.body);
    (attempt, back.location().to_owned())
}

fn seen(world: &World, got: &Got) -> Seen {
    Seen { url: world.site().parse().expect("url"), status: got.status, body: got.body.clone() }
}

/// Nobody is signed in: no account, no session, and the answer sets no session cookie.
async fn assert_nobody(world: &World, got: Option<&Got>) {
    assert_eq!((world.count("account").await, world.count("session").await), (0, 0));
    assert_eq!(world.count("line_identity").await, 0);
    if let Some(got) = got {
        assert!(got.cookies().iter().all(|c| !c.contains("madoguchi-session")), "{:?}", got.cookies());
    }
}

/// Exactly one way on: the button to LINE, which asks instead of trying by itself.
fn assert_one_button(body: &str) {
    assert_eq!(body.matches("/oauth2/v2.1/authorize?").count(), 1, "{body}");
    assert!(body.contains("disable_auto_login=true") && body.contains("LINEで続ける"), "{body}");
}

fn ours(citizen: &Citizen<'_>) -> Vec<String> {
    let own = citizen.visitor.trail.iter().filter(|u| u.as_str().starts_with(&citizen.world.origin));
    own.map(|u| u.path().to_owned()).collect()
}

both! {
    async fn the_first_visit_is_one_tap_beyond_line_and_a_returning_visit_none(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let form = hanako.enters("suido-start").await;
        assert!(form.url.path().ends_with(FORM), "{}", form.url);
        // The rich menu opens our page; its button leads to LINE's screens; these lead to the form.
        assert_eq!(ours(&hanako), ["/nishio/p/suido-start/form", "/line/232131/callback", "/nishio/p/suido-start/form"]);

        hanako.visitor.trail.clear();
        let again = hanako.taps("suido-start").await;
        assert!(again.body.contains("_version"), "the form itself");
        assert_eq!(hanako.visitor.trail.len(), 1, "{:?}", hanako.visitor.trail);

        // The session is over: LINE is asked, the person is not.
        world.later(13 * HOUR);
        hanako.visitor.trail.clear();
        let again = hanako.taps("suido-start").await;
        assert!(again.url.path().ends_with(FORM) && again.body.contains("_version"), "{}", again.url);
        assert_eq!(world.count("account").await, 1, "the same person as before");
        world.end().await;
    }
}

both! {
    async fn a_code_is_redeemed_only_in_the_browser_that_asked(world: World) {
        let (_attempt, callback) = to_callback(&world, "hanako").await;
        let state = callback.split("state=").nth(1).and_then(|s| s.split('&').next()).expect("state").to_owned();
        let other = to_callback(&world, "taro").await;
        for (what, url, cookie) in [
            ("no cookie", callback.clone(), ""),
            ("another browser's", callback.clone(), other.0.as_str()),
            ("no state", callback.replace(&format!("state={state}"), ""), &other.0),
            ("an altered state", callback.replace(&state, &state.chars().rev().collect::<String>()), &other.0),
            ("another's code", other.1.replace("code=", "code=X"), &other.0),
        ] {
            let got = get(&url, cookie).await;
            assert_eq!(got.status, StatusCode::BAD_REQUEST, "{what}");
            assert_one_button(&got.body);
            assert_nobody(&world, Some(&got)).await;
        }
        // Redeemed where it was asked for; a second time it proves nothing.
        let (attempt, callback) = to_callback(&world, "hanako").await;
        let first = get(&callback, &attempt).await;
        assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, "/nishio/p/suido-start/form"));
        let replay = get(&callback, &attempt).await;
        assert_eq!(replay.status, StatusCode::BAD_REQUEST);
        assert_one_button(&replay.body);
        assert_eq!((world.count("account").await, world.count("session").await), (1, 1));
        world.end().await;
    }
}

both! {
    async fn two_tabs_of_one_browser_can_both_sign_in(world: World) {
        let (attempt, first) = to_callback(&world, "hanako").await;
        let (attempts, second) = to_callback_beside(&world, "hanako", &attempt).await;
        let one = get(&first, &attempts).await;
        assert_eq!(one.location(), "/nishio/p/suido-start/form");
        let left = one.cookies().into_iter().find(|c| c.contains("-attempt-")).expect("the other attempt");
        let two = get(&second, left.split(';').next().expect("a pair")).await;
        assert_eq!(two.location(), "/nishio/p/suido-start/form", "{}", two.body);
        assert!(two.cookies().iter().any(|c| c.contains("-attempt-") && c.contains("Max-Age=0")));
        assert_eq!(world.count("account").await, 1);
        world.end().await;
    }
}

both! {
    async fn a_failed_auto_login_and_a_switched_browser_end_at_a_button_that_works(world: World) {
        for (persona, kind) in [("hanako", "auto-login-failure"), ("taro", "browser-switch")] {
            world.fault(json!({ "endpoint": "*", "kind": kind, "times": 1 })).await;
            let mut person = world.citizen(persona).await;
            let before = world.count("account").await;
            let lost = person.enters("suido-start").await;
            assert_eq!(lost.status, StatusCode::BAD_REQUEST, "{kind} {}", lost.url);
            assert_one_button(&lost.body);
            assert_eq!(world.count("account").await, before, "{kind}");
            world.clear_faults().await;
            // A page never starts by itself: the trail ends here until the button is pressed.
            if kind == "browser-switch" {
                // The same address where it belongs, but in a browser that never asked.
                let mut url = lost.url.clone();
                url.set_host(Some("nishio.demo.localhost")).expect("host");
                let mut elsewhere = Visitor::on_phone(&world.phone, persona).await.expect("phone");
                let page = elsewhere.get(url.as_str()).await.expect("page");
                assert_one_button(&page.body);
                let home = elsewhere.enter(&page.link_to("/oauth2/v2.1/authorize?").expect("button")).await;
                assert!(home.expect("home").url.path().ends_with("/nishio/a"));
            } else {
                let next = lost.link_to("/oauth2/v2.1/authorize?").expect("button");
                let home = person.visitor.enter(&next).await.expect("home");
                assert_eq!((home.status, home.url.path()), (StatusCode::OK, "/nishio/a"));
            }
            assert_eq!(world.count("account").await, before + 1, "{kind}");
        }
        world.end().await;
    }
}

both! {
    async fn cancelling_at_line_makes_no_account_and_is_no_fault(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let asked = hanako.taps("suido-start").await;
        assert_nobody(&world, None).await;
        let sheet = hanako.visitor.get(&asked.link_to("/oauth2/v2.1/authorize?").expect("button")).await.expect("sheet");
        let page = hanako.visitor.send(&sheet, "authorize/consent", &[("decision", "deny")]).await.expect("page");
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("取りやめました"), "{}", page.body);
        assert_nobody(&world, None).await;
        assert!(hanako.visitor.cookie("session").is_none());
        let next = page.link_to("/oauth2/v2.1/authorize?").expect("the way on");
        let form = hanako.visitor.enter(&next).await.expect("form");
        assert!(form.url.path().ends_with(FORM), "where the person wanted to go: {}", form.url);
        world.end().await;
    }
}

both! {
    async fn cookies_are_for_this_host_over_tls_and_out_of_reach_of_scripts(world: World) {
        let asked = get(&format!("{}{FORM}", world.site()), "").await;
        let (attempt, callback) = to_callback(&world, "hanako").await;
        let signed_in = get(&callback, &attempt).await;
        let mut all = asked.cookies();
        all.extend(signed_in.cookies());
        let names: Vec<&str> = all.iter().filter_map(|c| c.split('=').next()).collect();
        assert_eq!(names, [
            "__Host-madoguchi-attempt-232131",
            "__Host-madoguchi-session-232131",
            "__Host-madoguchi-attempt-232131",
            "__Host-madoguchi-agreed-232131",
        ]);
        for cookie in &all {
            let flags: Vec<&str> = cookie.split("; ").skip(1).collect();
            for flag in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
                assert!(flags.contains(&flag), "{flag}: {cookie}");
            }
            assert!(!cookie.contains("Domain="), "{cookie}");
        }
        let bare = asked_at_bare_address(&world).await;
        assert!(bare.starts_with("madoguchi-attempt-232131=") && !bare.contains("Secure"), "{bare}");
        assert!(bare.contains("HttpOnly") && bare.contains("SameSite=Lax"), "{bare}");
        // A session that somebody else put there is none, and signing in gives a new one.
        let fixed = format!("__Host-madoguchi-session-232131={}", "A".repeat(43));
        assert!(get(&format!("{}/a", world.site()), &fixed).await.body.contains("LINEで続ける"));
        let (attempt, callback) = to_callback(&world, "hanako").await;
        let got = get(&callback, &format!("{attempt}; {fixed}")).await;
        assert!(got.cookies().iter().any(|c| c.contains("-session-") && !c.contains("AAAAAAAA")));
        world.end().await;
    }
}

async fn asked_at_bare_address(world: &World) -> String {
    let port = world.origin.rsplit(':').next().expect("a port");
    get(&format!("http://127.0.0.1:{port}/nishio{FORM}"), "").await.cookies().remove(0)
}
