//! What stories about attached files share: a procedure that asks for them, and people who attach.

use madoguchi::attachment::{Kind, Shown};
use madoguchi::demo::files::sample;
use madoguchi::procedure::{Input, Source, definition::Blocks};
use reqwest::StatusCode;
use serde_json::Value;

use crate::probe::{Got, get, raw, whole};
use crate::world::{Citizen, On, Wish, World};

pub const SLUG: &str = "photo-test";

/// A procedure that asks for a photograph, and for documents where there are some.
pub fn source() -> Source {
    let text = "format: 1\nid: photo-test\nkind: application\ntitle: 写真の申請\nshort: 写真を送る申請です。\n\
        category: dog\nsection: environment\nfee: 無料\ntime_needed: 3\ndiscreet: false\nassurance: L1\npay: none\n\
        withdraw: true\nfields:\n  - heading: 内容\n  - {id: name, label: お名前, type: text, max: 30}\n  \
        - {id: photo, label: 犬の写真, type: file, kinds: [jpeg, png]}\n  \
        - {id: papers, label: 書類, type: file, required: false, most: 3}\n\
        samples:\n  - {name: 一つ, answers: {name: 西尾, photo: 犬.jpg}}\n  \
        - {name: 二つ, answers: {name: 見本, photo: 犬.png, papers: [証明.pdf, 写し.jpg]}}\n";
    Source::parse("photo-test.yaml", text, &Blocks::default()).expect("a procedure")
}

pub fn wish(on: On) -> Wish {
    let mut wish = Wish::on(on);
    wish.sources.push(source());
    wish
}

impl Citizen<'_> {
    pub async fn attaches(&mut self, field: &str, told: (&str, &str), content: &[u8]) -> (StatusCode, Value) {
        let confirm = format!("{}/p/{SLUG}/confirm", self.world.site());
        self.visitor.attach(&confirm, field, told, content).await.expect("an answer")
    }

    /// A photograph, attached.
    pub async fn photo(&mut self) -> String {
        let (status, answer) =
            self.attaches("photo", ("犬.jpg", "image/jpeg"), &sample(Kind::Jpeg, "x")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["value"].as_str().expect("a value").to_owned()
    }

    pub async fn looks(&self, path: &str) -> Got {
        get(&format!("{}{path}", self.world.site()), &self.session()).await
    }
}

pub fn with(name: &str, photo: &str) -> Input {
    let mut input = Input::new();
    input.push("name", name);
    input.push("photo", photo);
    input
}

pub fn id_of(value: &str) -> String {
    Shown::of_value(value).expect("a file").id.to_string()
}

/// Files in the vault, of this municipality and on their way.
pub fn lying(world: &World) -> (usize, usize) {
    fn count(folder: &std::path::Path) -> usize {
        let Ok(all) = std::fs::read_dir(folder) else { return 0 };
        all.map(|e| e.expect("entry").path()).map(|p| if p.is_dir() { count(&p) } else { 1 }).sum()
    }
    let root = world.dir.path().join("files");
    (count(&root.join("232131")), count(&root.join("incoming")))
}

pub async fn faults(world: &World) -> Vec<madoguchi::check::Finding> {
    madoguchi::check::files::run(&world.app.db, &world.app.files).await.expect("check")
}

/// `both!` with the procedure that asks for files.
#[macro_export]
macro_rules! with_files {
    ($(async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            use super::*;
            #[allow(clippy::too_many_lines, reason = "a story reads from top to bottom")]
            async fn story($world: World) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { story($crate::world::World::new($crate::attach::wish($crate::world::On::Sqlite)).await).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if $crate::world::has_postgres() { story($crate::world::World::new($crate::attach::wish($crate::world::On::Postgres)).await).await; }
            }
        }
    )*};
}

pub fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all
}

/// Values of the ticks 「添付済み」.
pub fn kept_of(html: &str) -> Vec<String> {
    let value = |part: &str| part.split("value=\"").nth(1)?.split('"').next().map(str::to_owned);
    html.split("type=\"checkbox\" name=\"photo\"").skip(1).filter_map(value).collect()
}

type Part<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

impl Citizen<'_> {
    /// A browser without JavaScript sends the form with its files.
    pub async fn brings(&mut self, url: &str, text: &[(&str, &str)], files: &[Part<'_>]) -> Got {
        let mut body = Vec::new();
        for (name, value) in text {
            body.extend(
                format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        for (name, file, kind, content) in files {
            let head = format!(
                "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\ncontent-type: {kind}\r\n\r\n"
            );
            body.extend(head.bytes().chain(content.iter().copied()).chain(*b"\r\n"));
        }
        body.extend(*b"--x--\r\n");
        let request =
            raw().post(url).header("cookie", self.session()).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "multipart/form-data; boundary=x").body(body);
        whole(request.send().await.expect("answer")).await
    }
}
