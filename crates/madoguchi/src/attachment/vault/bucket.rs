//! A bucket that speaks S3. Requests are signed by a library and sent by our own HTTP client; one PUT is one whole
//! object, or none.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use madoguchi_base::TenantId;
use reqwest::{Client, StatusCode, Url, redirect};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};

use super::{Name, Pieces, VaultError};
use crate::config;

/// How long a signature holds: the request is sent at once.
const SIGNED: Duration = Duration::from_mins(5);
/// A request and its answer, a whole file included.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bucket.
pub struct Remote {
    bucket: Bucket,
    credentials: Credentials,
    client: Client,
    prefix: String,
}

impl Remote {
    pub(super) fn new(s3: &config::S3) -> anyhow::Result<Self> {
        let style = if s3.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = Bucket::new(s3.endpoint.clone(), style, s3.bucket.clone(), s3.region.clone())
            .map_err(|e| anyhow::anyhow!("files.s3.endpoint: {e:?}"))?;
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file)
                .map(|text| text.trim().to_owned())
                .with_context(|| format!("{} cannot be read", file.display()))
        };
        let credentials = Credentials::new(read(&s3.access_key_file)?, read(&s3.secret_key_file)?);
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        Ok(Self { bucket, credentials, client, prefix: s3.prefix.clone() })
    }

    fn key(&self, name: Name) -> String {
        format!("{}{}", self.prefix, name.path())
    }

    pub(super) async fn put(&self, name: Name, from: PathBuf) -> Result<(), VaultError> {
        let key = self.key(name);
        let url = self.bucket.put_object(Some(&self.credentials), &key).sign(SIGNED);
        // At most one file's bytes, sealed, and few at a time.
        let bytes = tokio::fs::read(&from).await?;
        let answer = self.client.put(url).body(bytes).send().await.map_err(|e| failed(&e))?;
        accepted(answer.status())?;
        tokio::fs::remove_file(&from).await?;
        Ok(())
    }

    pub(super) async fn open(&self, name: Name) -> Result<Pieces, VaultError> {
        let key = self.key(name);
        let url = self.bucket.get_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.client.get(url).send().await.map_err(|e| failed(&e))?;
        accepted(answer.status())?;
        let pieces = futures_util::stream::try_unfold(answer, |mut answer| async move {
            let piece = answer.chunk().await.map_err(|e| failed(&e))?;
            Ok(piece.map(|bytes| (bytes, answer)))
        });
        Ok(pieces.boxed())
    }

    pub(super) async fn len(&self, name: Name) -> Result<Option<u64>, VaultError> {
        let key = self.key(name);
        let url = self.bucket.head_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.client.head(url).send().await.map_err(|e| failed(&e))?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        accepted(answer.status())?;
        let length = answer.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
        length.map(Some).ok_or(VaultError::Failed)
    }

    pub(super) async fn delete(&self, name: Name) -> Result<(), VaultError> {
        let key = self.key(name);
        let url = self.bucket.delete_object(Some(&self.credentials), &key).sign(SIGNED);
        let answer = self.client.delete(url).send().await.map_err(|e| failed(&e))?;
        match accepted(answer.status()) {
            Err(VaultError::Missing) => Ok(()),
            other => other,
        }
    }

    pub(super) async fn list(&self, tenant: TenantId) -> Result<Vec<Name>, VaultError> {
        let (mut all, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut action = ListObjectsV2::new(&self.bucket, Some(&self.credentials));
            action.with_prefix(format!("{}{tenant}/", self.prefix));
            if let Some(token) = token.take() {
                action.with_continuation_token(token);
            }
            let text = self.text(action.sign(SIGNED)).await?;
            let page = ListObjectsV2::parse_response(&text).map_err(|_| VaultError::Failed)?;
            let own = |key: &str| Name::of_path(key.strip_prefix(self.prefix.as_str())?);
            all.extend(page.contents.iter().filter_map(|object| own(&object.key)));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn text(&self, url: Url) -> Result<String, VaultError> {
        let answer = self.client.get(url).send().await.map_err(|e| failed(&e))?;
        accepted(answer.status())?;
        answer.text().await.map_err(|e| failed(&e))
    }
}

/// What the client says of itself may hold the signed address: only its kind is told.
fn failed(e: &reqwest::Error) -> VaultError {
    let (connect, timeout) = (e.is_connect(), e.is_timeout());
    tracing::warn!(connect, timeout, "the bucket of attached files did not answer");
    VaultError::Failed
}

fn accepted(status: StatusCode) -> Result<(), VaultError> {
    if status.is_success() {
        return Ok(());
    }
    if status == StatusCode::NOT_FOUND {
        return Err(VaultError::Missing);
    }
    tracing::warn!(status = status.as_u16(), "the bucket of attached files refused");
    Err(VaultError::Failed)
}
