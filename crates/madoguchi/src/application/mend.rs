//! The citizen's side of a correction and of a withdrawal: the pages, and what their buttons send.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use madoguchi_base::db::{Class, WriteError};
use madoguchi_base::{Day, id, random};

use super::acts::{self, Answered, Go, GoError};
use super::agent::{AgentError, Opened, Proof};
use super::answers::{Answers, Purpose, out};
use super::correction::{self, Asked, Unmended};
use super::store::{self, CorrectionRow};
use super::submit::{answers_mac, is_submission_key};
use super::{Application, By, Rules, State, may};
use crate::account::Citizen;
use crate::app::App;
use crate::audit::{Actor, Record};
use crate::error::Error;
use crate::page::views::{Again, AnswerPart, ErrorPage, parts};
use crate::page::{Frame, html};
use crate::procedure::{self, At, Draw, Input, Published, Shelf, views};

/// Whose application is looked at, by whom.
pub(super) struct Own<'a> {
    pub(super) app: &'a App,
    pub(super) shelf: &'a Shelf,
    pub(super) citizen: &'a Citizen,
    pub(super) a: Application,
    pub(super) published: &'a Published,
}

/// 「修正のお願い」.
#[derive(Template)]
#[template(path = "application/pages/correct.html")]
struct CorrectPage<'a> {
    frame: Frame,
    back: String,
    action: String,
    receipt: String,
    section: String,
    telephone: String,
    reason: &'a str,
    due: String,
    is_overdue: bool,
    key: &'a str,
    round: u32,
    fields: String,
    fixed: Vec<AnswerPart<'a>>,
}

/// 「取り下げますか」.
#[derive(Template)]
#[template(path = "application/pages/withdraw.html")]
struct WithdrawPage {
    frame: Frame,
    back: String,
    action: String,
    receipt: String,
    noun: &'static str,
    title: String,
    seen: i64,
    command: String,
}

/// What an opened correction holds.
struct Request {
    row: CorrectionRow,
    asked: Asked,
    old: Answers,
    opened: Opened,
}

impl Own<'_> {
    fn href(&self, act: &str) -> String {
        format!("/{}/a/{}{act}", self.shelf.slug(), self.a.id)
    }

    fn back(&self) -> Response {
        (StatusCode::SEE_OTHER, [(header::LOCATION, self.href(""))]).into_response()
    }

    fn today(&self) -> Day {
        Day::of(self.app.clock.wall())
    }

    /// The open request with the answers that it is about; `None` where nothing is asked (any more).
    async fn request(&self) -> Result<Option<Request>, Error> {
        if self.a.state != State::Correction {
            return Ok(None);
        }
        let mut x = self.app.db.reader().await?;
        let row = store::open_correction(&mut x, self.a.tenant, self.a.id).await?;
        drop(x);
        let Some(row) = row else { return Ok(None) };
        let proof = Proof::Citizen(&self.citizen.token.0);
        let opened = self.app.agent.open(self.a.tenant, self.a.id, "citizen-correct", proof).await;
        let opened = opened.map_err(refused)?;
        let unreadable = || Error::internal("correction", "a sealed correction did not open");
        let asked = Asked::open(&opened.key, self.a.tenant, (&row.event_id, &row.sealed));
        let old = Answers::from_canonical(&opened.answers).map_err(|_| unreadable())?;
        Ok(Some(Request { row, asked: asked.map_err(|_| unreadable())?, old, opened }))
    }

    /// The page: the open fields with what was typed, the others to read.
    fn page(
        &self,
        request: &Request,
        (unmended, at): (Option<&Unmended>, Option<&At>),
        key: &str,
    ) -> Result<Response, Error> {
        let form = &self.published.form;
        let (fresh_input, fresh_open);
        let (input, problems, open) = if let Some(u) = unmended {
            (&u.input, Some(&u.problems), &u.open)
        } else {
            fresh_input = out::input(&request.old, form, Purpose::Page);
            fresh_open = correction::editable(form, &request.asked, &request.old);
            (&fresh_input, None, &fresh_open)
        };
        let is_open = |field: &str| open.iter().any(|o| o == field);
        let ctx = self.shelf.context(self.today());
        let base = format!("/{}", self.shelf.slug());
        let draw = Draw { input: Some(input), problems, ctx, base: &base, marked: None, at };
        let fields = views::fields(form, &draw, &is_open);
        let fields = fields.map_err(|_| Error::internal("correction", "fields could not be drawn"))?;
        let mut rows = out::rows(&request.old, form, Purpose::Page);
        rows.retain(|row| !is_open(&row.field));
        let section = self.shelf.section(&self.published.procedure().section);
        let due: Option<Day> = request.row.due.parse().ok();
        let page = CorrectPage {
            frame: self.shelf.frame("修正のお願い"),
            back: self.href(""),
            action: self.href("/correct"),
            receipt: self.a.receipt.to_string(),
            section: section.name,
            telephone: section.telephone,
            reason: &request.asked.reason,
            due: due.map(Day::japanese).unwrap_or_default(),
            is_overdue: due.is_some_and(|due| due < self.today()),
            key,
            round: self.a.round,
            fields,
            fixed: parts(&rows),
        };
        let is_wrong = unmended.is_some_and(|u| !u.problems.is_empty());
        Ok(html(&page, if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }))
    }

    /// What the marked fields are and why; where nothing is asked, the status page says what is true.
    pub(super) async fn correct_page(&self) -> Result<Response, Error> {
        match self.request().await? {
            Some(request) => self.page(&request, (None, None), &random::alnum(32)),
            None => Ok(Redirect::to(&self.href("")).into_response()),
        }
    }

    /// Reads the marked fields, seals the next round, goes back to where the correction was asked from.
    pub(super) async fn correct(&self, mut typed: Input) -> Result<Response, Error> {
        let key = typed
            .get("submission_key")
            .filter(|key| is_submission_key(key))
            .ok_or(Error::BadRequest)?
            .to_owned();
        let round: u32 = typed.get("_round").and_then(|r| r.parse().ok()).ok_or(Error::BadRequest)?;
        let command = format!("correct:{key}");
        if self.is_done(&command).await? {
            return self.repeated(&typed, round).await;
        }
        let request = self.request().await?.filter(|_| self.a.round == round);
        let Some(request) = request else {
            // The same press at the same moment may have been stored since we looked.
            let done = self.is_done(&command).await?;
            return Ok(if done { self.back() } else { self.overtaken() });
        };
        let ctx = self.shelf.context(self.today());
        let about = (&request.asked, &request.old);
        // A button inside the form (addresses of a postal code) sends nothing.
        if let Some(at) = procedure::press(&self.published.form, &mut typed) {
            let again = correction::drawn_again(&self.published.form, about, &typed);
            return self.page(&request, (Some(&again), Some(&at)), &key);
        }
        let answers = match correction::read(&self.published.form, about, &typed, &ctx) {
            Ok(answers) => answers,
            Err(unmended) => return self.page(&request, (Some(&unmended), None), &key),
        };
        let new = self.sealed(&request, &answers, command.clone());
        let db = &self.app.db;
        let written = db
            .write("application.correct", Class::Person, self.a.tenant, new, |new, tx| {
                Box::pin(acts::answer(tx, new))
            })
            .await;
        match written {
            Ok(()) => Ok(self.back()),
            Err(WriteError::Rejected(GoError::NotFound)) => Err(Error::NotFound),
            Err(WriteError::Rejected(GoError::Conflict)) => Ok(self.other_answers()),
            // The same press at the same moment was stored by the other request.
            Err(_) if self.is_done(&command).await? => Ok(self.back()),
            Err(WriteError::Rejected(_)) => Ok(self.overtaken()),
            Err(WriteError::Busy | WriteError::Failed | WriteError::Unknown) => Ok(self.again(&typed)),
        }
    }

    fn sealed(&self, request: &Request, answers: &Answers, command: String) -> Answered {
        let (app, a) = (self.app, &self.a);
        let canonical = out::canonical(answers, Purpose::Seal);
        let from = (&app.keys, &app.clock);
        let detail = format!("round={} fields={}", a.round + 1, request.asked.fields.len());
        let by = Actor::Citizen(a.account);
        Answered {
            tenant: a.tenant,
            application: a.id,
            account: self.citizen.account,
            rules: Rules::of(self.published.procedure()),
            round: a.round,
            command,
            sealed: correction::seal_round(&request.opened.key, (a.tenant, a.id), a.round + 1, &canonical),
            mac: answers_mac(app, self.published, &canonical),
            at: app.clock.wall(),
            event: id::new_uuid(&app.clock),
            record: Record::new(from, a.tenant, by, "application.correct").on(a.id).detail(detail),
        }
    }

    async fn is_done(&self, command: &str) -> Result<bool, Error> {
        let mut x = self.app.db.reader().await?;
        Ok(store::has_command(&mut x, self.a.tenant, self.a.id, command).await?)
    }

    /// The same key again: the same marked answers are a repetition, others are told that they were not taken.
    async fn repeated(&self, typed: &Input, round: u32) -> Result<Response, Error> {
        let proof = Proof::Citizen(&self.citizen.token.0);
        let opened = self.app.agent.open(self.a.tenant, self.a.id, "citizen-correct", proof).await;
        let opened = opened.map_err(refused)?;
        let mut x = self.app.db.reader().await?;
        let kept = store::rounds(&mut x, self.a.tenant, self.a.id).await?;
        let asked = store::corrections(&mut x, self.a.tenant, self.a.id).await?;
        drop(x);
        let whose = (self.a.tenant, self.a.id);
        let old = kept.iter().find(|r| r.round == i64::from(round));
        let old = old.and_then(|r| correction::open_round(&opened.key, whose, round, &r.answers_sealed).ok());
        let asked = asked.iter().rev().find(|c| c.round == i64::from(round) && c.answered_at.is_some());
        let asked =
            asked.and_then(|c| Asked::open(&opened.key, self.a.tenant, (&c.event_id, &c.sealed)).ok());
        let (Some(old), Some(asked)) = (old, asked) else { return Ok(self.back()) };
        let ctx = self.shelf.context(Day::of(self.a.changed_at));
        let read = correction::read(&self.published.form, (&asked, &old), typed, &ctx);
        // A later round, or days that no longer fit: what was said then is not looked at again.
        let same = match &read {
            Ok(answers) if self.a.round == round + 1 => {
                *out::canonical(answers, Purpose::Seal) == *opened.answers
            }
            _ => true,
        };
        Ok(if same { self.back() } else { self.other_answers() })
    }

    fn other_answers(&self) -> Response {
        let words =
            "この画面の修正は、すでに別の内容で送られています。送った内容は「私の申請」で確認できます。";
        html(&ErrorPage::conflict(self.shelf.frame(""), words), StatusCode::CONFLICT)
    }

    fn overtaken(&self) -> Response {
        let words = "この画面を開いたあとに状況が変わったため、今の操作は行っていません。「私の申請」で今の状況を確認してください。";
        let mut page = ErrorPage::conflict(self.shelf.frame(""), words);
        "状況が変わっています".clone_into(&mut page.frame.title);
        html(&page, StatusCode::CONFLICT)
    }

    /// 503 with everything that was typed, to be sent again under the same key.
    fn again(&self, typed: &Input) -> Response {
        let fields = typed.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let again = Again { action: self.href("/correct"), button: "もう一度送る".to_owned(), fields };
        let page = ErrorPage::busy(self.shelf.frame(""), Some(again));
        let mut response = html(&page, StatusCode::SERVICE_UNAVAILABLE);
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        response
    }

    /// Whether the button 「取り下げる」 is there.
    pub(super) fn may_withdraw(&self) -> bool {
        may(self.a.state, State::Withdrawn, By::Citizen, &Rules::of(self.published.procedure()))
    }

    /// One page that says what withdrawing means.
    pub(super) fn withdraw_page(&self) -> Response {
        if !self.may_withdraw() {
            return Redirect::to(&self.href("")).into_response();
        }
        let about = self.published.procedure();
        let page = WithdrawPage {
            frame: self.shelf.frame(format!("{}の取下げ", about.kind.noun())),
            back: self.href(""),
            action: self.href("/withdraw"),
            receipt: self.a.receipt.to_string(),
            noun: about.kind.noun(),
            title: about.title.clone(),
            seen: self.a.version,
            command: random::alnum(22),
        };
        html(&page, StatusCode::OK)
    }

    /// Withdraws what the page showed. The same press twice is one withdrawal.
    pub(super) async fn withdraw(&self, typed: &Input) -> Result<Response, Error> {
        let command = typed.get("command").filter(|key| is_submission_key(key)).ok_or(Error::BadRequest)?;
        let command = format!("withdraw:{command}");
        let seen: i64 = typed.get("seen").and_then(|v| v.parse().ok()).ok_or(Error::BadRequest)?;
        let rules = Rules::of(self.published.procedure());
        let go = Go::new(
            (&self.app.keys, &self.app.clock),
            (self.a.tenant, self.a.id),
            (State::Withdrawn, rules),
            Actor::Citizen(self.citizen.account),
            (seen, command.clone()),
        );
        let db = &self.app.db;
        let written = db
            .write("application.withdraw", Class::Person, self.a.tenant, go, |go, tx| {
                Box::pin(acts::go(tx, go))
            })
            .await;
        match written {
            Ok(()) => {
                self.app.line.wake(self.a.tenant);
                Ok(self.back())
            }
            Err(WriteError::Rejected(GoError::NotFound)) => Err(Error::NotFound),
            Err(_) if self.is_done(&command).await? => Ok(self.back()),
            Err(WriteError::Rejected(_)) => Ok(self.overtaken()),
            Err(WriteError::Unknown) => Err(Error::Unknown),
            Err(WriteError::Busy | WriteError::Failed) => Err(Error::Busy),
        }
    }
}

pub(super) fn refused(e: AgentError) -> Error {
    match e {
        AgentError::NotAllowed => Error::NotFound,
        AgentError::Destroyed => Error::Gone,
        AgentError::Budget => Error::TooMany,
        AgentError::Unavailable | AgentError::Away => Error::Busy,
        AgentError::Sealed => Error::internal("agent", "sealed answers do not open"),
    }
}
