//! The form: what it costs, and what it says when something has to be mended.

use futures_util::future::join_all;
use madoguchi::application::submit::prepare;
use madoguchi::procedure::Asks;
use madoguchi_base::Day;
use reqwest::StatusCode;

use crate::both;
use crate::probe::get;
use crate::world::{On, Wish, World, has_postgres};

/// Whether the page still holds this value of this control, as a browser would send it again.
fn keeps(body: &str, name: &str, value: &str) -> bool {
    let name = format!(" name=\"{name}\"");
    let text = value.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;");
    let text = text.replace('\'', "&#39;");
    let given = format!(" value=\"{text}\"");
    let tags = |open: &str| body.split(open).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let inputs = tags("<input").into_iter().any(|tag| {
        let tag = tag.split('>').next().unwrap_or_default().to_owned();
        let is_choice = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        tag.contains(&name) && tag.contains(&given) && (!is_choice || tag.contains(" checked"))
    });
    let chosen = tags("<select").into_iter().any(|select| {
        let select = select.split("</select>").next().unwrap_or_default();
        let head = select.split('>').next().unwrap_or_default();
        head.contains(&name) && select.contains(&format!("{given} selected"))
    });
    let written = tags("<textarea").into_iter().any(|area| {
        let area = area.split("</textarea>").next().unwrap_or_default();
        area.contains(&name) && area.split_once('>').is_some_and(|(_, t)| t.trim_start_matches('\n') == text)
    });
    inputs || chosen || written
}

both! {
    async fn wrong_input_keeps_everything_typed_and_says_what_to_mend(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let today = Day::of(world.clock.wall());
        let mut tried = 0;
        for source in &world.sources {
            let slug = source.procedure().id.as_str();
            hanako.enters(slug).await;
            for wrong in source.wrong(today) {
                tried += 1;
                let what = format!("{slug}: {}", wrong.name);
                let page = hanako.confirms(slug, &wrong.input).await;
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
                let (before, form) = page.body.split_once("<form").expect("a form");
                assert!(before.contains("data-summary") && before.contains("role=\"alert\""), "{what}");
                for field in &wrong.fields {
                    let anchor = format!("f-{}", field.replace('.', "-"));
                    assert!(before.contains(&format!("href=\"#{anchor}")), "{what}: {field} in the summary");
                    let beside = form.split_once(&format!("id=\"{anchor}-oops\">"));
                    let message = beside.and_then(|(_, rest)| rest.split('<').next()).unwrap_or_default();
                    assert!(message.chars().count() > 5, "{what}: {field} beside the field");
                    assert!(before.contains(message), "{what}: the same words in the summary: {message}");
                    assert!(form.contains(&format!("id=\"{anchor}\"")) || form.contains(&format!("id=\"{anchor}-")));
                }
                for (name, value) in wrong.input.pairs().filter(|(_, v)| !v.is_empty()) {
                    if let Some(Asks::Choices(c)) = source.form().field(name).map(|f| &f.asks)
                        && !c.choices.iter().any(|choice| choice.id == value)
                    {
                        continue; // Nobody typed a choice that the page does not have.
                    }
                    assert!(keeps(&page.body, name, value), "{what}: {name} was lost");
                }
            }
        }
        assert!(tried >= 12, "{tried}");
        assert_eq!(world.count("application").await, 0);
        world.end().await;
    }
}

both! {
    async fn going_back_to_mend_brings_everything_back(world: World) {
        let mut hanako = world.citizen("hanako").await;
        for source in &world.sources {
            let slug = source.procedure().id.as_str();
            hanako.enters(slug).await;
            let confirm = hanako.confirms(slug, &world.sample(slug)).await;
            let form = hanako.visitor.send(&confirm, "/form", &[]).await.expect("form");
            assert!(form.form("/confirm").expect("form").1.get("_version").is_some());
            for (name, value) in world.sample(slug).pairs().filter(|(n, _)| n.contains("mei") || n.contains("agree")) {
                assert!(keeps(&form.body, name, value), "{slug}: {name}");
            }
            let same = hanako.confirms(slug, &world.sample(slug)).await;
            assert_eq!(same.status, StatusCode::OK);
        }
        world.end().await;
    }
}

both! {
    async fn a_signed_in_look_at_the_pages_of_a_procedure_makes_no_statement(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        let before = world.app.db.statements();
        for path in ["/", "/p/suido-start", "/p/suido-start/form", "/p/dog-death/form", "/p/suido-stop"] {
            let got = get(&format!("{}{path}", world.site()), &session).await;
            assert_eq!(got.status, StatusCode::OK, "{path}");
            assert_eq!(world.app.db.statements(), before, "{path}");
        }
        // The counter counts: a page that does read says so.
        get(&format!("{}/a", world.site()), &session).await;
        assert!(world.app.db.statements() > before);
        world.end().await;
    }
}

both! {
    async fn a_form_page_weighs_at_most_60_kb_and_asks_nobody_else(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters("suido-start").await;
        let session = hanako.session();
        for source in &world.sources {
            let slug = &source.procedure().id;
            let page = get(&format!("{}/p/{slug}/form", world.site()), &session).await;
            let mut bytes = page.body.len();
            let mut loaded = 0;
            for attribute in [" src=\"", "<link rel=\"stylesheet\" href=\""] {
                for part in page.body.split(attribute).skip(1) {
                    let path = part.split('"').next().expect("an address");
                    assert!(path.starts_with("/static/"), "{slug} loads {path}");
                    let asset = get(&format!("{}{path}", world.origin), "").await;
                    assert_eq!(asset.status, StatusCode::OK, "{path}");
                    (bytes, loaded) = (bytes + asset.body.len(), loaded + 1);
                }
            }
            assert!(loaded >= 2 && bytes <= 60 * 1024, "{slug}: {bytes} bytes in {loaded} files");
        }
        world.end().await;
    }
}

/// On one thread the sixty-four reach the intake before it looks: one batch.
async fn sixty_four_submissions_are_one_batch_of_few_statements(on: On) {
    let world = World::new(Wish::on(on)).await;
    let mut hanako = world.citizen("hanako").await;
    hanako.enters("suido-start").await;
    let account = world.texts("select account_id from account").await.remove(0).parse().expect("an id");
    let shelf = world.app.catalogue.shelf(world.tenant).expect("shelf");
    let published = shelf.current("suido-start").expect("published");
    let context = shelf.context(Day::of(world.clock.wall()));
    let input = world.sample("suido-start");
    let mut arrivals = Vec::new();
    for n in 0..64 {
        let answers = published.form.read(&input, &context).expect("answers");
        let key = format!("a-key-of-sixteen-{n}");
        let who = (world.tenant, account);
        arrivals.push(prepare(&world.app, who, published, &answers, key).await.expect("prepared"));
    }
    let before = world.app.db.statements();
    let all = join_all(arrivals.into_iter().map(|a| world.app.intake.submit(a))).await;
    let statements = world.app.db.statements() - before;
    assert!(all.iter().all(Result::is_ok));
    assert!((4..=10).contains(&statements), "{statements} statements for one batch");
    assert_eq!(world.count("application").await, 64);
    assert_eq!(world.count("line_notice").await, 64);
    world.run_jobs().await;
    assert_eq!(world.check().await, []);
    world.end().await;
}

#[tokio::test]
async fn sixty_four_submissions_are_one_batch_of_few_statements_sqlite() {
    sixty_four_submissions_are_one_batch_of_few_statements(On::Sqlite).await;
}

#[tokio::test]
async fn sixty_four_submissions_are_one_batch_of_few_statements_postgres() {
    if has_postgres() {
        sixty_four_submissions_are_one_batch_of_few_statements(On::Postgres).await;
    }
}
