//! 自治体: a municipality as the database knows it: its code, slug and public key.
//! Is: the anchor of every row. Is not: its facts for people (procedures and contact: `procedure::Shelf`) nor
//! its LINE channels (`madoguchi_line::channel`). The private key lies in the keys folder, outside the
//! database, and is read by the key agent only.

pub mod acts;
pub mod store;

use std::path::PathBuf;

use anyhow::Context as _;
use madoguchi_base::TenantId;
use madoguchi_base::keys::{Keys, read_secret};
use madoguchi_base::seal::{TenantPrivate, TenantPublic};
use madoguchi_line::channel::{BotPrompt, ChannelSettings};

/// Where the private key of a municipality lies.
pub fn private_key_path(keys: &Keys, tenant: TenantId) -> PathBuf {
    keys.dir().join(format!("tenant-{tenant}.key"))
}

/// The key pair that lies in the keys folder; the public part is derived, so that it fits.
pub fn key_pair(keys: &Keys, tenant: TenantId) -> anyhow::Result<(TenantPrivate, TenantPublic)> {
    let path = private_key_path(keys, tenant);
    let private = TenantPrivate::load(&path)?;
    let public = private.public().with_context(|| format!("{} is not a private key", path.display()))?;
    Ok((private, public))
}

/// The private key of a municipality, where its public part is the one that the database has. Sealing to any
/// other would lose what citizens send, so nothing starts with them apart.
pub fn private_key(keys: &Keys, tenant: TenantId, stored: &[u8]) -> anyhow::Result<TenantPrivate> {
    let (private, public) = key_pair(keys, tenant)?;
    anyhow::ensure!(
        public.as_bytes() == stored,
        "{tenant}: {} does not belong to this database: bring the key file and the database of one backup \
         together (keys_dir, database.url)",
        private_key_path(keys, tenant).display()
    );
    Ok(private)
}

/// The file that `tenant add --channels` reads: ids, and secrets from files of their own.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelFile {
    login_id: String,
    login_secret_file: PathBuf,
    messaging_id: String,
    messaging_secret_file: PathBuf,
    #[serde(default = "access_base")]
    access_base: String,
    #[serde(default = "api_base")]
    api_base: String,
    #[serde(default = "data_base")]
    data_base: String,
    #[serde(default = "bot_prompt")]
    bot_prompt: String,
}

fn access_base() -> String {
    "https://access.line.me".into()
}

fn api_base() -> String {
    "https://api.line.me".into()
}

fn data_base() -> String {
    "https://api-data.line.me".into()
}

fn bot_prompt() -> String {
    "normal".into()
}

/// The channels of a municipality as an order carries them, with their secrets: between two processes of one user.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    login_id: String,
    login_secret: String,
    messaging_id: String,
    messaging_secret: String,
    access_base: String,
    api_base: String,
    data_base: String,
    bot_prompt: String,
}

impl ChannelFile {
    /// The channels with their secrets, which must lie in files that nobody else may read.
    pub fn read(self) -> anyhow::Result<Channels> {
        let secret = |path: &PathBuf| {
            let bytes = read_secret(path).context("a channel's secret")?;
            let text = std::str::from_utf8(&bytes)
                .with_context(|| format!("{}: the secret is not text", path.display()))?;
            anyhow::Ok(text.trim().to_owned())
        };
        Ok(Channels {
            login_secret: secret(&self.login_secret_file)?,
            messaging_secret: secret(&self.messaging_secret_file)?,
            login_id: self.login_id,
            messaging_id: self.messaging_id,
            access_base: self.access_base,
            api_base: self.api_base,
            data_base: self.data_base,
            bot_prompt: self.bot_prompt,
        })
    }
}

impl Channels {
    /// For the LINE side; `public_url` is our own origin.
    pub fn settings(&self, public_url: &str) -> anyhow::Result<ChannelSettings> {
        Ok(ChannelSettings {
            login_id: self.login_id.clone(),
            login_secret: self.login_secret.clone(),
            messaging_id: self.messaging_id.clone(),
            messaging_secret: self.messaging_secret.clone(),
            access_base: self.access_base.clone(),
            api_base: self.api_base.clone(),
            data_base: self.data_base.clone(),
            callback_base: public_url.to_owned(),
            bot_prompt: BotPrompt::from_code(&self.bot_prompt)
                .context("bot_prompt must be none, normal or aggressive")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_secret_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("secret");
        std::fs::write(&path, "of-the-channel\n").expect("write");
        let read = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("chmod");
            let file = format!(
                "login_id = \"1\"\nlogin_secret_file = {path:?}\nmessaging_id = \"2\"\nmessaging_secret_file = {path:?}\n"
            );
            toml::from_str::<ChannelFile>(&file).expect("toml").read()
        };
        assert_eq!(read(0o600).expect("read").login_secret, "of-the-channel");
        for mode in [0o644, 0o640, 0o604] {
            let Err(why) = read(mode) else { panic!("{mode:o} was read") };
            let why = format!("{why:#}");
            assert!(why.contains("chmod 600") && !why.contains("of-the-channel"), "{why}");
        }
    }
}
