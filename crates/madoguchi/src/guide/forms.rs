//! What staff type about announcements: read, checked, kept for the page that asks again.

use madoguchi_base::{Day, Millis};

use super::{Announcement, AnnouncementKind};
use crate::procedure::Input;

/// Longest title, in characters: it stands above every page.
const TITLE: usize = 60;
/// Longest text.
pub(super) const TEXT: usize = 20_000;
/// How long before a planned stop it is shown, where nobody says otherwise.
const BEFORE_STOP_MS: i64 = 7 * 24 * 3_600_000;

/// An announcement as it was typed, with what to mend.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) id: String,
    pub(super) is_stop: bool,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) stop_from: String,
    pub(super) stop_until: String,
    /// Field and sentence.
    pub(super) problems: Vec<(&'static str, &'static str)>,
}

impl Typed {
    pub(super) fn read(input: &Input) -> Self {
        let value = |name| input.get(name).unwrap_or_default().trim().to_owned();
        Self {
            id: value("id"),
            is_stop: value("kind") == "stop",
            title: value("title"),
            body: value("body").replace("\r\n", "\n"),
            from: value("from"),
            until: value("until"),
            stop_from: value("stop_from"),
            stop_until: value("stop_until"),
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&self, field: &str) -> Option<&'static str> {
        self.problems.iter().find(|(name, _)| *name == field).map(|(_, words)| *words)
    }

    /// The announcement, or `None` with what to mend.
    pub(super) fn check(&mut self, now: Millis) -> Option<Announcement> {
        let mut problems = Vec::new();
        let title = self.title.chars().count();
        if title == 0 || title > TITLE {
            problems.push(("title", "見出しを60文字以内で入力してください。"));
        }
        if self.body.chars().count() > TEXT {
            problems.push(("body", "本文を20,000文字以内で入力してください。"));
        }
        if [&self.title, &self.body].iter().any(|t| t.contains('\0')) {
            problems.push(("body", "画面に表示されない文字が入っています。書き直してください。"));
        }
        let stop = self.stop(&mut problems);
        let (from, until) = self.shown(now, stop, &mut problems);
        if until <= from || until <= now {
            problems.push(("until", "掲載の終わりは、始まりより後の、これからの日時にしてください。"));
        }
        self.problems = problems;
        let kind = if self.is_stop { AnnouncementKind::Stop } else { AnnouncementKind::News };
        let (id, title, body) = (self.id.clone(), self.title.clone(), self.body.clone());
        let says =
            Announcement { id, kind, title, body, shown_from: from, shown_until: until, stop, version: 1 };
        self.problems.is_empty().then_some(says)
    }

    fn stop(&self, problems: &mut Vec<(&'static str, &'static str)>) -> Option<(Millis, Millis)> {
        if !self.is_stop {
            return None;
        }
        match (time(&self.stop_from), time(&self.stop_until)) {
            (Some(from), Some(until)) if from < until => Some((from, until)),
            _ => {
                problems.push(("stop_from", "窓口を止める時間の、始まりと終わりを入力してください。"));
                None
            }
        }
    }

    /// When it is shown. A planned stop needs no times of its own: a week before, until it is over.
    fn shown(
        &self,
        now: Millis,
        stop: Option<(Millis, Millis)>,
        problems: &mut Vec<(&'static str, &'static str)>,
    ) -> (Millis, Millis) {
        let from = match (self.from.as_str(), stop) {
            ("", Some((from, _))) => Millis(from.plus_ms(-BEFORE_STOP_MS).0.max(now.0)),
            ("", None) => now,
            (typed, _) => time(typed).unwrap_or_else(|| {
                problems.push(("from", "掲載の始まりの日時を、もう一度入力してください。"));
                now
            }),
        };
        let until = match (self.until.as_str(), stop) {
            ("", Some((_, until))) => until,
            (typed, _) => time(typed).unwrap_or(Millis(0)),
        };
        (from, until)
    }
}

/// `2026-12-01T00:00` in Japan.
fn time(text: &str) -> Option<Millis> {
    let (day, clock) = text.split_once('T')?;
    let day: Day = day.parse().ok()?;
    let (hours, minutes) = clock.get(..5)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes))
        .then(|| day.start().plus_ms((hours * 60 + minutes) * 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_795_482_000_000);

    fn typed() -> Typed {
        Typed { title: "年末年始".into(), until: "2027-01-04T08:30".into(), ..Typed::default() }
    }

    #[test]
    fn news_begins_at_once_and_ends_as_typed() {
        let says = typed().check(NOW).expect("complete");
        assert_eq!((says.shown_from, says.stop), (NOW, None));
        assert!(says.shown_until.japanese().contains("令和9年1月4日"), "{}", says.shown_until.japanese());
    }

    #[test]
    fn a_stop_is_shown_for_a_week_before_and_until_it_is_over() {
        let mut stop = Typed {
            is_stop: true,
            title: "点検".into(),
            stop_from: "2026-12-20T00:00".into(),
            stop_until: "2026-12-20T05:00".into(),
            ..Typed::default()
        };
        let says = stop.check(NOW).expect("complete");
        let (from, until) = says.stop.expect("a time");
        assert_eq!((says.shown_from, says.shown_until), (from.plus_ms(-BEFORE_STOP_MS), until));
        stop.stop_until = "2026-12-19T05:00".into();
        assert!(stop.check(NOW).is_none() && stop.problem("stop_from").is_some());
    }

    #[test]
    fn what_is_missing_or_over_is_said_beside_the_field() {
        for (change, field) in [("title", "title"), ("until", "until"), ("from", "from")] {
            let mut t = typed();
            match change {
                "title" => t.title.clear(),
                "until" => t.until = "2020-01-01T00:00".into(),
                _ => t.from = "2026-13-40T99:99".into(),
            }
            assert!(t.check(NOW).is_none(), "{change}");
            assert!(t.problem(field).is_some(), "{change}: {:?}", t.problems);
        }
    }
}
