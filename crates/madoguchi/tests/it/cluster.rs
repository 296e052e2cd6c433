//! PostgreSQL servers of a test's own, which it may kill: a primary and the standby that follows it.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The folder of PostgreSQL's programs; `cargo xtask test` installs them.
fn programs() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = folders.map(|f| f.path().join("bin")).collect();
    all.sort();
    let found = all.into_iter().rev().find(|bin| bin.join("pg_basebackup").is_file());
    if found.is_none() {
        eprintln!("no PostgreSQL programs: run `cargo xtask test`, which installs them");
    }
    found
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// A primary whose commits wait for its standby.
pub struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    pub ports: [u16; 2],
    /// Stops both and removes the folder when we are gone, however that happens.
    janitor: Child,
}

const JANITOR: &str = r#"cat > /dev/null
for pid in $(cat "$DIRECTORY"/*/postmaster.pid 2> /dev/null | grep -x '[0-9]*' | sort -u); do
  case $(readlink /proc/"$pid"/exe) in */postgres) kill -CONT "$pid"; kill -QUIT "$pid";; esac
done
sleep 1; rm -rf "$DIRECTORY""#;

impl Cluster {
    /// `None` where PostgreSQL's programs are not installed.
    pub fn start() -> Option<Self> {
        let bin = programs()?;
        let name = madoguchi_base::random::alnum(8).to_lowercase();
        let dir = std::env::temp_dir().join(format!("madoguchi-cluster-{name}"));
        std::fs::create_dir(&dir).expect("folder");
        if is_root() {
            must(Command::new("chown").arg("postgres").arg(&dir));
        }
        let mut janitor = Command::new("sh");
        janitor.args(["-c", JANITOR]).env("DIRECTORY", &dir).current_dir("/").stdin(Stdio::piped());
        let janitor = janitor.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh");
        let spare = || TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port();
        let it = Self { bin, dir, ports: [spare(), spare()], janitor };
        must(
            it.run("initdb")
                .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
                .arg(it.data(0)),
        );
        it.serve(0, "");
        let mut copy = it.run("pg_basebackup");
        copy.args([
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-R",
            "-c",
            "fast",
            "-p",
            &it.ports[0].to_string(),
            "-D",
        ]);
        must(copy.arg(it.data(1)));
        it.serve(1, "");
        // Only now: before, there was nobody to wait for.
        it.sql(0, "alter system set synchronous_standby_names = '*'");
        it.sql(0, "select pg_reload_conf()");
        Some(it)
    }

    /// Both addresses in one.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres", self.ports[0], self.ports[1])
    }

    /// The address of one server.
    pub fn url_of(&self, n: usize) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.ports[n])
    }

    pub fn promote(&self, n: usize) {
        must(self.run("pg_ctl").args(["promote", "--silent", "--wait", "-D"]).arg(self.data(n)));
    }

    /// Sends a signal to a server and to all that it has started, in one go.
    pub fn signal(&self, n: usize, name: &str) {
        let file = std::fs::read_to_string(self.pid_file(n)).expect("it runs");
        let head = file.lines().next().expect("a pid").to_owned();
        let all = Command::new("ps").args(["-o", "pid=", "--ppid", &head]).output().expect("ps");
        let children = String::from_utf8(all.stdout).expect("numbers");
        let mut kill = Command::new("kill");
        // One of them may have ended meanwhile, so the answer says nothing.
        let _sent = kill.arg(format!("-{name}")).arg(&head).args(children.split_whitespace()).status();
    }

    /// Starts a server as it was left.
    pub fn serve(&self, n: usize, more: &str) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=100 {more}",
            self.ports[n],
            self.dir.display()
        );
        let mut start = self.run("pg_ctl");
        start.args(["start", "--silent", "--wait", "-D"]).arg(self.data(n));
        start.arg("--log").arg(self.dir.join(format!("log{n}"))).args(["--options", &options]);
        start.stdout(Stdio::null()).stderr(Stdio::null());
        // What a killed server has left under way ends by itself, and until then its memory is taken.
        for _ in 0..20 {
            if start.status().is_ok_and(|s| s.success()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        panic!("{}", std::fs::read_to_string(self.dir.join(format!("log{n}"))).unwrap_or_default());
    }

    fn sql(&self, n: usize, sql: &str) {
        must(self.run("psql").args([&self.url_of(n), "-qAtc", sql]));
    }

    pub fn pid_file(&self, n: usize) -> PathBuf {
        self.data(n).join("postmaster.pid")
    }

    fn data(&self, n: usize) -> PathBuf {
        self.dir.join(format!("server{n}"))
    }

    /// PostgreSQL does not run as root; then it runs as the user that its package has made.
    fn run(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(Path::new("/")).stdin(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.janitor.stdin.take() {
            let _flushed = stdin.flush();
        }
        let _ended = self.janitor.wait();
    }
}

fn must(command: &mut Command) {
    let status = command.status();
    assert!(status.is_ok_and(|s| s.success()), "{command:?}");
}
