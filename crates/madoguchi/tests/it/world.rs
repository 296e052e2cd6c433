//! A municipality with a LINE of its own, in this process: it speaks the domain, so that stories read as such.

use std::sync::Arc;

use line_emulator::Emulator;
use madoguchi::app::App;
use madoguchi::config::Settings;
use madoguchi::demo::city::{self, LineHosts};
use madoguchi::demo::visitor::{Seen, Visitor};
use madoguchi::procedure::{self, Input, Municipality, Source};
use madoguchi::{office, run, setup};
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Day, Millis, TenantId};
use madoguchi_line::mode::LineMode;
use serde_json::Value;
use tokio::net::TcpListener;

pub use crate::database::{database_url, has_postgres};

/// Tuesday, 2026-11-24, 10:00 in Japan.
pub const NOW: Millis = Millis(1_795_482_000_000);

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

pub struct World {
    pub app: App,
    pub emulator: Emulator,
    pub clock: Clock,
    pub tenant: TenantId,
    /// `http://nishio.demo.localhost:…` without the municipality.
    pub origin: String,
    pub staff: String,
    /// Where the emulator's phone and control addresses are.
    pub phone: String,
    pub clerk: (String, String),
    pub url: String,
    pub sources: Vec<Source>,
    pub dir: Arc<tempfile::TempDir>,
}

/// Changes to the usual world.
pub struct Wish {
    pub on: On,
    pub sources: Vec<Source>,
    /// Whether deliveries run by themselves (otherwise `run_jobs`).
    pub workers: bool,
    /// Other municipalities on the same machine, with the same procedures.
    pub neighbours: Vec<Municipality>,
    /// How many messages LINE lets the municipality send in a month.
    pub quota: Option<u64>,
    /// Submissions of one account in an hour; 0: no limit.
    pub submits_per_hour: u32,
    /// How much of LINE the municipality uses.
    pub mode: LineMode,
}

impl Wish {
    pub fn on(on: On) -> Self {
        Self {
            on,
            sources: procedure::builtin(),
            workers: false,
            neighbours: Vec::new(),
            quota: None,
            submits_per_hour: 0,
            mode: LineMode::Full,
        }
    }
}

/// One test on each database. PostgreSQL is the one that `cargo xtask test` starts.
#[macro_export]
macro_rules! both {
    (wish: $wish:expr; $(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block) => {
        mod $name {
            use super::*;
            #[allow(clippy::too_many_lines, reason = "a story reads from top to bottom")]
            async fn story($world: World) $body
            async fn on(on: $crate::world::On) {
                let wish: fn($crate::world::Wish) -> $crate::world::Wish = $wish;
                story($crate::world::World::new(wish($crate::world::Wish::on(on))).await).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                on($crate::world::On::Sqlite).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if $crate::world::has_postgres() {
                    on($crate::world::On::Postgres).await;
                }
            }
        }
    };
    ($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block) => {
        mod $name {
            use super::*;
            #[allow(clippy::too_many_lines, reason = "a story reads from top to bottom")]
            async fn story($world: World) $body
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story($crate::world::World::new($crate::world::Wish::on($crate::world::On::Sqlite)).await).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if $crate::world::has_postgres() {
                    story($crate::world::World::new($crate::world::Wish::on($crate::world::On::Postgres)).await).await;
                }
            }
        }
    };
}

impl World {
    pub async fn new(wish: Wish) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("dir"));
        let url = database_url(wish.on, dir.path()).await;
        Self::over(wish, dir, url).await
    }

    /// A world over an existing folder and database (a restart).
    pub async fn over(wish: Wish, dir: Arc<tempfile::TempDir>, url: String) -> Self {
        let public = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let office_listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let port = |l: &TcpListener| l.local_addr().expect("address").port();
        let origin = format!("http://nishio.demo.localhost:{}", port(&public));
        let staff = format!("http://staff.demo.localhost:{}", port(&office_listener));
        let clock = Clock::fixed(NOW);
        let (emulator, provider, theirs) = line(&wish, &origin, port(&public)).await;
        let mut settings = settings(&origin, &staff, &url, dir.path());
        settings.limits.submits_per_hour = wish.submits_per_hour;
        let db = setup::database(&url, 8).await.expect("database");
        let keys = Keys::load_or_create(&settings.keys_dir).expect("keys");
        let phone = emulator.access_base();
        let hosts = LineHosts { access: phone.clone(), api: emulator.api_base(), data: emulator.data_base() };
        let new = setup::NewTenant {
            municipality: procedure::builtin_municipality(),
            sources: wish.sources.clone(),
            channels: city::channels(&provider, &hosts, &origin),
            mode: Some(wish.mode),
            public_url: origin.clone(),
        };
        for (municipality, provider) in wish.neighbours.into_iter().zip(theirs) {
            let channels = city::channels(&provider, &hosts, &origin);
            let new = setup::NewTenant { municipality, channels, ..new.clone() };
            setup::municipality(&db, &keys, &clock, new).await.expect("neighbour");
        }
        let tenant = setup::municipality(&db, &keys, &clock, new).await.expect("municipality");
        let password = match office::add(&db, (&keys, &clock), tenant, "sato", "佐藤", "admin").await {
            Ok(password) => password,
            Err(_) => office::reset(&db, (&keys, &clock), tenant, "sato").await.expect("the clerk"),
        };
        let app = App::start(db, keys, clock.clone(), settings).await.expect("app");
        run::listen(&app, Some(public), Some(office_listener)).expect("listen");
        if wish.workers {
            run::work(&app);
        }
        let clerk = ("sato".to_owned(), password);
        // As this municipality publishes them; those that are done elsewhere have no form to fill in.
        let settings = procedure::builtin_municipality().settings;
        let here = wish.sources.iter().filter(|s| s.procedure().offered.is_here());
        let sources = here.map(|s| s.for_city(&settings)).collect();
        Self { app, emulator, clock, tenant, origin, staff, phone, clerk, url, sources, dir }
    }

    /// The municipality's address.
    pub fn site(&self) -> String {
        format!("{}/nishio", self.origin)
    }

    pub async fn citizen(&self, persona: &str) -> Citizen<'_> {
        let visitor = Visitor::on_phone(&self.phone, persona).await.expect("phone");
        Citizen { world: self, visitor }
    }

    pub async fn clerk(&self) -> Clerk<'_> {
        let mut visitor = Visitor::new().expect("browser");
        let page = visitor.get(&format!("{}/nishio/sign-in", self.staff)).await.expect("sign-in page");
        let fields = [("login", self.clerk.0.as_str()), ("password", self.clerk.1.as_str())];
        let seen = visitor.send(&page, "/sign-in", &fields).await.expect("sign in");
        assert!(seen.status.is_success(), "{}", seen.status);
        Clerk { world: self, visitor }
    }

    pub fn source(&self, procedure: &str) -> &Source {
        self.sources.iter().find(|s| s.procedure().id == procedure).expect("a procedure")
    }

    /// The first sample of a procedure, as somebody would fill it in today.
    pub fn sample(&self, procedure: &str) -> Input {
        let samples = self.source(procedure).samples(Day::of(self.clock.wall()));
        samples.into_iter().next().expect("a sample").input
    }

    /// Delivers what is due and links the audit log.
    pub async fn run_jobs(&self) {
        self.app.line.run_once().await;
        madoguchi::jobs::run_once(&self.app, Millis(0)).await;
    }

    /// Both clocks go on.
    pub fn later(&self, ms: i64) {
        self.clock.advance_ms(ms);
        self.emulator.clock().advance_ms(ms);
    }

    /// What arrived in a person's talk.
    pub fn talk(&self, persona: &str) -> Vec<Value> {
        self.emulator.messages(persona)
    }

    /// Everything that LINE received.
    pub fn ledger(&self) -> Vec<Value> {
        self.emulator.requests(0, 1_000)
    }

    /// Sets a fault of LINE.
    pub async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    pub async fn control(&self, what: &str, body: Value) {
        let url = format!("{}/_emulator/{what}", self.phone);
        let client = client();
        let answer = client.post(url).json(&body).send().await.expect("emulator");
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }

    pub async fn clear_faults(&self) {
        let url = format!("{}/_emulator/faults", self.phone);
        client().delete(url).send().await.expect("emulator");
    }

    /// Every invariant.
    pub async fn check(&self) -> Vec<madoguchi::check::Finding> {
        let mut found = madoguchi::check::run(&self.app.db, &self.app.keys).await.expect("check");
        found.extend(madoguchi::check::files::run(&self.app.db, &self.app.files).await.expect("check"));
        found
    }

    pub async fn end(self) {
        run::end(&self.app).await;
        self.emulator.shutdown().await;
    }
}

/// A LINE of the test's own, at the test's time.
async fn line(
    wish: &Wish,
    origin: &str,
    port: u16,
) -> (Emulator, line_emulator::Provider, Vec<line_emulator::Provider>) {
    let codes = wish.neighbours.iter().map(|m| m.code.as_str()).chain(["232131"]);
    let callbacks = codes.map(|code| format!("{origin}/line/{code}/callback")).collect();
    let webhook = format!("http://127.0.0.1:{port}/line/232131/webhook");
    let mut seed = city::seed(callbacks, webhook);
    seed.providers[0].messaging.quota = wish.quota;
    let provider = seed.providers[0].clone();
    // Each municipality has a provider and channels of its own.
    for (n, municipality) in wish.neighbours.iter().enumerate() {
        let mut theirs = provider.clone();
        theirs.name.clone_from(&municipality.name);
        theirs.login.id = format!("16580000{n}1");
        theirs.messaging.id = format!("16580000{n}2");
        theirs.messaging.token = format!("token-of-neighbour-{n}");
        theirs.messaging.webhook =
            Some(format!("http://127.0.0.1:{port}/line/{}/webhook", municipality.code));
        seed.providers.push(theirs);
    }
    let theirs = seed.providers[1..].to_vec();
    let config = line_emulator::Config { seed, ..Default::default() };
    let emulator = line_emulator::start(config).await.expect("emulator");
    emulator.clock().set_offset_ms(NOW.0 - Clock::system().wall().0);
    (emulator, provider, theirs)
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("client")
}

fn settings(origin: &str, staff: &str, url: &str, dir: &std::path::Path) -> Settings {
    let mut s = Settings::defaults().expect("defaults");
    s.public_url = origin.parse().expect("url");
    s.staff_url = staff.parse().expect("url");
    s.keys_dir = dir.join("keys");
    s.files.folder = dir.join("files");
    url.clone_into(&mut s.database.url);
    s
}

pub struct Citizen<'a> {
    pub world: &'a World,
    pub visitor: Visitor,
}

/// What the citizen was given at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub id: String,
    pub number: String,
}

impl Citizen<'_> {
    /// Taps the rich menu: the form's address, as it is.
    pub async fn taps(&mut self, procedure: &str) -> Seen {
        let url = format!("{}/p/{procedure}/form", self.world.site());
        self.visitor.get(&url).await.expect("form")
    }

    /// Taps, agrees where asked, and sees the form.
    pub async fn enters(&mut self, procedure: &str) -> Seen {
        let url = format!("{}/p/{procedure}/form", self.world.site());
        self.visitor.enter(&url).await.expect("form")
    }

    /// Fills in, confirms: the confirm page or the 422 page.
    pub async fn confirms(&mut self, procedure: &str, input: &Input) -> Seen {
        let url = format!("{}/p/{procedure}/confirm", self.world.site());
        self.visitor.post(&url, input).await.expect("confirm")
    }

    pub async fn submits(&mut self, procedure: &str, input: &Input) -> Receipt {
        let seen = self.visitor.submit(&self.world.site(), procedure, input).await.expect("submit");
        receipt(&seen)
    }

    pub async fn opens(&mut self, path: &str) -> Seen {
        self.visitor.get(&format!("{}{path}", self.world.site())).await.expect("page")
    }
}

/// The receipt on a page.
pub fn receipt(seen: &Seen) -> Receipt {
    let number =
        seen.text_of("data-receipt").unwrap_or_else(|| panic!("no receipt: {} {}", seen.status, seen.body));
    let id = seen.url.path().rsplit('/').next().expect("an id").to_owned();
    Receipt { id, number }
}

pub struct Clerk<'a> {
    pub world: &'a World,
    pub visitor: Visitor,
}

impl Clerk<'_> {
    pub async fn opens(&mut self, id: &str) -> Seen {
        let url = format!("{}/nishio/a/{id}", self.world.staff);
        self.visitor.get(&url).await.expect("application")
    }

    /// Presses a button of the application's page.
    pub async fn does(&mut self, id: &str, act: &str, more: &[(&str, &str)]) -> Seen {
        let page = self.opens(id).await;
        self.visitor.send(&page, act, more).await.expect("act")
    }
}
