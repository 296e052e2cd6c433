//! Every page with every sample: what no page may do, and files to look at.

use std::path::Path;

use askama::Template;
use madoguchi_base::Day;

use super::assets;
use super::views::{
    Again, ConsentPage, ErrorPage, HistoryItem, MineItem, MinePage, NextProcedure, ReceiptPage, SentItem,
    parts,
};
use crate::application::answers::{Purpose, out};
use crate::procedure::views::{CataloguePage, ConfirmPage, FormPage};
use crate::procedure::{Draw, Input, Problems, Published, Shelf, Site, builtin, builtin_municipality};

fn today() -> Day {
    "2026-11-22".parse().expect("a day")
}

fn shelf() -> Shelf {
    let mut municipality = builtin_municipality();
    municipality.friend_url = Some("https://line.example/R/ti/p/@nishio".into());
    Shelf::of(municipality, &builtin(), Site { demo: true }).expect("a shelf")
}

fn plain(page: &super::CachedPage) -> String {
    String::from_utf8(page.plain().to_vec()).expect("text")
}

fn render(page: &impl Template) -> String {
    page.render().expect("renders")
}

fn receipt(shelf: &Shelf, fresh: bool) -> String {
    let item = |when: &str, what: &str, note: Option<&str>| HistoryItem {
        when: when.into(),
        what: what.into(),
        note: note.map(Into::into),
    };
    let mut history =
        vec![item("令和8年11月22日(日) 午後3時15分", "お申し込みが届きました（確認待ち）", None)];
    if !fresh {
        history.push(item(
            "令和8年11月24日(火) 午前9時2分",
            "受付済み",
            Some("開栓は午前中にうかがいます。"),
        ));
    }
    render(&ReceiptPage {
        frame: shelf.frame("水道・下水道の使用開始"),
        fresh,
        noun: "申込み",
        receipt: "4821-0937-5512".into(),
        state: if fresh { "submitted" } else { "accepted" },
        state_words: if fresh { "お申し込みが届きました（確認待ち）" } else { "受付済み" }.into(),
        next_step: Some("担当課が内容を確認します。".into()),
        arrived: "令和8年11月22日(日) 午後3時15分".into(),
        section: "上下水道部 料金担当".into(),
        telephone: "0563-00-0000".into(),
        history,
        sent: vec![SentItem {
            when: "令和8年11月22日(日) 午後3時15分".into(),
            text: "水道・下水道の使用開始のお申し込みが届きました。\n受付番号 4821-0937-5512\n担当課が内容を確認します。".into(),
            state: "送信済み".into(),
        }],
        not_friend: (!fresh).then(|| shelf.not_friend(madoguchi_base::ApplicationId::from_uuid(uuid::Uuid::nil()))),
        answers: "/nishio/a/1/answers".into(),
        correction: None,
        next: vec![NextProcedure {
            action: "/nishio/p/suido-start/form".into(),
            title: "水道・下水道の使用開始".into(),
            from: "1".into(),
        }],
        withdraw: (!fresh).then(|| "/nishio/a/1/withdraw".into()),
    })
}

fn mine(shelf: &Shelf, some: bool) -> String {
    let item = |title: &str, state: &str, words: &str| MineItem {
        href: "/nishio/a/1".into(),
        title: title.into(),
        receipt: "4821-0937-5512".into(),
        state: state.into(),
        state_words: words.into(),
        arrived: "令和8年11月22日(日) 午後3時15分".into(),
    };
    let items = vec![
        item("水道・下水道の使用開始", "accepted", "受付済み"),
        item("犬の死亡届", "correction", "修正のお願い"),
        item("水道・下水道の使用中止", "done", "手続き完了"),
    ];
    let items = if some { items } else { Vec::new() };
    render(&MinePage {
        frame: shelf.frame("私の申請"),
        drafts: Vec::new(),
        items,
        sign_out: Some("/nishio/sign-out".into()),
    })
}

fn filled(shelf: &Shelf, published: &Published, input: &Input, problems: Option<&Problems>) -> String {
    let (ctx, frame) = (shelf.context(today()), shelf.frame(published.procedure().title.clone()));
    let draw = Draw { input: Some(input), problems, ctx, base: "/nishio", marked: None, at: None };
    render(&FormPage::new(frame, &published.form, &draw))
}

fn forms(shelf: &Shelf, pages: &mut Vec<(String, String)>) {
    let context = shelf.context(today());
    for source in builtin() {
        let published = shelf.current(&source.procedure().id).expect("published");
        let name = &published.slug;
        pages.push((format!("{name}-page"), plain(published.public_page().expect("a page"))));
        let Some(empty) = shelf.form_page(published, today()).expect("drawn") else { continue };
        pages.push((format!("{name}-form"), plain(&empty)));
        let frame = || shelf.frame(published.procedure().title.clone());
        for (n, sample) in source.samples(today()).iter().enumerate() {
            let answers = published.form.read(&sample.input, &context).expect("a sample");
            let rows = out::rows(&answers, &published.form, Purpose::Page);
            let page = ConfirmPage {
                frame: frame(),
                form: &published.form,
                parts: parts(&rows),
                token: "token",
                submission_key: "key",
                my_number: if n == 1 { vec!["補足"] } else { Vec::new() },
                rare: if n == 1 { vec!["𠮷".into()] } else { Vec::new() },
                not_friend: (n == 1)
                    .then(|| shelf.not_friend(madoguchi_base::ApplicationId::from_uuid(uuid::Uuid::nil()))),
            };
            pages.push((format!("{name}-confirm-{n}"), render(&page)));
            let typed = out::input(&answers, &published.form, Purpose::Page);
            pages.push((format!("{name}-edit-{n}"), filled(shelf, published, &typed, None)));
        }
        for (n, wrong) in source.wrong(today()).iter().enumerate() {
            let problems = published.form.read(&wrong.input, &context).expect_err("wrong");
            pages
                .push((format!("{name}-wrong-{n}"), filled(shelf, published, &wrong.input, Some(&problems))));
        }
        let nothing = Input::new();
        let problems = published.form.read(&nothing, &context).expect_err("nothing was given");
        pages.push((format!("{name}-nothing"), filled(shelf, published, &nothing, Some(&problems))));
    }
}

fn troubles(shelf: &Shelf, pages: &mut Vec<(String, String)>) {
    let frame = || shelf.frame("");
    let again = Again {
        action: "/nishio/p/suido-start/submit".into(),
        button: "もう一度送る".into(),
        fields: vec![("answers".into(), "token".into())],
    };
    let errors = [
        ("not-found", ErrorPage::not_found(frame())),
        ("forbidden", ErrorPage::forbidden(frame())),
        ("conflict", ErrorPage::conflict(frame(), "この内容は、すでに別の内容で受け付けています。")),
        ("unreadable", ErrorPage::unreadable(frame())),
        ("busy", ErrorPage::busy(frame(), Some(again))),
        ("unknown", ErrorPage::unknown(frame(), None)),
        ("too-many", ErrorPage::too_many(frame())),
        ("internal", ErrorPage::internal(frame(), "aB3dE6gH")),
        ("not-this-browser", ErrorPage::not_this_browser(frame(), "https://line.example/")),
        ("denied", ErrorPage::denied(frame(), "https://line.example/")),
        ("line-unavailable", ErrorPage::line_unavailable(frame(), "https://line.example/")),
        ("nowhere", ErrorPage::not_found(super::Frame::new(&super::Place::nowhere_in_demo(), ""))),
    ];
    pages.extend(errors.iter().map(|(name, page)| (format!("error-{name}"), render(page))));
}

/// Every page with its name.
fn all() -> Vec<(String, String)> {
    let shelf = shelf();
    let mut pages = vec![("catalogue".to_owned(), plain(shelf.page()))];
    for (name, words) in [("search", "いぬ"), ("search-nothing", "パスポート")] {
        let categories = shelf.search(words);
        let page = CataloguePage { frame: shelf.frame("手続を探す"), searched: Some(words), categories };
        pages.push((name.to_owned(), render(&page)));
    }
    forms(&shelf, &mut pages);
    troubles(&shelf, &mut pages);
    let published = shelf.current("suido-start").expect("published");
    let consent = ConsentPage {
        frame: shelf.frame("LINEで手続をはじめます"),
        procedure: Some(published.procedure()),
        location: "https://line.example/authorize?state=x&nonce=y",
        lost: false,
    };
    pages.push(("consent".into(), render(&consent)));
    pages.push(("receipt-fresh".into(), receipt(&shelf, true)));
    pages.push(("receipt".into(), receipt(&shelf, false)));
    pages.push(("mine".into(), mine(&shelf, true)));
    pages.push(("mine-empty".into(), mine(&shelf, false)));
    pages
}

#[test]
fn no_page_has_anything_inline_or_foreign_or_a_dead_anchor() {
    for (name, html) in all() {
        for never in [" style=", "<style", "onclick", "<script>", "http://", "{{", "{%"] {
            assert!(!html.contains(never), "{name} has {never}");
        }
        assert!(html.contains("lang=\"ja\"") && html.matches("<h1").count() == 1, "{name}");
        assert!(
            html.contains("デモ：公表資料をもとにした架空の窓口です。実際の申請はできません。"),
            "{name}"
        );
        let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{name} uses an id twice");
        for word in ["href=\"#", "for=\"", "aria-describedby=\""] {
            for target in
                html.split(word).skip(1).filter_map(|s| s.split('"').next()).flat_map(str::split_whitespace)
            {
                assert!(ids.contains(&target), "{name}: {target} is nowhere");
            }
        }
    }
}

#[test]
fn a_form_with_all_it_loads_is_small() {
    let shelf = shelf();
    for published in shelf.procedures() {
        let Some(page) = shelf.form_page(published, today()).expect("drawn") else { continue };
        let form = page.plain().len();
        let size =
            form + include_bytes!("assets/madoguchi.css").len() + include_bytes!("assets/form.js").len();
        assert!(size < 60_000, "{} {size}", published.slug);
    }
}

#[test]
fn what_was_typed_stays_and_what_to_mend_stands_beside_it() {
    let pages = all();
    let find = |name: &str| &pages.iter().find(|(n, _)| n == name).expect(name).1;
    let wrong = find("suido-start-wrong-0");
    assert!(wrong.contains("value=\"架空\"") && wrong.contains("aria-invalid=\"true\""));
    assert!(wrong.contains("href=\"#f-sei_kana\"") && wrong.contains("id=\"f-sei_kana-oops\""));
    assert!(wrong.contains("氏のフリガナを全角カタカナで入力してください。"));
    assert!(!find("suido-start-wrong-12").contains("<script>"), "what is typed is text, never a tag");
    assert!(find("search").contains("犬の死亡届"), "kana finds kanji only by words of the procedure");
}

/// `cargo test -p madoguchi pages_to_look_at -- --ignored` writes every page to a folder of the machine's temporary one.
#[test]
#[ignore = "writes files for people to look at"]
fn pages_to_look_at() {
    let folder = std::env::temp_dir().join("madoguchi-pages");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(Path::new(&folder).join(name), bytes).expect("a file");
    write("madoguchi.css", include_bytes!("assets/madoguchi.css"));
    write("form.js", include_bytes!("assets/form.js"));
    for (name, html) in all() {
        let html = ["madoguchi.css", "form.js"].iter().fold(html, |h, a| h.replace(assets::path(a), a));
        write(&format!("{name}.html"), html.as_bytes());
    }
}
