//! Six weeks before the visitor came: twenty applications by eight people, lived through the real path.

use std::collections::HashMap;

use madoguchi_base::{Day, Millis};

use super::Demo;
use super::city::PEOPLE;
use super::visitor::{Lost, Seen, Visitor};
use crate::app::App;
use crate::procedure::{Input, Source, builtin, calendar};

/// Length of the lived-through time.
pub(super) const SPAN_MS: i64 = 42 * 86_400_000;
const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Waiting,
    Accepted,
    Done,
    Rejected,
}

/// Hours before now, person (index of [`PEOPLE`]; 0 is the visitor and has none), procedure, how it went on.
const LIVED: [(i64, usize, &str, End); 20] = [
    (995, 1, "suido-start", End::Done),
    (980, 2, "dog-death", End::Done),
    (940, 3, "suido-stop", End::Done),
    (900, 4, "suido-start", End::Done),
    (850, 5, "suido-start", End::Rejected),
    (800, 6, "dog-death", End::Done),
    (755, 7, "suido-stop", End::Done),
    (700, 8, "suido-start", End::Done),
    (640, 1, "dog-death", End::Done),
    (580, 2, "suido-start", End::Done),
    (520, 3, "suido-start", End::Done),
    (460, 4, "suido-stop", End::Done),
    (390, 5, "suido-start", End::Done),
    (330, 6, "suido-stop", End::Done),
    (260, 7, "dog-death", End::Done),
    (190, 8, "suido-start", End::Done),
    (120, 3, "suido-stop", End::Accepted),
    (74, 2, "suido-start", End::Accepted),
    (30, 5, "dog-death", End::Waiting),
    (6, 7, "suido-start", End::Waiting),
];

/// People apply between seven in the morning and eleven at night, at any minute.
fn awake(at: i64, i: usize) -> i64 {
    let moved = at + (i as i64 * 37 % 60) * 60_000;
    if Millis(moved).to_zoned().hour() < 7 { moved - 8 * HOUR_MS } else { moved }
}

/// The office works on open days: `days` of them later, some time between nine and half past four.
fn at_the_desk(at: i64, days: u16, i: usize) -> i64 {
    let day = calendar::business_days_after(Day::of(Millis(at)), days);
    day.start().0 + 9 * HOUR_MS + ((i as i64 * 73 + i64::from(days) * 131) % 450) * 60_000
}

enum Step {
    Submit,
    Accept,
    Finish,
}

/// Lives through the steps in their order, the clocks set to each.
pub(super) async fn live_through(app: &App, demo: &Demo, site: &str, staff: &str) -> Result<(), Lost> {
    let now = app.clock.wall().0 + SPAN_MS;
    let mut steps: Vec<(i64, usize, Step)> = Vec::new();
    for (i, (ago, _, _, end)) in LIVED.iter().enumerate() {
        let at = awake(now - ago * HOUR_MS, i);
        steps.push((at, i, Step::Submit));
        if *end != End::Waiting {
            steps.push((at_the_desk(at, 1, i), i, Step::Accept));
        }
        if matches!(end, End::Done | End::Rejected) {
            steps.push((at_the_desk(at, 3, i), i, Step::Finish));
        }
    }
    // What would lie ahead of the visitor has not happened yet.
    steps.retain(|(at, ..)| *at < now - 60_000);
    steps.sort_by_key(|(at, ..)| *at);
    let sources = builtin();
    let mut town =
        Town { app, demo, site, staff, people: HashMap::new(), clerk: Visitor::new()?, made: HashMap::new() };
    for (at, i, step) in steps {
        let offset = at - now;
        app.clock.set_offset_ms(offset);
        demo.emulator.clock().set_offset_ms(offset);
        app.line.forget_tokens();
        match step {
            Step::Submit => town.submit(i, &sources).await?,
            Step::Accept => town.office(i, "/accept", &[]).await?,
            Step::Finish if LIVED[i].3 == End::Rejected => {
                let reason = "使用開始日が決まっていないと伺ったため、お受けできません。決まりましたら、もう一度お申し込みください。";
                town.office(i, "/reject", &[("reason", reason), ("confirm", "yes")]).await?;
            }
            Step::Finish => town.office(i, "/complete", &[]).await?,
        }
        town.told().await;
    }
    app.line.forget_tokens();
    app.clock.set_offset_ms(0);
    demo.emulator.clock().set_offset_ms(0);
    Ok(())
}

struct Town<'a> {
    app: &'a App,
    demo: &'a Demo,
    site: &'a str,
    staff: &'a str,
    people: HashMap<usize, Visitor>,
    clerk: Visitor,
    /// Application ids by number of the step.
    made: HashMap<usize, String>,
}

impl Town<'_> {
    async fn submit(&mut self, i: usize, sources: &[Source]) -> Result<(), Lost> {
        let (_, person, procedure, _) = LIVED[i];
        if !self.people.contains_key(&person) {
            let mut visitor = Visitor::on_phone(&self.demo.phone, PEOPLE[person].0).await?;
            // One of the eight does not add the city: his notices are seen waiting at the window instead.
            visitor.befriends = PEOPLE[person].0 != "noboru";
            self.people.insert(person, visitor);
        }
        let today = Day::of(self.app.clock.wall());
        let Some(source) = sources.iter().find(|s| s.procedure().id == procedure) else { return Ok(()) };
        let answers = personal(source, today, i, PEOPLE[person].2);
        let visitor = self.people.get_mut(&person).ok_or(lost("the person"))?;
        let receipt = visitor.submit(&format!("{}/nishio", self.site), procedure, &answers).await?;
        let id = receipt.url.path().rsplit('/').next().unwrap_or_default().to_owned();
        if receipt.text_of("data-receipt").is_none() {
            return Err(lost("the receipt"));
        }
        self.made.insert(i, id);
        Ok(())
    }

    async fn office(&mut self, i: usize, act: &str, more: &[(&str, &str)]) -> Result<(), Lost> {
        let id = self.made.get(&i).ok_or(lost("the application"))?;
        let url = format!("{}/nishio/a/{id}", self.staff);
        let mut page = self.clerk.get(&url).await?;
        if page.url.path().ends_with("/sign-in") {
            let (login, password) = &self.demo.clerk;
            self.clerk.send(&page, "/sign-in", &[("login", login), ("password", password)]).await?;
            page = self.clerk.get(&url).await?;
        }
        let after: Seen = self.clerk.send(&page, act, more).await?;
        if after.status.is_success() { Ok(()) } else { Err(lost("the page after the move")) }
    }

    /// Waits until LINE was told, so that every notice has its time.
    async fn told(&self) {
        for _ in 0..200 {
            self.app.line.run_once().await;
            let waiting = match self.app.db.reader().await {
                Ok(mut x) => {
                    madoguchi_line::outbox::counts(&mut x, self.demo.tenant).await.unwrap_or_default()
                }
                Err(_) => Vec::new(),
            };
            if !waiting
                .iter()
                .any(|(state, n)| *n > 0 && ["waiting", "frozen", "sending"].contains(&state.as_str()))
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

fn lost(what: &'static str) -> Lost {
    Lost::Missing { what, status: reqwest::StatusCode::OK }
}

/// A sample of the procedure, told by this person. Every number of the demo is made up (0563-00-0000).
fn personal(source: &Source, today: Day, i: usize, names: [&str; 4]) -> Input {
    let samples = source.samples(today);
    let sample = &samples[i % samples.len().max(1)];
    let mut out = Input::new();
    for (name, value) in sample.input.pairs() {
        let value = match name {
            "sei" => names[0],
            "mei" => names[1],
            "sei_kana" => names[2],
            "mei_kana" => names[3],
            _ => value,
        };
        out.push(name, value);
    }
    out
}
