//! Somebody with a browser: goes the way that people go, over HTTP, through LINE's login.
//!
//! The demo's earlier applications and the stories of the tests are lived through with it, so that nothing in
//! them exists that a person could not have done.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, StatusCode, Url, header, redirect};

use super::files;
use crate::attachment::Shown;
use crate::procedure::Input;

/// A browser without a screen: cookies per host and port, redirects followed one by one.
pub struct Visitor {
    client: Client,
    cookies: HashMap<String, HashMap<String, String>>,
    /// Every address that was asked, in order: stories count taps by it.
    pub trail: Vec<Url>,
    /// Whether the person ticks 「友だちに追加」 on LINE's consent.
    pub befriends: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Where the browser ended.
    pub url: Url,
    /// Status of the last answer.
    pub status: StatusCode,
    /// Its body.
    pub body: String,
}

/// The way could not be gone.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// A host did not answer.
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    /// An address that is none.
    #[error("not an address")]
    Address(#[from] url::ParseError),
    /// The page was not the one expected.
    #[error("{what} is missing on the page ({status})")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// Status of the page.
        status: StatusCode,
    },
}

/// Redirects that a browser follows before it gives up.
const REDIRECTS: usize = 12;

impl Visitor {
    /// A fresh browser.
    pub fn new() -> Result<Self, Lost> {
        let mut builder =
            Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(20)).no_proxy();
        // Browsers know that names under localhost are this machine; resolvers often do not.
        for name in ["nishio", "staff", "line"] {
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            builder = builder.resolve(&format!("{name}.demo.localhost"), here);
        }
        let client = builder.build()?;
        Ok(Self { client, cookies: HashMap::new(), trail: Vec::new(), befriends: true })
    }

    /// A browser on the phone of `persona`: the access host knows the person by the phone's cookie.
    pub async fn on_phone(phone: &str, persona: &str) -> Result<Self, Lost> {
        let mut visitor = Self::new()?;
        visitor.get(&format!("{phone}/phone/{persona}")).await?;
        visitor.trail.clear();
        Ok(visitor)
    }

    /// The value of the first of our cookies whose name contains `part` (LINE's phone has cookies, too).
    pub fn cookie(&self, part: &str) -> Option<String> {
        let ours = |name: &str| name.contains("madoguchi") && name.contains(part);
        self.cookies.values().flatten().find(|(name, _)| ours(name)).map(|(_, value)| value.clone())
    }

    /// Opens an address and follows redirects.
    pub async fn get(&mut self, url: &str) -> Result<Seen, Lost> {
        self.go(Url::parse(url)?, None).await
    }

    /// Sends a form and follows redirects.
    pub async fn post(&mut self, url: &str, form: &Input) -> Result<Seen, Lost> {
        let form = self.attached(url, form).await?;
        self.go(Url::parse(url)?, Some(form.to_body())).await
    }

    /// Attaches the files that a sample names and nobody has kept yet, as the page's script does.
    async fn attached(&mut self, url: &str, form: &Input) -> Result<Input, Lost> {
        let mut out = Input::new();
        for (name, value) in form.pairs() {
            match Shown::of_value(value).filter(|f| f.id.uuid().is_nil()) {
                Some(file) => {
                    let content = files::sample(file.kind, &file.name);
                    let told = (file.name.as_str(), file.kind.mime());
                    let (status, answer) = self.attach(url, name, told, &content).await?;
                    let value = answer["value"].as_str();
                    out.push(name, value.ok_or(Lost::Missing { what: "the attached file", status })?);
                }
                None => out.push(name, value),
            }
        }
        Ok(out)
    }

    /// Attaches one file to a field of the form that is sent to `confirm`.
    pub async fn attach(
        &mut self,
        confirm: &str,
        field: &str,
        (name, kind): (&str, &str),
        content: &[u8],
    ) -> Result<(StatusCode, serde_json::Value), Lost> {
        let url = Url::parse(confirm)?.join("files")?;
        let part = |head: &str, body: &[u8]| {
            [b"--madoguchi\r\ncontent-disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"]
                .concat()
        };
        let file =
            format!("name=\"file\"; filename=\"{}\"\r\ncontent-type: {kind}", name.replace('"', "%22"));
        let body =
            [part("name=\"field\"", field.as_bytes()), part(&file, content), b"--madoguchi--\r\n".to_vec()];
        let jar = self.cookies.entry(host(&url)).or_default();
        let line: Vec<String> = jar.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = self
            .client
            .post(url)
            .header(header::COOKIE, line.join("; "))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=madoguchi")
            .body(body.concat());
        let response = request.send().await?;
        let status = response.status();
        let answer = response.bytes().await?;
        Ok((status, serde_json::from_slice(&answer).unwrap_or_default()))
    }

    /// Sends the form of `seen` whose action contains `action`, with its hidden fields and `more`.
    pub async fn send(&mut self, seen: &Seen, action: &str, more: &[(&str, &str)]) -> Result<Seen, Lost> {
        let (url, mut input) = seen.form(action)?;
        for (name, value) in more {
            input.push(*name, *value);
        }
        self.go(url, Some(input.to_body())).await
    }

    async fn go(&mut self, mut url: Url, mut body: Option<String>) -> Result<Seen, Lost> {
        for _ in 0..REDIRECTS {
            self.trail.push(url.clone());
            let mut request = match body.take() {
                Some(body) => self
                    .client
                    .post(url.clone())
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body),
                None => self.client.get(url.clone()),
            };
            let jar = self.cookies.entry(host(&url)).or_default();
            if !jar.is_empty() {
                let line: Vec<String> = jar.iter().map(|(k, v)| format!("{k}={v}")).collect();
                request = request.header(header::COOKIE, line.join("; "));
            }
            let response = request.send().await?;
            for set in response.headers().get_all(header::SET_COOKIE) {
                keep(jar, set.to_str().unwrap_or_default());
            }
            let status = response.status();
            let next = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            match next {
                Some(next) if status.is_redirection() => url = url.join(next)?,
                _ => return Ok(Seen { url, status, body: response.text().await? }),
            }
        }
        Err(Lost::Missing { what: "an end of the redirects", status: StatusCode::LOOP_DETECTED })
    }

    /// Opens an address of the window; signs in through LINE where needed: our page, then LINE's consent.
    pub async fn enter(&mut self, url: &str) -> Result<Seen, Lost> {
        let mut seen = self.get(url).await?;
        if let Some(to_line) = seen.link_to("/oauth2/v2.1/authorize?") {
            seen = self.get(&to_line).await?;
        }
        if seen.url.path().starts_with("/oauth2/v2.1/authorize") {
            let mut choice = vec![("decision", "allow")];
            if self.befriends {
                choice.push(("friend", "yes"));
            }
            seen = self.send(&seen, "authorize/consent", &choice).await?;
        }
        Ok(seen)
    }

    /// Fills in the form of `procedure` at `site` (with the municipality), confirms, and submits.
    pub async fn submit(&mut self, site: &str, procedure: &str, answers: &Input) -> Result<Seen, Lost> {
        self.enter(&format!("{site}/p/{procedure}/form")).await?;
        let confirm = self.post(&format!("{site}/p/{procedure}/confirm"), answers).await?;
        if confirm.status != StatusCode::OK {
            return Err(Lost::Missing { what: "the confirm page", status: confirm.status });
        }
        self.send(&confirm, "/submit", &[]).await
    }
}

fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
}

fn keep(jar: &mut HashMap<String, String>, set: &str) {
    let pair = set.split(';').next().unwrap_or_default();
    let Some((name, value)) = pair.split_once('=') else { return };
    if value.is_empty() || set.to_ascii_lowercase().contains("max-age=0") {
        jar.remove(name.trim());
    } else {
        jar.insert(name.trim().to_owned(), value.trim().to_owned());
    }
}

impl Seen {
    /// The first link whose address contains `part`.
    pub fn link_to(&self, part: &str) -> Option<String> {
        let hit = attributes(&self.body, "href").find(|h| h.contains(part))?;
        self.url.join(&hit).ok().map(String::from)
    }

    /// Address and hidden fields of the first POST form whose action contains `part`.
    pub fn form(&self, part: &str) -> Result<(Url, Input), Lost> {
        let missing = || Lost::Missing { what: "a form", status: self.status };
        for form in self.body.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let action = attributes(form, "action").next().unwrap_or_default();
            if !action.contains(part) {
                continue;
            }
            let mut input = Input::new();
            for field in form.split("<input").skip(1) {
                let field = field.split('>').next().unwrap_or_default();
                if field.contains("type=\"hidden\"")
                    && let (Some(name), Some(value)) =
                        (attributes(field, "name").next(), attributes(field, "value").next())
                {
                    input.push(&name, &value);
                }
            }
            return Ok((self.url.join(&action)?, input));
        }
        Err(missing())
    }

    /// The text of the element that carries the attribute `data`.
    pub fn text_of(&self, data: &str) -> Option<String> {
        let at = self.body.find(data)?;
        let rest = self.body[at..].split_once('>')?.1;
        Some(unescape(rest.split('<').next()?.trim()))
    }

    /// The value of the first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        attributes(&self.body, name).next()
    }
}

fn attributes<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    html.match_indices(name).filter_map(move |(at, _)| {
        let before = html[..at].chars().next_back();
        let rest = html[at + name.len()..].strip_prefix("=\"")?;
        before.is_some_and(char::is_whitespace).then(|| unescape(rest.split('"').next().unwrap_or_default()))
    })
}

fn unescape(text: &str) -> String {
    let named = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    named
        .replace("&#38;", "&")
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
}
