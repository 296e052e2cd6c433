//! A PostgreSQL cluster of one's own for the tests: made, used, removed.
//!
//! A shell waits for the end of our standard input pipe and then stops and removes the cluster.
//! So it goes away after success, failure, Ctrl-C and even a kill of this process.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{run, tools};

/// A running cluster; dropping it stops and removes it, unless it is kept.
#[derive(Debug)]
pub(crate) struct Cluster {
    url: String,
    janitor: Child,
}

const JANITOR: &str = r#"cat > /dev/null; "$@"; rm -rf "$DIRECTORY""#;

impl Cluster {
    /// Makes a cluster in a temporary folder, on a spare port of 127.0.0.1, with syncing on:
    /// durability is a thing that the tests look at.
    pub(crate) fn start(keep: bool) -> Result<Self> {
        let bin = tools::postgres_bin().context("PostgreSQL is not installed")?;
        let directory = std::env::temp_dir().join(format!("madoguchi-postgres-{}", std::process::id()));
        let port = spare_port()?;
        make_folder(&directory)?;
        let mut janitor = janitor(&bin, &directory)?;
        if let Err(error) = create(&bin, &directory).and_then(|()| serve(&bin, &directory, port)) {
            drop(janitor.stdin.take());
            janitor.wait()?;
            return Err(error);
        }
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        if keep {
            // Killed before its input ends, it cleans nothing up.
            janitor.kill()?;
            println!("==> PostgreSQL stays: MADOGUCHI_TEST_POSTGRES={url}");
            println!(
                "==> later: stop the process of {}/data/postmaster.pid, remove the folder",
                directory.display()
            );
        }
        Ok(Self { url, janitor })
    }

    /// Address of its maintenance database, as the superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        let _ = self.janitor.wait();
    }
}

fn spare_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn make_folder(directory: &Path) -> Result<()> {
    std::fs::create_dir(directory).with_context(|| format!("could not make {}", directory.display()))?;
    if tools::is_root() {
        run::output(Command::new("chown").arg("postgres").arg(directory))?;
    }
    Ok(())
}

/// In a process group of its own, or Ctrl-C would end it before it has cleaned up.
fn janitor(bin: &Path, directory: &Path) -> Result<Child> {
    let stop = as_postgres(&bin.join("pg_ctl"), |command| {
        command.arg("stop").args(["--silent", "--mode=immediate", "--pgdata"]).arg(directory.join("data"));
    });
    let mut shell = Command::new("sh");
    shell.args(["-c", JANITOR, "janitor"]).arg(stop.get_program()).args(stop.get_args());
    shell.env("DIRECTORY", directory).current_dir("/").process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().context("could not start sh")
}

fn create(bin: &Path, directory: &Path) -> Result<()> {
    run::output(&mut as_postgres(&bin.join("initdb"), |command| {
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        command.arg(directory.join("data"));
    }))
    .context("could not make a PostgreSQL cluster")?;
    Ok(())
}

fn serve(bin: &Path, directory: &Path, port: u16) -> Result<()> {
    let settings = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=200 \
         -c fsync=on -c synchronous_commit=on -c full_page_writes=on",
        directory.display()
    );
    let log = directory.join("log");
    let status = as_postgres(&bin.join("pg_ctl"), |command| {
        command.args(["start", "--silent", "--wait", "--pgdata"]).arg(directory.join("data"));
        command.arg("--log").arg(&log).arg("--options").arg(settings);
    })
    .status()?;
    if !status.success() {
        bail!("PostgreSQL did not start:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
    }
    Ok(())
}

/// PostgreSQL refuses to run as root; then it runs as the user that its package has made.
fn as_postgres(program: &PathBuf, arguments: impl FnOnce(&mut Command)) -> Command {
    let mut command = if tools::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    arguments(&mut command);
    command.current_dir("/").stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_goes_away_with_its_folder() {
        let Some(bin) = tools::postgres_bin() else { return };
        let cluster = Cluster::start(false).unwrap();
        let one = run::output(Command::new(bin.join("psql")).args([cluster.url(), "-Atc", "show fsync"]));
        assert_eq!(one.unwrap().trim(), "on");
        let directory = std::env::temp_dir().join(format!("madoguchi-postgres-{}", std::process::id()));
        assert!(directory.exists());
        drop(cluster);
        assert!(!directory.exists());
    }
}
