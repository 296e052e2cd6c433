//! The application's own requests: what a person does up to a submission. Names: docs/contract.md.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::Value;
use url::Url;

use crate::browser::{Browser, Page};
use crate::html::{self, Form};
use crate::load::Ask;
use crate::server::{self, Server};

/// The procedure that is applied for; it asks the most of the first ones.
const PROCEDURE: &str = "/nishio/p/suido-start";
/// Distance of the phone's port from the first one.
const PHONE: u16 = 10;
/// A page of ours, or of LINE, that only wants a button pressed; there are two on a first visit.
const BUTTONS: usize = 4;
/// Length to which the answers are filled up, bytes of the form's body.
const FORM_BYTES: usize = 3_000;

/// Answers of the measured form, by field; radio buttons and selections take what they offer first.
const ANSWERS: &[(&str, &str)] = &[
    ("sei", "試験"),
    ("mei", "花子"),
    ("sei_kana", "シケン"),
    ("mei_kana", "ハナコ"),
    ("birth.era", "昭和"),
    ("birth.y", "55"),
    ("birth.m", "4"),
    ("birth.d", "1"),
    ("zip", "4450000"),
    ("addr", "架空町1番地"),
    ("tel", "0563000000"),
    ("place_zip", "4450000"),
    ("place", "架空町2番地"),
    ("suisen", "1234-5678"),
];

/// A person who is signed in, and the address of the form.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) browser: Browser,
    pub(crate) form: Page,
}

/// A confirmed form: the request of its submission, with the body as far as the key, which comes last.
#[derive(Debug, Clone)]
pub(crate) struct Confirmed {
    pub(crate) browser: Browser,
    head: Ask,
    before: String,
    key: String,
}

/// As many new people as wanted; their ids.
pub(crate) async fn people(count: usize) -> Result<Vec<String>> {
    let url = phone("/_emulator/personas")?;
    let before = ids(&url).await?;
    let mut connection = crate::load::Connection::open(url.port().context("port")?).await?;
    let body = serde_json::json!({ "count": count }).to_string();
    let mut request = Browser::default().request(&Method::POST, &url, Bytes::from(body))?;
    request
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    let answer = connection.ask(request).await?;
    if !answer.status().is_success() {
        bail!("new personas: {}", answer.status());
    }
    let new: Vec<String> = ids(&url).await?.into_iter().filter(|id| !before.contains(id)).collect();
    if new.len() < count {
        bail!("asked for {count} personas, {} came", new.len())
    }
    Ok(new)
}

async fn ids(url: &Url) -> Result<Vec<String>> {
    let page = Browser::default().get(url).await?;
    let list: Value = serde_json::from_str(&page.text).context("personas")?;
    let list = list.as_array().context("personas: no list")?;
    Ok(list.iter().filter_map(|persona| Some(persona["id"].as_str()?.to_owned())).collect())
}

/// From the phone to the form: our page before the consent, LINE's consent, and back.
pub(crate) async fn sign_in(server: &Server, person: &str) -> Result<Visitor> {
    let mut browser = Browser::default();
    browser.get(&phone(&format!("/phone/{person}"))?).await?;
    let mut page = browser.get(&Url::parse(&format!("{}{PROCEDURE}/form", server.citizen))?).await?;
    for _ in 0..BUTTONS {
        if confirm_form(&page).is_some() {
            return Ok(Visitor { browser, form: page });
        }
        page = press(&mut browser, &page).await?;
    }
    bail!("no form after {BUTTONS} buttons; the last page was {} {}", page.status, page.url.path())
}

/// Presses the page's main button: the first form that posts, or else the first link that looks like a button.
async fn press(browser: &mut Browser, page: &Page) -> Result<Page> {
    if let Some(form) = html::forms(&page.text).into_iter().find(|form| form.is_post) {
        return browser.send(page, &form, &form.fields).await;
    }
    let target = html::link(&page.text, "button")
        .with_context(|| format!("no button on {} ({})", page.url.path(), page.status))?;
    browser.get(&page.url.join(&target)?).await
}

/// Fills the form in and sends it to the confirm page.
pub(crate) async fn confirm(visitor: &Visitor) -> Result<Confirmed> {
    let mut browser = visitor.browser.clone();
    let form = confirm_form(&visitor.form).context("no form")?;
    let page = browser.send(&visitor.form, &form, &filled(&form)).await?;
    let submit = html::forms(&page.text).into_iter().find(|form| form.action.ends_with("/submit"));
    let submit =
        submit.with_context(|| format!("no confirm page: {} {}", page.status, errors(&page.text)))?;
    let key = submit
        .fields
        .iter()
        .find(|(name, _)| name == "submission_key")
        .context("no submission_key")?
        .1
        .clone();
    let others: Vec<_> = submit.fields.iter().filter(|(name, _)| name != "submission_key").collect();
    let head = browser.request(&Method::POST, &page.url.join(&submit.action)?, Bytes::new())?;
    let before = format!("{}&submission_key=", serde_urlencoded::to_string(others)?);
    Ok(Confirmed { browser, head, before, key })
}

/// The submission with a key of its own: another number is another application.
pub(crate) fn submission(confirmed: &Confirmed, number: u64) -> Ask {
    let body = [&confirmed.before, vary(&confirmed.key, number).as_str()].concat();
    confirmed.head.clone().map(|_| Full::new(Bytes::from(body)))
}

/// Where the measured program's phone and emulator are.
pub(crate) fn phone(path: &str) -> Result<Url> {
    Ok(Url::parse(&format!("http://127.0.0.1:{}{path}", server::PORT + PHONE))?)
}

fn confirm_form(page: &Page) -> Option<Form> {
    html::forms(&page.text).into_iter().find(|form| form.is_post && form.action.ends_with("/confirm"))
}

fn filled(form: &Form) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, value) in &form.fields {
        let answer = ANSWERS.iter().find(|(field, _)| field == name).map(|(_, answer)| (*answer).to_owned());
        fields.push((name.clone(), answer.unwrap_or_else(|| value.clone())));
    }
    for (name, value) in &form.choices {
        if !value.is_empty() && !fields.iter().any(|(field, chosen)| field == name && !chosen.is_empty()) {
            fields.retain(|(field, _)| field != name);
            let answer =
                ANSWERS.iter().find(|(field, _)| field == name).map_or(value.as_str(), |(_, answer)| answer);
            fields.push((name.clone(), answer.to_owned()));
        }
    }
    fill_up(&mut fields);
    fields
}

/// A long text where the form has room for one, so that the body is about 3 KB.
fn fill_up(fields: &mut [(String, String)]) {
    let length: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    let free = fields.iter_mut().find(|(name, _)| matches!(name.as_str(), "note" | "biko" | "remarks"));
    if let Some((_, value)) = free {
        *value = "あ".repeat(FORM_BYTES.saturating_sub(length) / 9);
    }
}

/// Another key of the same shape. A UUID's last group and a token's first letters may be any hex digits.
fn vary(key: &str, number: u64) -> String {
    let digits = format!("{number:012x}");
    match key.rsplit_once('-') {
        Some((head, tail)) if key.len() == 36 && tail.len() == 12 => format!("{head}-{digits}"),
        _ => format!("{digits}{}", key.get(12..).unwrap_or_default()),
    }
}

/// What the page says is wrong, for the developer who mends the answers above.
fn errors(page: &str) -> String {
    html::marked(page, "data-problems").or_else(|| html::marked(page, "role")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_shape() {
        let uuid = "0198c1a0-0000-7000-8000-0123456789ab";
        assert_eq!(vary(uuid, 255), "0198c1a0-0000-7000-8000-0000000000ff");
        assert_eq!(vary("ABCDEFGHIJKLMNOPQRSTUV", 1), "000000000001MNOPQRSTUV");
    }
}
