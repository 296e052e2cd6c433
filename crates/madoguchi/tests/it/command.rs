//! The command line beside a running program: the same words do the same, whoever holds the database.

use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::Output;

use madoguchi::demo::visitor::Visitor;
use madoguchi::setup;
use reqwest::StatusCode;

use crate::both_served;
use crate::crash::stop;
use crate::process::{City, lines_until_ready};
use crate::world::On;

/// What a command came to.
struct Done {
    code: i32,
    out: String,
    err: String,
}

/// Runs `madoguchi WORDS --config FILE`.
async fn run(config: &PathBuf, words: &[&str]) -> Done {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    let output: Output = command.args(words).arg("--config").arg(config).output().await.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text").trim().to_owned();
    Done { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

impl Done {
    fn well(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// One line with what to do.
    fn refused(self) -> String {
        assert_eq!(self.code, 1, "{} {}", self.out, self.err);
        assert_eq!((self.out.as_str(), self.err.lines().count()), ("", 1), "{}", self.err);
        self.err
    }
}

impl City {
    fn settings_file(&self) -> PathBuf {
        self.folder().join(format!("madoguchi-{}.toml", self.ports[0]))
    }

    async fn signs_in(&self, login: &str, password: &str) -> StatusCode {
        let mut browser = Visitor::new().expect("browser");
        let page = browser.get(&format!("{}/nishio/sign-in", self.staff)).await.expect("page");
        let fields = [("login", login), ("password", password)];
        let seen = browser.send(&page, "/sign-in", &fields).await.expect("an answer");
        if seen.url.path().ends_with("/nishio/") { seen.status } else { StatusCode::UNAUTHORIZED }
    }
}

fn password(out: &str) -> String {
    let said: serde_json::Value = serde_json::from_str(out).expect("json");
    said["password"].as_str().expect("a password").to_owned()
}

const SATO: [&str; 5] = ["--tenant", "232131", "--login", "sato", "--json"];

both_served! {
    async fn an_account_is_made_and_reset_while_the_program_serves(city: City) {
        let server = city.serve("").await;
        let config = city.settings_file();
        let add = [&["staff", "add"][..], &SATO].concat();
        let first = password(&run(&config, &add).await.well());
        assert_eq!(city.signs_in("sato", &first).await, 200);
        let twice = run(&config, &add).await.refused();
        assert!(twice.contains("already an account"), "{twice}");
        let second = password(&run(&config, &[&["staff", "reset"][..], &SATO].concat()).await.well());
        assert_eq!(city.signs_in("sato", &first).await, 401, "the old one is over");
        assert_eq!(city.signs_in("sato", &second).await, 200);
        let foreign = ["staff", "add", "--tenant", "131016", "--login", "sato"];
        let foreign = run(&config, &foreign).await.refused();
        assert!(foreign.contains("no municipality 131016"), "{foreign}");
        let list = run(&config, &["staff", "list", "--tenant", "232131"]).await.well();
        assert_eq!(list, "sato clerk sato");
        stop(server).await;
        // The same words without a running program.
        let third = password(&run(&config, &[&["staff", "reset"][..], &SATO].concat()).await.well());
        assert_ne!(third, second);
        assert_eq!(run(&config, &["tenant", "list"]).await.well(), "232131 nishio");
        let server = city.serve("").await;
        assert_eq!(city.signs_in("sato", &third).await, 200);
        stop(server).await;
        assert_eq!(city.check().await, []);
    }

    async fn reading_commands_and_imports_work_while_the_program_serves(city: City) {
        let server = city.serve("").await;
        let config = city.settings_file();
        assert_eq!(run(&config, &["check"]).await.well(), "every invariant holds");
        assert_eq!(run(&config, &["check", "--json"]).await.well(), "");
        assert_eq!(run(&config, &["migrate"]).await.well(), "the schema is up to date");
        let mode = ["line", "mode", "--tenant", "232131"];
        let full = [&mode[..], &["full"]].concat();
        assert_eq!(run(&config, &full).await.well(), "full");
        assert_eq!(run(&config, &mode).await.well(), "full");
        assert!(run(&config, &["clock", "status"]).await.well().starts_with("no jump"));
        let export = ["procedure", "export", "dog-death", "--tenant", "232131"];
        let definition: serde_json::Value =
            serde_json::from_str(&run(&config, &export).await.well()).expect("json");
        assert_eq!(definition["id"], "dog-death");
        let files = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures");
        let file = files.join("dog-death.yaml").display().to_string();
        let import = |file: &str| ["procedure", "import", file, "--tenant", "232131"].map(str::to_owned);
        let words = import(&file);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(run(&config, &words).await.well(), "dog-death version 1 (as before)");
        // A changed file; on SQLite the running program shows it at once.
        let text = std::fs::read_to_string(&file).expect("the file");
        let title = definition["title"].as_str().expect("a title");
        let changed = city.folder().join("dog-death.yaml");
        std::fs::write(&changed, text.replacen(title, "犬の死亡届（新）", 1)).expect("write");
        let words = import(&changed.display().to_string());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(run(&config, &words).await.well(), "dog-death version 2");
        let page = city.http.get(format!("{}/p/dog-death", city.site().replace("nishio.demo.localhost", "127.0.0.1")));
        let page = page.send().await.expect("answer").text().await.expect("text");
        assert_eq!(page.contains("犬の死亡届（新）"), city.on == On::Sqlite);
        // A file with a mistake is told before anybody is asked.
        std::fs::write(&changed, "id: dog-death\n").expect("write");
        let wrong = run(&config, &words).await;
        assert!(wrong.code == 3 && wrong.out.contains("dog-death.yaml"), "{} {}", wrong.out, wrong.err);
        stop(server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_is_its_owners_and_what_a_killed_program_left_stands_in_nobodys_way() {
    let city = City::new(On::Sqlite).await;
    let mut server = city.serve("").await;
    let (config, door) = (city.settings_file(), city.folder().join("madoguchi.sock"));
    let mode = std::fs::metadata(&door).expect("the door").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.kill().await.expect("killed");
    assert!(door.exists(), "nobody tidied up");
    run(&config, &[&["staff", "add"][..], &SATO].concat()).await.well();
    let server = city.serve("").await;
    assert_eq!(run(&config, &["tenant", "list"]).await.well(), "232131 nishio");
    stop(server).await;
    assert!(!door.exists());

    // Somebody holds the folder and does not answer.
    let db = setup::database(&city.url, 2).await.expect("database");
    let why = run(&config, &["tenant", "list"]).await.refused();
    assert!(why.contains("in use") && why.contains("madoguchi.sock") && why.contains("ready"), "{why}");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_municipality_is_added_to_a_running_program_that_has_none() {
    let city = City::new(On::Sqlite).await;
    let keys = city.folder().join("keys-new");
    let url = format!("sqlite:{}", city.folder().join("new.db").display());
    let config = city.config(&keys, city.ports, &format!("[database]\nurl = {url:?}\n"));
    let mut server = city.start("new", &config);
    lines_until_ready(&mut server).await;
    let file = city.folder().join("madoguchi-new.toml");
    assert_eq!(run(&file, &["tenant", "list"]).await.well(), "");
    let seed: serde_json::Value =
        serde_json::from_slice(&std::fs::read(city.folder().join("line.json")).expect("seed")).expect("json");
    let provider = &seed["providers"][0];
    let secret = |name: &str, text: &serde_json::Value| {
        let path = city.folder().join(name);
        let mut file = std::fs::File::options();
        let mut file = file.create(true).write(true).truncate(true).mode(0o600).open(&path).expect("file");
        std::io::Write::write_all(&mut file, text.as_str().expect("a secret").as_bytes()).expect("written");
        path.display().to_string()
    };
    let channels = format!(
        "login_id = {}\nlogin_secret_file = {:?}\nmessaging_id = {}\nmessaging_secret_file = {:?}\n\
         access_base = {:?}\napi_base = {:?}\ndata_base = {:?}\n",
        provider["login"]["id"],
        secret("login", &provider["login"]["secret"]),
        provider["messaging"]["id"],
        secret("messaging", &provider["messaging"]["secret"]),
        city.phone,
        city.api,
        city.api
    );
    let path = city.folder().join("channels.toml");
    std::fs::write(&path, channels).expect("write");
    let words = ["tenant", "add", "--channels", path.to_str().expect("text")];
    assert_eq!(run(&file, &words).await.well(), "232131 is set up");
    // At once: a person applies, and is told.
    let hanako = city.confirms("hanako", "suido-start").await;
    hanako.sends_until_told(&crate::sender::key()).await;
    crate::crash::talk_reaches(&city, 1).await;
    stop(server).await;
}
