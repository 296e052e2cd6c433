//! Citizens' pages, staff's pages and workers as three processes, each under a database role of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use madoguchi::application::agent::remote::RemoteAgent;
use madoguchi::application::agent::{AgentError, KeyAgent as _, Proof};
use madoguchi::demo::visitor::Visitor;
use madoguchi::office;
use madoguchi::parts::{Part, roles};
use madoguchi::procedure;
use madoguchi_base::keys::Keys;
use madoguchi_base::{Clock, Day};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;

use crate::crash::stop;
use crate::process::{City, lines_until_ready};
use crate::roles::role_url;
use crate::world::{On, has_postgres};

/// A city in three processes.
struct Apart {
    city: City,
    prefix: String,
    password: String,
}

impl Apart {
    async fn new() -> Self {
        let city = City::new(On::Postgres).await;
        let prefix = city.url.rsplit_once('/').expect("a name").1.to_owned();
        let db = city.open().await;
        roles::prepare(&db, &prefix).await.expect("roles");
        let keys = Keys::load(&city.keys_dir()).expect("keys");
        let tenant = "232131".parse().expect("Nishio");
        let added = office::add(&db, (&keys, &Clock::system()), tenant, "sato", "佐藤", "admin").await;
        db.close().await;
        Self { city, prefix, password: added.expect("the clerk") }
    }

    /// Where the staff's process answers the citizens' one.
    fn socket(&self) -> PathBuf {
        self.city.folder().join("agent.sock")
    }

    fn keys_table(&self) -> String {
        format!("[keys]\nagent_socket = {:?}\n", self.socket().display().to_string())
    }

    fn url(&self, part: Part) -> String {
        role_url(&self.city.url, part, &self.prefix)
    }

    /// A folder with the root key and no private key.
    fn keys_without_private(&self, name: &str) -> PathBuf {
        let folder = self.city.folder().join(name);
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::copy(self.city.keys_dir().join("root.key"), folder.join("root.key")).expect("copy");
        folder
    }

    async fn serve(&self, name: &str, config: &str) -> Child {
        let mut child = self.city.start(name, config);
        lines_until_ready(&mut child).await;
        child
    }

    async fn public(&self) -> Child {
        let more = format!(
            "{}[database]\nurl = {:?}\n[parts]\nstaff = false\nworkers = false\n",
            self.keys_table(),
            self.url(Part::Public)
        );
        let keys = self.keys_without_private("keys-public");
        self.serve("public", &self.city.config(&keys, self.city.ports, &more)).await
    }

    async fn staff(&self) -> Child {
        let more = format!(
            "{}[database]\nurl = {:?}\n[parts]\npublic = false\nworkers = false\n",
            self.keys_table(),
            self.url(Part::Staff)
        );
        self.serve("staff", &self.city.config(&self.city.keys_dir(), self.city.ports, &more)).await
    }

    async fn workers(&self) -> Child {
        let (jobs, line) = (self.url(Part::Jobs), self.url(Part::Line));
        let more = format!(
            "[database]\nurl = {jobs:?}\nline_url = {line:?}\n[parts]\npublic = false\nstaff = false\n"
        );
        let keys = self.keys_without_private("keys-workers");
        self.serve("workers", &self.city.config(&keys, self.city.ports, &more)).await
    }

    async fn bubbles(&self, persona: &str, wanted: usize) {
        let until = Instant::now() + Duration::from_secs(15);
        while self.city.talk(persona).await.len() < wanted {
            assert!(Instant::now() < until, "{}", self.city.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A person applies; the browser and the application's id.
    async fn applies(&self, persona: &str) -> (Visitor, String) {
        let mut browser = Visitor::on_phone(&self.city.phone, persona).await.expect("phone");
        let sources = procedure::builtin();
        let source = sources.iter().find(|s| s.procedure().id == "suido-start").expect("a procedure");
        let sample = source.samples(Day::of(Clock::system().wall())).into_iter().next().expect("a sample");
        browser.enter(&format!("{}/p/suido-start/form", self.city.site())).await.expect("the form");
        let seen = browser.submit(&self.city.site(), "suido-start", &sample.input).await.expect("sent");
        let id = crate::world::receipt(&seen).id;
        (browser, id)
    }

    async fn clerk(&self) -> Visitor {
        let mut browser = Visitor::new().expect("browser");
        let page = browser.get(&format!("{}/nishio/sign-in", self.city.staff)).await.expect("page");
        let fields = [("login", "sato"), ("password", self.password.as_str())];
        let seen = browser.send(&page, "/sign-in", &fields).await.expect("signed in");
        assert!(seen.status.is_success(), "{}", seen.status);
        browser
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_take_one_application_from_the_tap_to_the_bubble_to_the_clerk() {
    if !has_postgres() {
        return;
    }
    let city = Apart::new().await;
    let (public, staff, workers) = (city.public().await, city.staff().await, city.workers().await);
    let (mut hanako, id) = city.applies("hanako").await;
    city.bubbles("hanako", 1).await;
    let mut sato = city.clerk().await;
    let address = format!("{}/nishio/a/{id}", city.city.staff);
    for (act, bubbles) in [("/accept", 2), ("/complete", 3)] {
        let page = sato.get(&address).await.expect("the application");
        assert!(page.status.is_success(), "{}", page.body);
        let done = sato.send(&page, act, &[]).await.expect("done");
        assert!(done.status.is_success(), "{act}: {}", done.status);
        city.bubbles("hanako", bubbles).await;
    }
    let page = hanako.get(&format!("{}/a/{id}", city.city.site())).await.expect("the page");
    assert_eq!(page.attribute("data-state").as_deref(), Some("done"));
    // Staff's addresses are not there where citizens are, nor the other way round.
    let at = |port: u16, path: &str| format!("http://127.0.0.1:{port}/nishio/{path}");
    let http = &city.city.http;
    let [open, desk] = city.city.ports;
    assert_eq!(http.get(at(open, "sign-in")).send().await.expect("answer").status(), 404);
    assert_eq!(http.get(at(desk, "p/suido-start")).send().await.expect("answer").status(), 404);
    // The jobs' role links the whole log.
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&city.city.url).await.expect("connect");
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        let sql = "select count(*) from audit where seq is null";
        let tail: i64 = sqlx::query_scalar(sql).fetch_one(&mut owner).await.expect("a number");
        if tail == 0 {
            break;
        }
        assert!(Instant::now() < until, "{tail} records are not linked: {}", city.city.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(owner);
    for child in [public, staff, workers] {
        stop(child).await;
    }
    assert_eq!(city.city.check().await, []);
    assert!(!city.city.log().contains("42501"), "a part asked for too much: {}", city.city.log());
}

/// How many openings the audit log knows.
async fn openings(city: &Apart) -> i64 {
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&city.city.url).await.expect("connect");
    let sql = "select count(*) from audit where act = 'answers.open'";
    sqlx::query_scalar(sql).fetch_one(&mut owner).await.expect("a number")
}

/// A frame beyond the limit gets no answer.
async fn boasts(socket: &Path) {
    let mut torn = tokio::net::UnixStream::connect(socket).await.expect("connect");
    torn.write_all(&u32::MAX.to_be_bytes()).await.expect("written");
    let mut left = Vec::new();
    torn.read_to_end(&mut left).await.expect("closed");
    assert_eq!(left, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_private_keys_shows_people_their_own_answers_by_the_socket_alone() {
    if !has_postgres() {
        return;
    }
    let city = Apart::new().await;
    let (public, staff) = (city.public().await, city.staff().await);
    let (mut hanako, own) = city.applies("hanako").await;
    let (_taro, foreign) = city.applies("taro").await;
    let site = city.city.site();
    let answers = |id: &str| format!("{site}/a/{id}/answers");
    let shown = hanako.get(&answers(&own)).await.expect("a page");
    assert!(shown.status.is_success() && shown.body.contains("入力した内容"), "{}", shown.body);
    assert_eq!(openings(&city).await, 1, "audited by the staff's process");
    assert_eq!(hanako.get(&answers(&foreign)).await.expect("a page").status, 404);

    // Whoever has taken the public process over knows tokens, and asks past its pages.
    let token = hanako.cookie("session").expect("signed in");
    let mut sato = city.clerk().await;
    let rejected = sato.get(&format!("{}/nishio/a/{own}", city.city.staff)).await.expect("the application");
    let desk = sato.cookie("staff").expect("signed in");
    let before = openings(&city).await;
    let agent = RemoteAgent::new(city.socket());
    let tenant = "232131".parse().expect("Nishio");
    let (own_id, foreign_id) = (own.parse().expect("id"), foreign.parse().expect("id"));
    for (id, purpose, proof) in [
        (foreign_id, "citizen-page", Proof::Citizen(token.as_str())),
        (own_id, "citizen-page", Proof::Citizen("AAAA")),
        (own_id, "citizen-page", Proof::Citizen(desk.as_str())),
        (own_id, "staff-page", Proof::Citizen(token.as_str())),
        (own_id, "citizen-page", Proof::Staff(desk.as_str())),
    ] {
        let said = agent.open(tenant, id, purpose, proof).await;
        assert_eq!(said.err(), Some(AgentError::NotAllowed), "{purpose}");
    }
    assert_eq!(openings(&city).await, before, "what is refused opens nothing");
    boasts(&city.socket()).await;
    assert!(agent.open(tenant, own_id, "citizen-page", Proof::Citizen(&token)).await.is_ok(), "it goes on");

    // A reason is told here, and only with the agent.
    let reason = [("reason", "書類が足りません")];
    let done = sato.send(&rejected, "/reject", &reason).await.expect("rejected");
    assert!(done.status.is_success(), "{} {}", done.status, done.body);
    let page = hanako.get(&format!("{site}/a/{own}")).await.expect("a page");
    assert_eq!(page.attribute("data-state").as_deref(), Some("rejected"));
    assert!(page.body.contains("書類が足りません"), "{}", page.body);

    stop(staff).await;
    assert!(!city.socket().exists(), "tidied up");
    let closed = hanako.get(&answers(&own)).await.expect("a page");
    assert_eq!(closed.status, 503);
    assert!(closed.body.contains("申請は届いています") && closed.body.contains(&own), "{}", closed.body);
    let page = hanako.get(&format!("{site}/a/{own}")).await.expect("a page");
    assert!(page.status.is_success() && page.body.contains("いまは表示できません"), "{}", page.body);
    let (mut kenji, more) = city.applies("kenji").await;
    assert!(
        kenji.get(&format!("{site}/a/{more}")).await.expect("a page").status.is_success(),
        "the rest works"
    );

    let staff = city.staff().await;
    assert!(hanako.get(&answers(&own)).await.expect("a page").status.is_success(), "and back again");
    for child in [public, staff] {
        stop(child).await;
    }
    assert_eq!(city.city.check().await, []);
}
