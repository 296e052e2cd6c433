//! A full disk under the real server: people read, nothing is lost, and it goes on by itself when there is room.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use madoguchi::demo::visitor::Visitor;
use madoguchi::office;
use madoguchi::setup;
use madoguchi_base::Clock;
use madoguchi_base::keys::Keys;

use crate::process::{City, signal};
use crate::sender::key;
use crate::sending::wait_until;
use crate::world::On;

/// A small file system of its own; unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where we may not mount: then `madoguchi-base` tests the same by a quota of pages.
    fn mount(mib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().expect("folder");
        let size = format!("size={mib}m,mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        if mounted.is_ok_and(|m| m.status.success()) {
            return Some(Self(dir));
        }
        eprintln!("no file system of a test's own: mounting needs root");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte, but `left` bytes.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.path().join("somebody-elses-file");
        let mut file = File::create(&path).expect("a file");
        let mut chunk = 1 << 20;
        while chunk >= 4_096 {
            if file.write_all(&vec![b'x'; chunk]).is_err() {
                chunk /= 2;
            }
        }
        let len = file.metadata().expect("length").len();
        file.set_len(len - left).expect("a little room");
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

async fn clerk(city: &City) -> (String, String) {
    let db = setup::database(&city.url, 2).await.expect("database");
    let keys = Keys::load(&city.keys_dir()).expect("keys");
    let tenant = "232131".parse().expect("tenant");
    let made = office::add(&db, (&keys, &Clock::system()), tenant, "sato", "佐藤", "admin").await;
    db.close().await;
    ("sato".to_owned(), made.expect("an account"))
}

async fn signs_in(city: &City, clerk: &(String, String)) -> Visitor {
    let mut visitor = Visitor::new().expect("browser");
    let page = visitor.get(&format!("{}/nishio/sign-in", city.staff)).await.expect("page");
    let fields = [("login", clerk.0.as_str()), ("password", clerk.1.as_str())];
    let seen = visitor.send(&page, "/sign-in", &fields).await.expect("sign in");
    assert!(seen.status.is_success(), "{}", seen.status);
    visitor
}

#[expect(clippy::too_many_lines, reason = "a story reads from top to bottom")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_people_read_what_they_typed_is_kept_and_it_goes_on_when_there_is_room() {
    let Some(disk) = Disk::mount(32) else { return };
    let url = format!("sqlite:{}", disk.path().join("madoguchi.db").display());
    let mut city = City::over(On::Sqlite, tempfile::tempdir().expect("dir"), url).await;
    // More than the disk could hold: an eighth of it is kept back.
    city.database = "ballast_mb = 64\n".to_owned();
    let account = clerk(&city).await;
    let mut server = city.serve("").await;
    let ballast = disk.path().join("madoguchi.ballast");
    wait_until("the ballast is made", 5, async || ballast.exists()).await;
    assert_eq!(std::fs::metadata(&ballast).expect("ballast").len(), 4 << 20);
    let hanako = city.confirms("hanako", "suido-start").await;
    let first = hanako.sends(&key()).await.expect("acknowledged");

    let other = disk.fill(512 << 10);
    let mut acknowledged = vec![first.clone()];
    let refused = loop {
        let key = key();
        match hanako.sends(&key).await {
            Some(id) => acknowledged.push(id),
            None => break key,
        }
        assert!(acknowledged.len() < 2_000, "the disk does not fill up");
    };
    assert!(!ballast.exists(), "it was let go");
    // It stays full: nobody is taken, everybody reads, what must not stop goes on.
    for _ in 0..6 {
        let (status, page) = hanako.sends_and_reads(&refused).await;
        assert_eq!(status, 503, "{page}");
        assert!(page.contains("lang=\"ja\"") && page.contains("もう一度送る"), "{page}");
        assert!(page.contains(&refused) && page.contains("name=\"answers\""), "what was typed is kept");
        let seen = hanako.receipt(&first).await;
        assert!(seen.is_some_and(|r| !r.is_empty()), "the status page answers");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let ready =
        city.http.get(format!("http://127.0.0.1:{}/readyz", city.ports[0])).send().await.expect("ready");
    assert_eq!(ready.status(), 200);
    assert!(ready.text().await.expect("text").contains("full"));
    let mut sato = signs_in(&city, &account).await;
    for path in ["/nishio/".to_owned(), format!("/nishio/a/{first}")] {
        let seen = sato.get(&format!("{}{path}", city.staff)).await.expect("page");
        assert_eq!(seen.status, 200, "{path}: looking is audited, and that goes on");
    }
    wait_until("what was promised is delivered", 20, async || {
        city.talk("hanako").await.len() == acknowledged.len()
    })
    .await;
    assert!(server.try_wait().expect("state").is_none(), "it runs");

    std::fs::File::options().write(true).open(&other).expect("file").set_len(1 << 20).expect("room");
    let told = tokio::time::timeout(Duration::from_secs(5), hanako.sends_until_told(&refused)).await;
    acknowledged.push(told.expect("people are taken again within five seconds"));
    assert!(ballast.exists());
    assert!(server.try_wait().expect("state").is_none(), "it never restarted");
    assert_eq!(city.log().matches("the disk is full: ").count(), 1, "{}", city.log());
    assert_eq!(city.log().matches("room on the disk again").count(), 1);
    signal(&server, "TERM");
    assert!(server.wait().await.expect("end").success());

    // A start on a disk without one free byte: the ballast makes the room that a database needs to open.
    let other = disk.fill(0);
    let mut server = city.serve("").await;
    assert_eq!(hanako.sends_and_reads(&key()).await.0, 503);
    assert!(hanako.receipt(&first).await.is_some());
    std::fs::File::options().write(true).open(&other).expect("file").set_len(1 << 20).expect("room");
    acknowledged.push(hanako.sends_until_told(&key()).await);
    signal(&server, "TERM");
    assert!(server.wait().await.expect("end").success());

    let db = city.open().await;
    let mut x = db.reader().await.expect("reader");
    let mut stored: Vec<String> =
        madoguchi_base::on!(&mut x, |c| sqlx::query_scalar("select application_id from application")
            .fetch_all(c)
            .await)
        .expect("applications");
    drop(x);
    stored.sort();
    acknowledged.sort();
    assert_eq!(stored, acknowledged, "nothing lost, nothing doubled");
    assert_eq!(city.check_of(&db).await, []);
    db.close().await;
}
