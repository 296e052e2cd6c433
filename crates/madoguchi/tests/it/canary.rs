//! The promise, executed: nothing that anybody typed reaches LINE, the log, an address, or the database's bytes.
//!
//! Every field gets a word that stands nowhere else; whole lives are lived; then every byte is searched.
//! `leaks.rs` shows that the search finds what does leak.

use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi::demo::visitor::Seen;
use madoguchi::procedure::{Asks, Input, Source, Style, builtin};
use madoguchi_base::Day;

use crate::sinks::{self, Sinks};
use crate::world::{Citizen, Clerk, On, Wish, World, has_postgres, receipt};

/// Words that were typed or chosen, and nothing else.
#[derive(Default)]
pub struct Words {
    /// Typed into fields, notes, reasons, search boxes: nowhere in plain, not even in our database.
    pub typed: Vec<String>,
    /// Ids and labels of choices: part of the published form, so they may stand in its definition.
    pub chosen: Vec<String>,
    /// Pages that showed a planted word to those who may see it: they prove that the words travelled.
    pub seen: usize,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn word(of: &str) -> String {
    format!("{of}{}", madoguchi_base::random::alnum(14))
}

/// The procedures with a choice more in every list, which no other list and no other text has.
pub fn sources() -> Vec<Source> {
    let mut choice = |_: &str| (word("opt"), word("えらぶ"));
    builtin().iter().map(|s| s.with_test_choices(&mut choice)).collect()
}

pub async fn canary_world(on: On) -> World {
    sinks::listen();
    World::new(Wish { sources: sources(), ..Wish::on(on) }).await
}

impl Words {
    fn typed(&mut self, word: &str) -> String {
        self.typed.push(word.to_owned());
        word.to_owned()
    }

    /// A form filled with unique words; `turn` takes other choices, so that conditional fields are asked, too.
    pub fn form(&mut self, world: &World, source: &Source, turn: usize) -> Input {
        let city = world.app.catalogue.shelf(world.tenant).expect("a shelf");
        let context = city.context(Day::of(world.clock.wall()));
        let mut filled = source.form().canary_input(&context, NEXT.fetch_add(1, Ordering::Relaxed) * 7);
        let mut is_choice = Vec::new();
        for field in source.form().fields() {
            for leaf in std::iter::once(field).chain(field.leaves()) {
                let Asks::Choices(c) = &leaf.asks else { continue };
                is_choice.push(leaf.id.clone());
                let taken = &c.choices[(c.choices.len() - 1 + turn) % c.choices.len()];
                if c.style != Style::Checkbox && turn > 0 {
                    filled.input.set(&leaf.id, taken.id.clone());
                }
            }
        }
        for (field, word) in filled.planted {
            if is_choice.contains(&field) {
                self.chosen.push(word);
                continue;
            }
            if let Ok(day) = word.parse::<Day>() {
                self.typed.push(day.japanese());
            }
            // A part of it would be a leak, too: the ten letters that make it unique.
            let letters: Vec<char> = word.chars().collect();
            if letters.len() > 12 && letters.iter().any(|c| !c.is_ascii()) {
                self.typed.push(letters[letters.len() - 10..].iter().collect());
            }
            self.typed.push(word);
        }
        filled.input
    }

    /// Counts how many planted words a page shows.
    fn look(&mut self, page: &Seen) {
        self.seen += self.typed.iter().chain(&self.chosen).filter(|w| page.body.contains(w.as_str())).count();
    }
}

/// One application of `source`, from the first tap to its end.
pub async fn life(
    words: &mut Words,
    (citizen, clerk): (&mut Citizen<'_>, &mut Clerk<'_>),
    source: &Source,
    turn: usize,
) -> bool {
    let (world, slug) = (citizen.world, source.procedure().id.as_str());
    let input = words.form(world, source, turn);
    citizen.enters(slug).await;
    let wrong = {
        let mut half = Input::new();
        input.pairs().skip(2).for_each(|(n, v)| half.push(n, v));
        citizen.confirms(slug, &half).await
    };
    assert_eq!(wrong.status.as_u16(), 422);
    words.look(&wrong);
    let confirm = citizen.confirms(slug, &input).await;
    words.look(&confirm);
    if confirm.status.as_u16() == 422 && turn > 0 {
        return false;
    }
    let arrived = citizen.visitor.send(&confirm, "/submit", &[]).await.expect("submit");
    let receipt = receipt(&arrived);
    world.run_jobs().await;

    let page = clerk.opens(&receipt.id).await;
    words.look(&page);
    let note = words.typed(&word("めも"));
    clerk.does(&receipt.id, "/note", &[("note", &note)]).await;
    let is_rejected = turn == 0 && slug == "suido-start";
    if is_rejected {
        let reason = words.typed(&word("りゆう"));
        let page = clerk.does(&receipt.id, "/reject", &[("reason", &reason)]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("rejected"), "{}", page.body);
    } else {
        clerk.does(&receipt.id, "/accept", &[("identity", "yes")]).await;
        world.run_jobs().await;
        let page = clerk.does(&receipt.id, "/complete", &[]).await;
        assert_eq!(page.attribute("data-state").as_deref(), Some("done"));
    }
    world.run_jobs().await;
    for path in [format!("/a/{}", receipt.id), format!("/a/{}/answers", receipt.id), "/a".to_owned()] {
        let page = citizen.opens(&path).await;
        words.look(&page);
    }
    true
}

/// Lives of every procedure with every choice; a search; the audit page.
pub async fn lives(world: &World, words: &mut Words) {
    let mut citizen = world.citizen("hanako").await;
    let mut clerk = world.clerk().await;
    for source in &world.sources {
        let mut lived = 0;
        for turn in 0..4 {
            lived += usize::from(life(words, (&mut citizen, &mut clerk), source, turn).await);
        }
        assert!(lived >= 2, "{}: {lived}", source.procedure().id);
    }
    let mut search = Input::new();
    search.push("q", words.typed(&word("さがす")));
    citizen.visitor.post(&format!("{}/search", world.site()), &search).await.expect("search");
    clerk.visitor.get(&format!("{}/nishio/audit", world.staff)).await.expect("audit");
    world.run_jobs().await;
    for url in citizen.visitor.trail.iter().chain(&clerk.visitor.trail) {
        let address = url.as_str();
        for word in words.typed.iter().chain(&words.chosen) {
            assert!(!address.contains(word.as_str()), "{word} stands in {address}");
        }
    }
}

/// Nothing planted is in any sink.
pub async fn assert_nothing_leaked(world: &World, words: &Words) {
    assert!(
        words.typed.len() > 100 && words.chosen.len() > 10,
        "{} {}",
        words.typed.len(),
        words.chosen.len()
    );
    assert!(words.seen > words.typed.len(), "the words travelled: {} of {}", words.seen, words.typed.len());
    let told = Sinks::line(world).and(Sinks::log());
    assert!(told.len("LINE") > 20 && told.len("log") > 0);
    let cells = Sinks::cells(world, &[]).await;
    let cells_but_forms = Sinks::cells(world, &["procedure_version.definition"]).await;
    let files = Sinks::files(world).await;
    assert!(!world.is_sqlite() || files.len("file") > 3);
    for word in &words.typed {
        for (what, sinks) in [("told", &told), ("cells", &cells), ("files", &files)] {
            assert_eq!(sinks.with(word), Vec::<&str>::new(), "{word} leaked ({what})");
        }
    }
    for word in &words.chosen {
        for (what, sinks) in [("told", &told), ("cells", &cells_but_forms)] {
            assert_eq!(sinks.with(word), Vec::<&str>::new(), "{word} leaked ({what})");
        }
    }
}

async fn nothing_that_anybody_typed_leaks(on: On) {
    let world = canary_world(on).await;
    let mut words = Words::default();
    lives(&world, &mut words).await;
    assert_eq!(world.check().await, []);
    assert!(world.talk("hanako").len() >= 20, "LINE was told: {}", world.talk("hanako").len());
    assert_nothing_leaked(&world, &words).await;
    if world.is_sqlite() {
        // Without the published forms, the choices are nowhere in the file either.
        world.sql("delete from procedure_version").await;
        vacuum(&world).await;
        let files = Sinks::files(&world).await;
        for word in &words.chosen {
            assert_eq!(files.with(word), Vec::<&str>::new(), "{word} leaked");
        }
    }
    world.end().await;
}

async fn vacuum(world: &World) {
    use sqlx::Connection as _;
    let mut c = sqlx::SqliteConnection::connect(&world.url).await.expect("connect");
    for sql in ["vacuum", "pragma wal_checkpoint(truncate)"] {
        sqlx::query(sql).execute(&mut c).await.expect("vacuum");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_anybody_typed_leaks_sqlite() {
    nothing_that_anybody_typed_leaks(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_anybody_typed_leaks_postgres() {
    if has_postgres() {
        nothing_that_anybody_typed_leaks(On::Postgres).await;
    }
}
