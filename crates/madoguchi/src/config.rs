//! Typed settings: the shipped defaults, one file, then `MADOGUCHI_…` in the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use madoguchi_line::crash::Plan;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::parts::Part;

/// The defaults file: compiled in, and the manual.
pub const DEFAULTS: &str = include_str!("madoguchi.defaults.toml");

/// All settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where citizens reach the service.
    pub public_url: Url,
    /// Where staff reach it.
    pub staff_url: Url,
    /// Root key and private keys.
    pub keys_dir: PathBuf,
    /// Origins that may frame our pages.
    pub frame_ancestors: Vec<String>,
    /// Who opens what was sealed.
    pub keys: KeySettings,
    /// Listeners.
    pub listen: Listen,
    /// Database.
    pub database: Database,
    /// Attached files.
    pub files: Files,
    /// Which parts run here.
    pub parts: Parts,
    /// What one account may do.
    pub limits: Limits,
    /// Logging.
    pub log: Log,
    /// Where a test ends the process (`madoguchi_line::crash`); empty everywhere else.
    pub fault_points: String,
    /// Set by `demo` only, never by a file.
    #[serde(skip)]
    pub demo: bool,
}

/// Who opens what was sealed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// Where the staff's process answers those without private keys; empty: nowhere.
    pub agent_socket: PathBuf,
}

/// Listeners.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Citizens' address and port.
    pub public: SocketAddr,
    /// Staff's address and port.
    pub staff: SocketAddr,
    /// Connections at a time, per listener.
    pub connections: usize,
    /// Proxies of our own, which tell the truth about where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Database.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub connections: u32,
    /// MiB kept back for a full disk (SQLite; 0: none).
    pub ballast_mb: u32,
    /// The same database for the lanes' role; empty: `url`.
    pub line_url: String,
    /// What the names of the parts' roles begin with.
    pub role_prefix: String,
}

/// Attached files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Where they lie, or (with a bucket) are prepared.
    pub folder: PathBuf,
    /// Virus scanner: `unix:PATH`, `tcp:ADDRESS:PORT`; empty: none.
    pub clamd: String,
    /// A bucket in the place of the folder.
    #[serde(default)]
    pub s3: Option<S3>,
}

/// A bucket that speaks S3.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Its address.
    pub endpoint: Url,
    /// Its region.
    pub region: String,
    /// Its name.
    pub bucket: String,
    /// What every object's name begins with; may be empty.
    #[serde(default)]
    pub prefix: String,
    /// The bucket's name stands in the path, not in the host.
    #[serde(default)]
    pub path_style: bool,
    /// File with the access key.
    pub access_key_file: PathBuf,
    /// File with the secret key.
    pub secret_key_file: PathBuf,
}

/// Which parts run in this process.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// Citizens' listener.
    pub public: bool,
    /// Staff's listener.
    pub staff: bool,
    /// Deliveries and jobs.
    pub workers: bool,
}

impl Parts {
    /// Whose rights the connection needs; the lane's not where it has one of its own.
    pub fn roles(self, line_apart: bool) -> Vec<Part> {
        let wanted = [
            (Part::Public, self.public),
            (Part::Staff, self.staff),
            (Part::Line, self.workers && !line_apart),
            (Part::Jobs, self.workers),
        ];
        wanted.into_iter().filter(|(_, here)| *here).map(|(part, _)| part).collect()
    }
}

/// What one account may do.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Submissions in an hour; 0: no limit.
    pub submits_per_hour: u32,
}

/// Logging.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Filter.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A name or value is wrong.
    #[error("settings: {0}")]
    Read(Box<figment::Error>),
    /// It would run, but not safely.
    #[error("settings: {0}")]
    Unsafe(String),
}

impl Settings {
    /// Reads the defaults, `file` where given, and the environment; refuses unknown names.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(Env::prefixed("MADOGUCHI_").filter(|name| is_setting(name.as_str())).split("__"))
            .extract()
            .map_err(|e| ConfigError::Read(Box::new(e)))
    }

    /// The defaults alone: the demo and tests start from them.
    pub fn defaults() -> Result<Self, ConfigError> {
        Figment::from(Toml::string(DEFAULTS)).extract().map_err(|e| ConfigError::Read(Box::new(e)))
    }

    /// Refuses what would be unsafe for real people, with a sentence each.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |why: String| Err(ConfigError::Unsafe(why));
        for (name, url) in [("public_url", &self.public_url), ("staff_url", &self.staff_url)] {
            if url.scheme() != "https" && !is_loopback(url) {
                return refuse(format!("{name} = {url}: only https may be used beyond this machine"));
            }
        }
        for (name, at) in [("listen.public", self.listen.public), ("listen.staff", self.listen.staff)] {
            if !at.ip().is_loopback() && self.public_url.scheme() != "https" {
                return refuse(format!("{name} = {at}: open to the network while public_url is plain http"));
            }
        }
        if self.listen.public == self.listen.staff {
            return refuse(
                "listen.public and listen.staff are the same: staff need a listener of their own".into(),
            );
        }
        if let Some(s3) = &self.files.s3
            && s3.endpoint.scheme() != "https"
            && !is_loopback(&s3.endpoint)
        {
            let at = &s3.endpoint;
            return refuse(format!("files.s3.endpoint = {at}: only https may be used beyond this machine"));
        }
        let parts = self.parts;
        if self.database.url.starts_with("sqlite:") && !(parts.public && parts.staff && parts.workers) {
            return refuse("parts: separate processes need PostgreSQL; SQLite serves one process".into());
        }
        if !self.database.line_url.is_empty() && self.database.url.starts_with("sqlite:") {
            return refuse("database.line_url: SQLite has no roles; leave it empty".into());
        }
        let here = [&self.public_url, &self.staff_url].into_iter().all(is_loopback)
            && [self.listen.public, self.listen.staff].iter().all(|at| at.ip().is_loopback());
        if !self.fault_points.is_empty() && !here {
            return refuse(
                "fault_points: ends the process on purpose; only tests on this machine use it".into(),
            );
        }
        self.crash_plan()?;
        if !self.frame_ancestors.is_empty() && !self.demo {
            return refuse("frame_ancestors: only the demo shows our pages in frames".into());
        }
        Ok(())
    }

    /// `fault_points` as a plan.
    pub fn crash_plan(&self) -> Result<Option<Plan>, ConfigError> {
        let wanted = self.fault_points.as_str();
        if wanted.is_empty() {
            return Ok(None);
        }
        wanted.parse().map(Some).map_err(|e| ConfigError::Unsafe(format!("fault_points = {wanted}: {e}")))
    }
}

/// Other programs of the project have variables of their own under our prefix (`MADOGUCHI_TEST_POSTGRES`). Names
/// with two underscores are always ours, and a wrong one is refused.
fn is_setting(name: &str) -> bool {
    const PLAIN: [&str; 5] = ["public_url", "staff_url", "keys_dir", "frame_ancestors", "fault_points"];
    name.contains("__") || PLAIN.iter().any(|plain| name.eq_ignore_ascii_case(plain))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::defaults().expect("the defaults are complete")
    }

    #[test]
    fn the_defaults_are_complete_and_safe() {
        settings().check().expect("safe");
    }

    #[test]
    fn plain_http_beyond_this_machine_is_refused() {
        let mut s = settings();
        s.public_url = "http://city.example.jp".parse().expect("url");
        assert!(matches!(s.check(), Err(ConfigError::Unsafe(_))));
        let mut s = settings();
        s.listen.public = "0.0.0.0:80".parse().expect("address");
        assert!(matches!(s.check(), Err(ConfigError::Unsafe(_))));
    }

    #[test]
    fn fault_points_are_refused_beyond_this_machine_and_where_they_name_no_point() {
        let mut s = settings();
        s.fault_points = "after-send:2".into();
        s.check().expect("on loopback");
        s.public_url = "https://city.example.jp".parse().expect("url");
        assert!(matches!(s.check(), Err(ConfigError::Unsafe(_))));
        let mut s = settings();
        s.fault_points = "nowhere".into();
        assert!(matches!(s.check(), Err(ConfigError::Unsafe(_))));
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("m.toml");
        std::fs::write(&file, "[database]\nulr = \"x\"\n").expect("write");
        assert!(matches!(Settings::load(Some(&file)), Err(ConfigError::Read(_))));
    }
}
