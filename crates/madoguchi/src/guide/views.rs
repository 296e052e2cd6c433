//! The guide's pages as their templates need them.

use askama::Template;
use madoguchi_base::{Day, Millis};

use super::forms::Typed;
use super::{Announcement, AnnouncementKind, Choice, EASE, HEARD, Topic, text};
use crate::office::{self, Desk};
use crate::page::Frame;

/// A text of the municipality.
#[derive(Template)]
#[template(path = "guide/pages/text.html")]
pub struct TextPage {
    /// Frame; its title is the topic's.
    pub frame: Frame,
    /// The text as HTML, made by [`text::html`].
    pub html: String,
    /// 第2版 …
    pub version: i64,
    /// When it was published, in words.
    pub published: String,
    /// Addresses and words of the other versions.
    pub others: Vec<(String, String)>,
    /// Sections with telephone, on the page that says whom to ask.
    pub sections: Vec<(String, String)>,
}

impl TextPage {
    /// One version of a topic out of `newest`.
    pub fn new(
        frame: Frame,
        topic: Topic,
        (version, newest): (i64, i64),
        body: &str,
        published: String,
    ) -> Self {
        let others = (1..=newest)
            .rev()
            .filter(|other| *other != version)
            .map(|other| {
                let end = if other == newest { String::new() } else { format!("/{other}") };
                (frame.href(&format!("guide/{}{end}", topic.code())), format!("第{other}版"))
            })
            .collect();
        Self { html: text::html(body), version, published, others, sections: Vec::new(), frame }
    }
}

/// お知らせ.
#[derive(Template)]
#[template(path = "guide/pages/news.html")]
pub struct NewsPage {
    /// Frame.
    pub frame: Frame,
    /// Newest first.
    pub items: Vec<NewsItem>,
}

/// One announcement.
pub struct NewsItem {
    /// One line.
    pub title: String,
    /// The rest as HTML.
    pub html: String,
    /// From when it stands here, in words.
    pub from: String,
    /// When the window is closed, in words.
    pub stop: Option<String>,
}

impl NewsItem {
    /// As citizens read it.
    pub fn new(of: &Announcement) -> Self {
        Self {
            title: of.title.clone(),
            html: text::html(&of.body),
            from: of.shown_from.japanese(),
            stop: of.stop_words(),
        }
    }
}

/// A line above every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// A planned stop rather than news.
    pub is_stop: bool,
    /// The title.
    pub title: String,
    /// When the window is closed, in words.
    pub stop: Option<String>,
}

impl Banner {
    /// For an announcement that is shown now.
    pub fn of(a: &Announcement) -> Self {
        Self { is_stop: a.kind == AnnouncementKind::Stop, title: a.title.clone(), stop: a.stop_words() }
    }
}

/// The survey, before and after.
#[derive(Template)]
#[template(path = "guide/pages/survey.html")]
pub struct SurveyPage {
    /// Frame.
    pub frame: Frame,
    /// Makes two clicks one answer; made for this page, from nothing.
    pub key: String,
    /// Was it sent?
    pub done: bool,
    /// What is ticked, where one of the two is missing.
    pub heard: String,
    /// See `heard`.
    pub ease: String,
    /// Something is missing.
    pub missing: bool,
}

/// A topic in the staff's list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: &'static str,
    pub(super) version: i64,
    pub(super) published: String,
}

/// An announcement in the staff's list.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) word: &'static str,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) stop: Option<String>,
    pub(super) version: i64,
}

impl Shown {
    pub(super) fn new(a: &Announcement, now: Millis) -> Self {
        Self {
            id: a.id.clone(),
            title: a.title.clone(),
            word: if a.shown_from <= now { "掲載中" } else { "予定" },
            from: a.shown_from.japanese(),
            until: a.shown_until.japanese(),
            stop: a.stop_words(),
            version: a.version,
        }
    }
}

/// Texts and announcements.
#[derive(Template)]
#[template(path = "guide/pages/overview.html")]
pub(super) struct OverviewPage {
    pub(super) desk: Desk,
    pub(super) lines: Vec<Line>,
    pub(super) news: Vec<Shown>,
    pub(super) typed: Typed,
    pub(super) banner: Option<office::Banner>,
}

/// One text, to be rewritten.
#[derive(Template)]
#[template(path = "guide/pages/edit.html")]
pub(super) struct EditPage {
    pub(super) desk: Desk,
    pub(super) topic: Topic,
    pub(super) seen: i64,
    pub(super) body: String,
    pub(super) preview: Option<String>,
    pub(super) banner: Option<office::Banner>,
}

/// One answer of the survey with how often it was given.
pub(super) struct Bar {
    pub(super) words: &'static str,
    pub(super) count: i64,
    pub(super) percent: i64,
    /// Length in the drawing (of 400).
    pub(super) length: i64,
    /// Where its line begins in the drawing.
    pub(super) y: usize,
}

/// What the survey says.
#[derive(Template)]
#[template(path = "guide/pages/results.html")]
pub(super) struct SurveyResults {
    pub(super) desk: Desk,
    pub(super) from: String,
    pub(super) total: i64,
    pub(super) questions: [(&'static str, Vec<Bar>); 2],
}

/// Height of a line in the drawing.
const LINE: usize = 36;

impl SurveyResults {
    pub(super) fn new(desk: Desk, from: Day, answers: &[(String, String, i64)]) -> Self {
        let total: i64 = answers.iter().map(|(_, _, n)| n).sum();
        let bars = |choices: &'static [Choice], of: fn(&(String, String, i64)) -> &str| {
            let counts = choices.iter().enumerate().map(|(i, (code, words))| {
                let count = answers.iter().filter(|a| of(a) == *code).map(|a| a.2).sum();
                let share = |of: i64| if total == 0 { 0 } else { (count * of * 2 + total) / (total * 2) };
                Bar { words, count, percent: share(100), length: share(400), y: i * LINE }
            });
            counts.collect::<Vec<Bar>>()
        };
        let questions = [
            ("この申請をどこで知りましたか", bars(&HEARD, |a| &a.0)),
            ("使いやすかったですか", bars(&EASE, |a| &a.1)),
        ];
        Self { desk, from: from.japanese(), total, questions }
    }
}
