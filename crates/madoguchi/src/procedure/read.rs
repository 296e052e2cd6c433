//! From what was typed to answers, or to problems that say what to mend.

use super::field::{Field, When};
use super::types::{Asks, Fault, ReadContext};
use super::{FormVersion, Input};
use crate::application::answers::{Answers, Value};

/// One thing to mend.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's id: `birth`, `notifier.tel`.
    pub field: String,
    /// What to do, for the page.
    pub message: String,
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
}

impl std::fmt::Debug for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|p| &p.field)).finish()
    }
}

impl FormVersion {
    /// Reads what was typed. Fields that the form does not have, or does not ask in this case, are dropped.
    pub fn read(&self, input: &Input, ctx: &ReadContext<'_>) -> Result<Answers, Problems> {
        let mut reading = Reading {
            input,
            ctx,
            chosen: Vec::new(),
            answers: Answers::default(),
            problems: Problems::default(),
        };
        for field in self.fields() {
            reading.field(field);
        }
        if reading.problems.is_empty() { Ok(reading.answers) } else { Err(reading.problems) }
    }
}

struct Reading<'a> {
    input: &'a Input,
    ctx: &'a ReadContext<'a>,
    /// Choices and ticks so far: what conditions look at.
    chosen: Vec<(&'a str, &'a str)>,
    answers: Answers,
    problems: Problems,
}

impl<'a> Reading<'a> {
    fn holds(&self, when: &When) -> bool {
        self.chosen.iter().any(|(f, v)| *f == when.field && when.any_of.iter().any(|a| a == v))
    }

    fn field(&mut self, field: &'a Field) {
        if field.when.as_ref().is_some_and(|w| !self.holds(w)) {
            return;
        }
        if let Asks::Group(inner) = &field.asks {
            if field.required || inner.iter().any(|f| is_given(f, self.input)) {
                for field in inner {
                    self.field(field);
                }
            }
            return;
        }
        let required = field.required && !field.optional_when.as_ref().is_some_and(|w| self.holds(w));
        match field.asks.read(&field.id, self.input, self.ctx) {
            Ok(Some(value)) => self.take(field, value),
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
        self.problems.0.push(Problem { field: field.id.clone(), message });
    }
}

/// Was anything typed at this field? The era of a date is preselected and does not count.
fn is_given(field: &Field, input: &Input) -> bool {
    let part_of = |name: &str| {
        name.strip_prefix(field.id.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && rest != ".era")
    };
    input.pairs().any(|(name, value)| part_of(name) && !value.trim().is_empty())
}
