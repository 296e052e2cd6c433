//! A browser without eyes: cookies by host, redirects, forms. Every host is this machine.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use url::Url;

use crate::html::Form;
use crate::load::{Ask, Connection};

/// Redirects that one step may take: our page, LINE's, the callback, the form.
const REDIRECTS: usize = 12;

/// A page that was reached.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// One person's browser.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    /// By host name, as browsers do: the port makes no difference.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) async fn get(&mut self, url: &Url) -> Result<Page> {
        self.follow(Method::GET, url.clone(), String::new()).await
    }

    /// Sends a form as it stands on a page, with these fields.
    pub(crate) async fn send(
        &mut self,
        page: &Page,
        form: &Form,
        fields: &[(String, String)],
    ) -> Result<Page> {
        let target = if form.action.is_empty() { page.url.clone() } else { page.url.join(&form.action)? };
        let encoded = serde_urlencoded::to_string(fields)?;
        if form.is_post {
            return self.follow(Method::POST, target, encoded).await;
        }
        let mut target = target;
        target.set_query(Some(&encoded));
        self.follow(Method::GET, target, String::new()).await
    }

    async fn follow(&mut self, method: Method, url: Url, body: String) -> Result<Page> {
        let (mut method, mut url, mut body) = (method, url, body);
        for _ in 0..REDIRECTS {
            let port = url.port_or_known_default().context("no port")?;
            let request = self.request(&method, &url, Bytes::from(body))?;
            let answer = Connection::open(port).await?.ask(request).await?;
            self.keep(&url, answer.headers());
            let status = answer.status();
            let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let Some(location) = location.filter(|_| status.is_redirection()) else {
                let text = String::from_utf8_lossy(answer.body()).into_owned();
                return Ok(Page { url, status: status.as_u16(), text });
            };
            url = url.join(location)?;
            (method, body) = (Method::GET, String::new());
        }
        bail!("more than {REDIRECTS} redirects, the last to {}", url.path())
    }

    /// A request as this browser would send it, for loads too.
    pub(crate) fn request(&self, method: &Method, url: &Url, body: Bytes) -> Result<Ask> {
        let host = url.host_str().context("no host")?;
        let authority = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &authority);
        if let Some(cookies) = self.cookies.get(host).filter(|cookies| !cookies.is_empty()) {
            let list: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, list.join("; "));
        }
        request = request.header(header::ACCEPT, "text/html").header(header::ACCEPT_LANGUAGE, "ja");
        if method == Method::POST {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, format!("{}://{authority}", url.scheme()))
                .header("sec-fetch-site", "same-origin");
        }
        Ok(request.body(Full::new(body))?)
    }

    fn keep(&mut self, url: &Url, headers: &http::HeaderMap) {
        let jar = self.cookies.entry(url.host_str().unwrap_or_default().to_owned()).or_default();
        for cookie in headers.get_all(header::SET_COOKIE) {
            let Some((pair, rest)) = cookie.to_str().ok().map(|c| c.split_once(';').unwrap_or((c, "")))
            else {
                continue;
            };
            let Some((name, value)) = pair.split_once('=') else { continue };
            let ended = rest.to_ascii_lowercase().contains("max-age=0");
            if ended || value.is_empty() {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}
