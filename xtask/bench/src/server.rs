//! The measured program as a process: start, wait for `ready`, memory, processor time, stop.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// First port of the demo; far from what a developer's own demo uses.
pub(crate) const PORT: u16 = 18_080;
/// Ticks of /proc/PID/stat in a second: 100 on every Linux that this runs on.
const TICKS: f64 = 100.0;

/// A program of ours that has said `ready`.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Its remaining output is read away, or it would block on a full pipe.
    _drain: JoinSet<()>,
}

/// A running `madoguchi demo`, and where its sites are.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    /// The citizens' site as browsers name it, without a slash at the end.
    pub(crate) citizen: String,
    /// The phone, likewise: its cookie belongs to the host of LINE's consent page.
    pub(crate) phone: String,
    /// From start to the line `ready`.
    pub(crate) took: Duration,
}

impl Server {
    /// Starts it on a data folder; on PostgreSQL where an address is given.
    pub(crate) async fn start(programs: &Path, data: &Path, postgres: Option<&str>) -> Result<Self> {
        let program = programs.join("madoguchi");
        let start = Instant::now();
        let mut command = Command::new(&program);
        command.args(["demo", "--port", &PORT.to_string(), "--data"]).arg(data);
        // A few accounts send thousands here.
        command.env("MADOGUCHI_LIMITS__SUBMITS_PER_HOUR", "0");
        if let Some(url) = postgres {
            command.env("MADOGUCHI_DATABASE__URL", url);
        }
        let (process, lines) = Process::start(command.stdin(Stdio::null())).await?;
        let took = start.elapsed();
        let address = |word: &str| {
            let line = lines.iter().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
            origin(line.with_context(|| format!("the demo printed no {word} address"))?)
        };
        let (citizen, phone) = (address("citizen")?, address("phone")?);
        Ok(Self { process, citizen, phone, took })
    }

    /// Resident memory, megabytes.
    pub(crate) fn rss_mb(&self) -> Option<f64> {
        self.process.rss_mb()
    }

    /// Processor seconds that it has used.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        cpu_seconds(&self.process.child.id()?.to_string())
    }

    /// Asks it to end, and waits.
    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

impl Process {
    /// Starts it and waits for `ready`; the lines before that.
    pub(crate) async fn start(command: &mut Command) -> Result<(Self, Vec<String>)> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let command = command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("could not start {name}"))?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut said = Vec::new();
        loop {
            match output.next_line().await? {
                Some(line) if line == "ready" => break,
                Some(line) => said.push(line),
                None => bail!("{name} ended before it was ready"),
            }
        }
        let mut drain = JoinSet::new();
        drain.spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
        Ok((Self { child, _drain: drain }, said))
    }

    /// Resident memory, megabytes.
    pub(crate) fn rss_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }

    /// Asks it to end, and waits; ten seconds is what it promises.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id = self.child.id().context("it has ended by itself")?.to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        match tokio::time::timeout(Duration::from_secs(12), self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(_) => bail!("it ended with an error after SIGTERM"),
            Err(_) => bail!("it did not end within 12 s of SIGTERM"),
        }
    }
}

fn origin(url: &str) -> Result<String> {
    Ok(url::Url::parse(url.trim())?.origin().ascii_serialization())
}

/// Processor seconds of a process, by its id or `self`.
pub(crate) fn cpu_seconds(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold spaces; the fields after it do not.
    let mut fields = stat.rsplit_once(") ")?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}
