//! `madoguchi doctor`: can it run here, in plain words; and what a site behind https tells browsers.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use madoguchi::app::{self, App};
use madoguchi::{edge, run, setup};
use madoguchi_base::Clock;
use madoguchi_base::keys::Keys;
use tokio::net::TcpListener;

use crate::process::City;
use crate::world::{On, client};

/// Exit code, and the lines.
fn doctor(url: &str, keys: &Path) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .arg("doctor")
        .env("MADOGUCHI_DATABASE__URL", url)
        .env("MADOGUCHI_KEYS_DIR", keys)
        .output()
        .expect("it runs");
    (out.status.code(), String::from_utf8(out.stdout).expect("text"))
}

/// Every one of `lines`, and nothing to mend but those; the exit code says whether there is something to mend.
fn says(found: &(Option<i32>, String), lines: &[&str]) {
    for line in lines {
        assert!(found.1.lines().any(|l| l.starts_with(line)), "{line}: {}", found.1);
    }
    let mends: Vec<&str> = found.1.lines().filter(|l| l.starts_with("MEND")).collect();
    assert_eq!(found.0, Some(if mends.is_empty() { 0 } else { 3 }), "{}", found.1);
    // The city of this test is called by an address, not by its name: that is said, and true.
    let known = |l: &&str| l.contains("webhook") || lines.iter().any(|line| l.starts_with(line));
    assert_eq!(mends.into_iter().filter(|l| !known(l)).count(), 0, "{}", found.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_a_whole_city_healthy_and_says_of_each_fault_what_to_do() {
    let city = City::new(On::Sqlite).await;
    let healthy =
        ["ok    settings: ", "ok    root key: ", "ok    disk: ", "ok    database: ", "ok    clock: "];
    says(&doctor(&city.url, &city.keys_dir()), &healthy);
    says(&doctor(&city.url, &city.keys_dir()), &["ok    municipalities: 232131"]);

    let root = city.keys_dir().join("root.key");
    let mode = |bits| std::fs::set_permissions(&root, std::fs::Permissions::from_mode(bits)).expect("mode");
    mode(0o644);
    says(
        &doctor(&city.url, &city.keys_dir()),
        &["MEND  root key: ", "MEND  private key: ", "Mend the lines above"],
    );
    mode(0o600);
    let private = std::fs::read_dir(city.keys_dir()).expect("keys").filter_map(Result::ok).map(|e| e.path());
    let private = private.filter(|p| p.to_string_lossy().contains("232131")).collect::<Vec<_>>();
    assert!(!private.is_empty(), "the municipality has a private key");
    for path in &private {
        std::fs::rename(path, path.with_extension("away")).expect("away");
    }
    says(&doctor(&city.url, &city.keys_dir()), &["MEND  private key: "]);
    for path in &private {
        std::fs::rename(path.with_extension("away"), path).expect("back");
    }
    says(&doctor(&city.url, &city.keys_dir()), &["ok    private key: "]);

    let empty = tempfile::tempdir().expect("folder");
    let url = format!("sqlite:{}", empty.path().join("new.db").display());
    says(&doctor(&url, empty.path()), &["MEND  municipalities: none yet", "MEND  root key: "]);
    says(
        &doctor("postgres://nobody@127.0.0.1:9/none", empty.path()),
        &["MEND  root key: ", "MEND  database: "],
    );
    says(&doctor("mysql://x", empty.path()), &["MEND  root key: ", "MEND  database: "]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_https_browsers_are_told_to_come_back_by_https_only() {
    for https in [true, false] {
        let dir = tempfile::tempdir().expect("dir");
        let url = format!("sqlite:{}", dir.path().join("m.db").display());
        let db = setup::database(&url, 2).await.expect("database");
        let keys = Keys::load_or_create(&dir.path().join("keys")).expect("keys");
        let mut settings = madoguchi::config::Settings::defaults().expect("defaults");
        let scheme = if https { "https" } else { "http" };
        settings.public_url = format!("{scheme}://window.example.jp").parse().expect("url");
        settings.staff_url = format!("{scheme}://staff.example.jp").parse().expect("url");
        let app = App::start(db, keys, Clock::system(), settings).await.expect("app");
        for site in [app::public_site(&app), app::staff_site(&app)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
            let at = listener.local_addr().expect("address");
            let router = edge::router(site).expect("router");
            let limits = madoguchi::serve::Limits::of(8);
            app.tasks.spawn(madoguchi::serve::run(listener, router, app.stop.clone(), limits));
            for path in ["/", "/healthz", "/nowhere", "/nishio/", "/%ff"] {
                let answer = client().get(format!("http://{at}{path}")).send().await.expect("answer");
                let told =
                    answer.headers().get("strict-transport-security").map(|v| v.to_str().expect("text"));
                assert_eq!(told, https.then_some("max-age=31536000; includeSubDomains"), "{path}");
            }
        }
        run::end(&app).await;
    }
}
