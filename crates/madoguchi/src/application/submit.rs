//! From confirmed answers to a sealed arrival.

use madoguchi_base::keys::Aad;
use madoguchi_base::seal::ApplicationKey;
use madoguchi_base::{AccountId, ApplicationId, AttachmentId, NoticeId, Receipt, TenantId};

use madoguchi_line::notice::PageToken;

use super::answers::{Answers, Purpose, out};
use super::intake::Arrival;
use crate::app::App;
use crate::attachment;
use crate::draft;
use crate::error::Error;
use crate::procedure::Published;

/// Sub-key of the answers.
pub(super) const ANSWERS: &str = "answers";

/// Where an application's sealed answers belong.
pub(super) fn answers_aad(tenant: TenantId, application: &str, round: u32) -> Aad<'_> {
    Aad { tenant, table: "application", column: "answers_sealed", row: application, round }
}

/// Whether `key` is one that our confirm page made (or a script's own of the same shape).
pub fn is_submission_key(key: &str) -> bool {
    (16..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Keyed hash by which the same answers to the same form are known again.
pub(super) fn answers_mac(app: &App, published: &Published, canonical: &[u8]) -> [u8; 32] {
    let (form, version) = (published.id.uuid(), published.version.to_be_bytes());
    let parts: [&[u8]; 3] = [form.as_bytes(), &version, canonical];
    app.keys.mac("answers", &parts)
}

/// Seals `answers` to the municipality; from here on this process cannot read them again.
pub async fn prepare(
    app: &App,
    (tenant, account): (TenantId, AccountId),
    published: &Published,
    answers: &Answers,
    submission_key: String,
) -> Result<Arrival, Error> {
    let epoch = app.epochs.current(tenant).await.map_err(|_| Error::Busy)?;
    let canonical = out::canonical(answers, Purpose::Seal);
    let application = ApplicationId::new(&app.clock);
    let key = ApplicationKey::random();
    let procedure = published.id;
    let files: Vec<AttachmentId> =
        out::files(answers, &published.form, Purpose::Seal).iter().map(|f| f.id).collect();
    let files = attachment::acts::claims(app, (tenant, account), &files, &key).await?;
    Ok(Arrival {
        tenant,
        application,
        account,
        procedure,
        form_version: published.version,
        submission_key,
        receipt: Receipt::random(),
        answers_mac: answers_mac(app, published, &canonical),
        answers_sealed: key.seal(ANSWERS, &answers_aad(tenant, &application.to_string(), 0), &canonical),
        epoch: epoch.id,
        wrapped: key.wrap(&epoch, tenant, (application, account)),
        files,
        draft: draft::id_of(tenant, account, procedure),
        notice: NoticeId::new(&app.clock),
        page: PageToken::random(),
        at: app.clock.wall(),
    })
}
