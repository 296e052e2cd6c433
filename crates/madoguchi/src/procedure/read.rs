//! From what was typed to answers, or to problems that say what to mend.

use madoguchi_base::Day;

use super::definition::Link;
use super::field::{Field, Stop, When};
use super::types::{Asks, Fault, ReadContext, is_given};
use super::{FormVersion, Input};
use crate::application::answers::{Answers, Value};

/// One thing to mend.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's id: `birth`, `notifier.tel`, `dogs.1.dog_name`.
    pub field: String,
    /// What to do, for the page.
    pub message: String,
    /// Set where the procedure cannot go on with this answer: nothing else has to be mended then.
    pub stops: bool,
    /// Where to go instead.
    pub link: Option<Link>,
}

/// What has to be mended, in the order of the form.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The message at a field.
    pub fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|p| p.field == field).map(|p| p.message.as_str())
    }

    /// Nothing to mend?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is it an answer with which the procedure cannot go on?
    pub fn stop(&self) -> bool {
        self.0.iter().any(|p| p.stops)
    }

    fn or(mut self, answers: Answers) -> Result<Answers, Self> {
        if self.stop() {
            self.0.retain(|p| p.stops);
        }
        if self.is_empty() { Ok(answers) } else { Err(self) }
    }
}

impl std::fmt::Debug for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|p| &p.field)).finish()
    }
}

impl FormVersion {
    /// Reads what was typed. Fields that the form does not have, or does not ask in this case, are dropped.
    pub fn read(&self, input: &Input, ctx: &ReadContext<'_>) -> Result<Answers, Problems> {
        let reading = Reading::new(input, ctx, None);
        reading.all(self)
    }

    /// Reads the `marked` fields anew on top of earlier answers (a mark on a group or a repetition means all in it).
    /// The others keep the earlier answer as it is, without being checked again: a day that was right when it was
    /// sent may have passed since. A field that is asked only because of a new answer is read from `input`, too; one
    /// that is not asked any more is dropped.
    pub fn read_marked(
        &self,
        earlier: Answers,
        marked: &[String],
        input: &Input,
        ctx: &ReadContext<'_>,
    ) -> Result<Answers, Problems> {
        let reading = Reading::new(input, ctx, Some((earlier, marked)));
        reading.all(self)
    }
}

struct Reading<'a> {
    input: &'a Input,
    ctx: &'a ReadContext<'a>,
    /// Earlier answers and what is asked again.
    earlier: Option<(Answers, &'a [String])>,
    /// Choices and ticks so far: what conditions look at.
    chosen: Vec<(&'a str, &'a str)>,
    answers: Answers,
    problems: Problems,
}

impl<'a> Reading<'a> {
    fn new(input: &'a Input, ctx: &'a ReadContext<'a>, earlier: Option<(Answers, &'a [String])>) -> Self {
        let (answers, problems) = (Answers::default(), Problems::default());
        Self { input, ctx, earlier, chosen: Vec::new(), answers, problems }
    }

    fn all(mut self, form: &'a FormVersion) -> Result<Answers, Problems> {
        for field in form.fields() {
            self.field(field);
        }
        self.problems.or(self.answers)
    }

    fn holds(&self, when: &When) -> bool {
        self.chosen.iter().any(|(f, v)| *f == when.field && when.any_of.iter().any(|a| a == v))
    }

    fn held(&self, when: Option<&When>) -> bool {
        when.is_some_and(|w| self.holds(w))
    }

    /// Was this field, or one in it, given now or earlier?
    fn given(&self, field: &Field) -> bool {
        let before =
            |f: &Field| self.earlier.as_ref().is_some_and(|(a, marked)| !f.is_marked(marked) && a.has(&f.id));
        is_given(field, self.input) || field.leaves().any(before)
    }

    fn field(&mut self, field: &'a Field) {
        if field.when.as_ref().is_some_and(|w| !self.holds(w)) {
            return;
        }
        match &field.asks {
            Asks::Group(inner) => {
                if field.required || inner.iter().any(|f| self.given(f)) {
                    for f in inner {
                        self.field(f);
                    }
                }
            }
            Asks::Repeat(repeat) => {
                for (at, row) in repeat.rows.iter().enumerate() {
                    if at < repeat.least || row.fields.iter().any(|f| self.given(f)) {
                        for f in &row.fields {
                            self.field(f);
                        }
                    }
                }
            }
            _ => self.leaf(field),
        }
    }

    fn leaf(&mut self, field: &'a Field) {
        if let Some((earlier, marked)) = &mut self.earlier
            && !field.is_marked(marked)
            && let Some(value) = earlier.take(&field.id)
        {
            self.take(field, value);
            return;
        }
        let required = field.required && !self.held(field.optional_when.as_ref())
            || self.held(field.required_when.as_ref());
        match field.asks.read(&field.id, self.input, self.ctx) {
            Ok(Some(value)) => {
                let stop = self.stopped(field, &value);
                self.take(field, value);
                if let Some(stop) = stop {
                    self.problem(field, stop.text.clone());
                    if let Some(problem) = self.problems.0.last_mut() {
                        (problem.stops, problem.link) = (true, stop.link.clone());
                    }
                }
            }
            Ok(None) if required => {
                let message = field.msg.clone().unwrap_or_else(|| field.asks.missing(&field.label));
                self.problem(field, message);
            }
            Ok(None) => {}
            Err(Fault::Form(words)) => {
                let message = field.msg.clone().unwrap_or_else(|| words.to_owned());
                self.problem(field, message);
            }
            Err(Fault::Say(message)) => self.problem(field, message),
        }
    }

    fn stopped(&self, field: &'a Field, value: &Value) -> Option<&'a Stop> {
        let has = |id: &str| value.has(id);
        let today = self.ctx.today;
        // No other way out of a value is needed: the days that stop are few.
        let day = |days: u16| -> Option<Day> {
            (0..days).map(|n| today.plus_days(-i32::from(n))).find(|d| value.has(&d.to_string()))
        };
        field.stops.iter().find(|s| {
            let young = match s.test {
                super::field::StopTest::YoungerThan(days) => day(days),
                super::field::StopTest::AnyOf(_) => None,
            };
            s.test.holds(has, young, today)
        })
    }

    fn take(&mut self, field: &'a Field, value: Value) {
        match &field.asks {
            Asks::Choices(c) => {
                let picked = c.choices.iter().filter(|c| value.has(&c.id));
                self.chosen.extend(picked.map(|c| (field.id.as_str(), c.id.as_str())));
            }
            Asks::Tick(_) => self.chosen.push((&field.id, super::types::YES)),
            _ => {}
        }
        self.answers.push(field.id.clone(), value);
    }

    fn problem(&mut self, field: &Field, message: String) {
        self.problems.0.push(Problem { field: field.id.clone(), message, stops: false, link: None });
    }
}
