//! What the confirm page carries: the answers, sealed to this account, so that the server keeps nothing yet.

use axum::http::StatusCode;
use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use madoguchi_base::keys::{Aad, Keys};
use madoguchi_base::random;
use madoguchi_base::{AccountId, Clock, Millis, ProcedureId, TenantId};
use madoguchi_line::friends::{self, Reach};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answers::{Answers, Purpose, out};
use crate::account::Citizen;
use crate::app::App;
use crate::error::Error;
use crate::page::html;
use crate::page::views::{NotFriend, parts};
use crate::procedure::views::ConfirmPage;
use crate::procedure::{Published, Shelf};

/// A confirm page that lies open longer is shown again before it is sent.
const LIFE_MS: i64 = 12 * 3_600_000;

/// Answers that were confirmed by looking at them.
pub struct Confirmed {
    /// The procedure they answer.
    pub procedure: ProcedureId,
    /// The version of its form.
    pub form_version: u32,
    /// The answers' canonical form.
    pub canonical: Zeroizing<Vec<u8>>,
    /// Whether the page lay open too long to send without another look.
    pub stale: bool,
}

fn aad(tenant: TenantId, account: &str) -> Aad<'_> {
    Aad { tenant, table: "confirm", column: "answers", row: account, round: 0 }
}

/// Seals answers for the hidden field of the confirm page.
pub fn seal(
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    account: AccountId,
    (procedure, form_version): (ProcedureId, u32),
    canonical: &[u8],
) -> String {
    let mut plain = Zeroizing::new(Vec::with_capacity(canonical.len() + 28));
    plain.extend_from_slice(procedure.uuid().as_bytes());
    plain.extend_from_slice(&form_version.to_be_bytes());
    plain.extend_from_slice(&clock.steady_wall().0.to_be_bytes());
    plain.extend_from_slice(canonical);
    URL_SAFE_NO_PAD.encode(keys.seal(&aad(tenant, &account.to_string()), &plain))
}

/// Opens the hidden field; `None` where it is not ours, or another person's.
pub fn open(
    (keys, clock): (&Keys, &Clock),
    tenant: TenantId,
    account: AccountId,
    token: &str,
) -> Option<Confirmed> {
    let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
    let plain = keys.open(&aad(tenant, &account.to_string()), &sealed).ok()?;
    let (head, canonical) = plain.split_at_checked(28)?;
    let at = Millis(i64::from_be_bytes(head[20..28].try_into().ok()?));
    Some(Confirmed {
        procedure: ProcedureId::from_uuid(Uuid::from_slice(&head[..16]).ok()?),
        form_version: u32::from_be_bytes(head[16..20].try_into().ok()?),
        canonical: Zeroizing::new(canonical.to_vec()),
        stale: clock.steady_wall() > at.plus_ms(LIFE_MS),
    })
}

/// The confirm page of answers that were read: `confirm` and a submit without a valid confirm both end here.
/// `asked`: the person has already said that nothing in it is a My Number.
pub async fn page(
    app: &App,
    shelf: &Shelf,
    citizen: &Citizen,
    published: &Published,
    answers: &Answers,
    asked: bool,
) -> Result<Response, Error> {
    let mut x = app.db.reader().await?;
    let reach = friends::state(&mut x, citizen.tenant, citizen.account).await?;
    drop(x);
    let rows = out::rows(answers, &published.form, Purpose::Page);
    let sealed = seal(
        (&app.keys, &app.clock),
        citizen.tenant,
        citizen.account,
        (published.id, published.version),
        &out::canonical(answers, Purpose::Seal),
    );
    let page = ConfirmPage {
        frame: shelf.frame("入力内容の確認"),
        form: &published.form,
        parts: parts(&rows),
        token: &sealed,
        submission_key: &random::alnum(32),
        my_number: if asked {
            Vec::new()
        } else {
            published.form.like_my_number(&rows).iter().map(|r| r.label.as_str()).collect()
        },
        rare: published.form.rare_characters(&rows),
        // Without the button: it would lead away from answers that are kept nowhere yet.
        not_friend: (reach == Reach::NotReachable).then_some(NotFriend { add_url: None }),
    };
    Ok(html(&page, StatusCode::OK))
}
