//! Under the floor: raw HTTP with every header, raw SQL, raw bytes. Stories use `World`; proofs need this.

use std::net::{Ipv4Addr, SocketAddr};

use madoguchi_base::db::{Class, Never};
use madoguchi_base::on;
use reqwest::header::{COOKIE, HeaderMap};
use reqwest::{Response, StatusCode};

use crate::world::{Citizen, World};

/// A client that follows nothing and keeps no cookie, but knows names under `localhost`.
pub fn raw() -> reqwest::Client {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    for name in ["nishio", "staff"] {
        builder = builder.resolve(&format!("{name}.demo.localhost"), here);
    }
    builder.build().expect("client")
}

/// What came back, with everything.
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|l| l.to_str().ok()).unwrap_or_default()
    }

    /// Every `Set-Cookie` line.
    pub fn cookies(&self) -> Vec<String> {
        let all = self.headers.get_all("set-cookie");
        all.iter().map(|c| c.to_str().expect("text").to_owned()).collect()
    }
}

pub async fn whole(response: Response) -> Got {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.expect("body");
    Got { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

pub async fn get(url: &str, cookie: &str) -> Got {
    whole(raw().get(url).header(COOKIE, cookie).send().await.expect("answer")).await
}

/// A form as a browser on the same site posts it.
pub async fn post(url: &str, cookie: &str, body: impl Into<reqwest::Body>) -> Got {
    let request = raw()
        .post(url)
        .header(COOKIE, cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    whole(request.body(body).send().await.expect("answer")).await
}

impl Citizen<'_> {
    /// The session cookie as the browser sends it.
    pub fn session(&self) -> String {
        let token = self.visitor.cookie("madoguchi-session").expect("signed in");
        format!("__Host-madoguchi-session-{}={token}", self.world.tenant)
    }

    /// The confirm page's two hidden fields: sealed answers and submission key.
    pub async fn confirmed(
        &mut self,
        procedure: &str,
        input: &madoguchi::procedure::Input,
    ) -> (String, String) {
        self.enters(procedure).await;
        let page = self.confirms(procedure, input).await;
        let (_, fields) = page.form("/submit").expect("the confirm page");
        let of = |name| fields.get(name).expect("a hidden field").to_owned();
        (of("answers"), of("submission_key"))
    }

    /// Posts the confirm page's form, as it is.
    pub async fn presses(&self, procedure: &str, answers: &str, key: &str) -> Got {
        let url = format!("{}/p/{procedure}/submit", self.world.site());
        let body =
            serde_urlencoded::to_string([("answers", answers), ("submission_key", key)]).expect("form");
        post(&url, &self.session(), body).await
    }
}

impl World {
    /// Runs a statement.
    pub async fn sql(&self, text: impl Into<String>) {
        let done = self.try_sql(text.into()).await;
        done.unwrap_or_else(|e| panic!("the statement failed: {e:?}"));
    }

    pub async fn try_sql(&self, text: String) -> Result<(), String> {
        let done = self
            .app
            .db
            .write::<_, Result<(), String>, Never, _>(
                "test.sql",
                Class::Machine,
                self.tenant,
                text,
                |text, tx| {
                    Box::pin(async move {
                        let sql = sqlx::AssertSqlSafe(text.clone());
                        let done = on!(tx, |c| sqlx::query(sql).execute(c).await.map(drop));
                        Ok(done.map_err(|e| e.to_string()))
                    })
                },
            )
            .await;
        done.map_err(|e| format!("{e:?}"))?
    }

    /// The first column of every row.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let mut x = self.app.db.reader().await.expect("reader");
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        on!(&mut x, |c| sqlx::query_scalar(sql).fetch_all(c).await).expect("the statement runs")
    }

    pub async fn blobs(&self, sql: &str) -> Vec<Vec<u8>> {
        let mut x = self.app.db.reader().await.expect("reader");
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        on!(&mut x, |c| sqlx::query_scalar(sql).fetch_all(c).await).expect("the statement runs")
    }

    /// Rows of a table, or of what follows `from`.
    pub async fn count(&self, from: &str) -> i64 {
        let mut x = self.app.db.reader().await.expect("reader");
        let sql = sqlx::AssertSqlSafe(format!("select cast(count(*) as bigint) from {from}"));
        on!(&mut x, |c| sqlx::query_scalar(sql).fetch_one(c).await).expect("the statement runs")
    }

    /// Every table of ours.
    pub async fn tables(&self) -> Vec<String> {
        let sql = if self.is_sqlite() {
            "select name from sqlite_master where type = 'table' and name not like '\\_sqlx%' escape '\\' \
             and name not like 'sqlite\\_%' escape '\\' order by name"
        } else {
            "select table_name::text from information_schema.tables where table_schema = 'public' \
             and table_name not like '\\_sqlx%' order by table_name"
        };
        self.texts(sql).await
    }

    /// Columns of a table as `name kind null?`, kind one of int, text, bytes.
    pub async fn columns(&self, table: &str) -> Vec<(String, &'static str, bool)> {
        let sql = if self.is_sqlite() {
            format!(
                "select name || ' ' || lower(type) || ' ' || \"notnull\" from pragma_table_info('{table}')"
            )
        } else {
            format!(
                "select (column_name || ' ' || data_type || ' ' || case is_nullable when 'YES' then 0 else 1 end) \
                 from information_schema.columns where table_schema = 'public' and table_name = '{table}'"
            )
        };
        let read = |line: String| {
            let parts: Vec<&str> = line.split(' ').collect();
            let kind = match parts[1] {
                "integer" | "bigint" | "boolean" | "int" => "int",
                "text" => "text",
                "blob" | "bytea" => "bytes",
                other => panic!("{table}.{}: {other}", parts[0]),
            };
            (parts[0].to_owned(), kind, parts[2] == "0")
        };
        self.texts(&sql).await.into_iter().map(read).collect()
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }
}

/// The value of a hidden field.
pub fn field(html: &str, name: &str) -> String {
    let after = html.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
    after.split('"').next().expect("a value").to_owned()
}
