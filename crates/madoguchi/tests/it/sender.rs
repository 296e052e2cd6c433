//! A person's browser in front of a server that may be killed at any moment.

use std::time::{Duration, Instant};

use madoguchi::demo::visitor::Visitor;
use madoguchi::procedure::{self, Input};
use madoguchi_base::{Clock, Day};

use crate::process::City;

impl City {
    /// A person signs in, fills in a form and sees the confirm page.
    pub async fn confirms(&self, persona: &str, procedure: &str) -> Confirmed {
        let mut visitor = Visitor::on_phone(&self.phone, persona).await.expect("phone");
        let form = format!("{}/p/{procedure}/form", self.site());
        visitor.enter(&form).await.expect("form");
        let sources = procedure::builtin();
        let source = sources.iter().find(|s| s.procedure().id == procedure).expect("a procedure");
        let samples = source.samples(Day::of(Clock::system().wall()));
        let input = samples.into_iter().next().expect("a sample").input;
        let url = format!("{}/p/{procedure}/confirm", self.site());
        let page = visitor.post(&url, &input).await.expect("confirm");
        let (submit, hidden) = page.form("/submit").expect("the confirm page");
        let cookie =
            format!("__Host-madoguchi-session-232131={}", visitor.cookie("session").expect("a session"));
        let host = format!("nishio.demo.localhost:{}", self.ports[0]);
        let local = format!("http://127.0.0.1:{}", self.ports[0]);
        let token = hidden.get("answers").expect("the answers' token").to_owned();
        Confirmed { http: self.http.clone(), path: submit.path().to_owned(), local, host, cookie, token }
    }
}

/// A confirm page in a browser: it can be sent as often as one likes, under any submission key.
pub struct Confirmed {
    http: reqwest::Client,
    path: String,
    local: String,
    host: String,
    cookie: String,
    token: String,
}

impl Confirmed {
    /// Sends once: the application's id where the server acknowledged, `None` where no answer came.
    pub async fn sends(&self, key: &str) -> Option<String> {
        let request = self.http.post(format!("{}{}", self.local, self.path));
        let request = request.header("host", &self.host).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(self.body(key)).timeout(Duration::from_secs(8)).send().await.ok()?;
        let status = answer.status();
        if status == 503 {
            return None;
        }
        assert_eq!(status, 303, "{:?}", answer.text().await);
        let to = answer.headers()["location"].to_str().expect("an address").to_owned();
        Some(id_in(&to).unwrap_or_else(|| panic!("not an application's address: {to}")))
    }

    /// Sends once: status and page.
    pub async fn sends_and_reads(&self, key: &str) -> (u16, String) {
        let request = self.http.post(format!("{}{}", self.local, self.path));
        let request = request.header("host", &self.host).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer =
            request.body(self.body(key)).timeout(Duration::from_secs(8)).send().await.expect("answer");
        (answer.status().as_u16(), answer.text().await.expect("page"))
    }

    /// Sends, and never reads what is answered: the connection stays open for as long as it is held.
    pub async fn sends_without_reading(&self, key: &str) -> tokio::net::TcpStream {
        use tokio::io::AsyncWriteExt as _;
        let at = self.local.trim_start_matches("http://");
        let mut socket = tokio::net::TcpStream::connect(at).await.expect("connect");
        let body = self.body(key);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n",
            self.path,
            self.host,
            self.cookie,
            body.len()
        );
        socket.write_all(format!("{head}{body}").as_bytes()).await.expect("written");
        socket
    }

    fn body(&self, key: &str) -> String {
        let mut input = Input::new();
        input.push("answers", self.token.as_str());
        input.push("submission_key", key);
        input.to_body()
    }

    /// Sends until it is acknowledged, always under the same key.
    pub async fn sends_until_told(&self, key: &str) -> String {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(id) = self.sends(key).await {
                return id;
            }
            assert!(Instant::now() < until, "no answer for thirty seconds");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The receipt number on the application's page; `None` where no answer came.
    pub async fn receipt(&self, id: &str) -> Option<String> {
        let request = self.http.get(format!("{}/nishio/a/{id}", self.local)).header("host", &self.host);
        let answer = request.header("cookie", &self.cookie).send().await.ok()?;
        let page = answer.text().await.ok()?;
        let rest = page.split_once("data-receipt")?.1.split_once('>')?.1;
        Some(rest.split('<').next()?.trim().to_owned())
    }
}

fn id_in(location: &str) -> Option<String> {
    let id = location.split_once("/a/")?.1.split('?').next()?;
    (id.len() == 36).then(|| id.to_owned())
}

/// A fresh submission key.
pub fn key() -> String {
    madoguchi_base::random::alnum(32)
}
