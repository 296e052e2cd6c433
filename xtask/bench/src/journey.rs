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
/// As long as the field may be; twice this makes a form of about 3 KB.
const LONG: &str = "試験集合住宅とても長い名前の棟とても長い名前の棟とても長い名前の棟とても長い名前の棟とても長い名前の棟203";
/// Days until the use begins: inside what the procedure allows.
const AHEAD: i64 = 9;

/// Answers of the measured form, by field; radio buttons and selections not named take what they offer first.
const ANSWERS: &[(&str, &str)] = &[
    ("user_kind", "individual"),
    ("sei", "試験"),
    ("mei", "花子"),
    ("sei_kana", "シケン"),
    ("mei_kana", "ハナコ"),
    ("birth.era", "showa"),
    ("birth.y", "55"),
    ("birth.m", "4"),
    ("birth.d", "1"),
    ("zip", "4450852"),
    ("addr", "愛知県西尾市花ノ木町1丁目1番地"),
    ("kata", LONG),
    ("tel", "0563000000"),
    ("place_zip", "4450852"),
    ("place", "西尾市花ノ木町1丁目1番地"),
    ("place_kata", LONG),
    ("suisen", "1234-5678"),
    ("billto", "same"),
    ("start_on.era", "reiwa"),
    ("tap", "yes"),
    ("agree", "yes"),
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
    let url = emulator("/_emulator/personas")?;
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
    browser.get(&Url::parse(&format!("{}/phone/{person}", server.phone))?).await?;
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
        let mut fields = form.fields.clone();
        fields.extend(form.button.clone());
        return browser.send(page, &form, &fields).await;
    }
    let target = html::link(&page.text, "solid")
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

/// One of the emulator's own addresses.
pub(crate) fn emulator(path: &str) -> Result<Url> {
    Ok(Url::parse(&format!("http://127.0.0.1:{}{path}", server::PORT + PHONE))?)
}

fn confirm_form(page: &Page) -> Option<Form> {
    html::forms(&page.text).into_iter().find(|form| form.is_post && form.action.ends_with("/confirm"))
}

fn filled(form: &Form) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, value) in &form.fields {
        fields.push((name.clone(), answer(name).unwrap_or_else(|| value.clone())));
    }
    for (name, value) in &form.choices {
        if !value.is_empty() && !fields.iter().any(|(field, chosen)| field == name && !chosen.is_empty()) {
            fields.retain(|(field, _)| field != name);
            fields.push((name.clone(), answer(name).unwrap_or_else(|| value.clone())));
        }
    }
    fields.extend(form.boxes.iter().filter(|(name, _)| answer(name).is_some()).cloned());
    fields
}

fn answer(field: &str) -> Option<String> {
    if let Some(part) = field.strip_prefix("start_on.").filter(|part| *part != "era") {
        let day = open_day()?;
        let number = match part {
            // 令和 began in 2019.
            "y" => i32::from(day.year()) - 2018,
            "m" => i32::from(day.month()),
            _ => i32::from(day.day()),
        };
        return Some(number.to_string());
    }
    ANSWERS.iter().find(|(name, _)| *name == field).map(|(_, answer)| (*answer).to_owned())
}

/// A Wednesday or Thursday that is rarely a holiday.
fn open_day() -> Option<jiff::civil::Date> {
    let now = jiff::Timestamp::from_millisecond(crate::load::wall_ms()).ok()?.in_tz("Asia/Tokyo").ok()?;
    let first = now.date().checked_add(jiff::Span::new().days(AHEAD)).ok()?;
    let is_open = |day: &jiff::civil::Date| {
        let holidays =
            [(1, 1), (2, 11), (4, 29), (5, 4), (5, 5), (5, 6), (8, 11), (9, 23), (11, 3), (11, 23)];
        let in_the_week =
            matches!(day.weekday(), jiff::civil::Weekday::Wednesday | jiff::civil::Weekday::Thursday);
        in_the_week && !holidays.contains(&(day.month(), day.day()))
    };
    first.series(jiff::Span::new().days(1)).take(14).find(is_open)
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
