//! Whatever is typed, sent or written in a file: an answer or a kind word, never a panic, and nothing that grows
//! without a bound. Each loop runs for `MADOGUCHI_FUZZ_SECONDS` (1 in the suite, longer by hand).

use std::time::{Duration, Instant};

use madoguchi_base::Day;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::application::answers::out::{self, Purpose};

/// How long one loop runs.
fn budget() -> Duration {
    let seconds = option_env!("MADOGUCHI_FUZZ_SECONDS").and_then(|s| s.parse().ok()).unwrap_or(1);
    Duration::from_secs(seconds)
}

/// Draws values until the time is over; a failure prints the value's seed by panicking with it.
fn each<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, mut look: impl FnMut(&T)) {
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let end = Instant::now() + budget();
    let mut n = 0_u32;
    while Instant::now() < end {
        let value = strategy.new_tree(&mut runner).expect("a value").current();
        look(&value);
        n += 1;
    }
    assert!(n > 20, "{n} values in the time");
}

/// What people, scripts and attackers put into a field.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        2 => "[0-9０-９元令和平成年月日/. -]{0,12}",
        2 => "[ぁ-んァ-ヶｱ-ﾝー\u{3099}\u{309a}\u{e0100}𠮷 　]{0,40}",
        1 => "[\u{0}-\u{1f}<>\"'&=%+]{0,20}",
        1 => Just("9".repeat(9_000)),
        1 => Just("が".repeat(3_000)),
    ]
}

#[test]
fn no_form_body_makes_the_parser_panic_or_grow() {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2_000),
        "[a-z.=&%+0-9A-F]{0,2000}".prop_map(String::into_bytes),
        (0_usize..12_000).prop_map(|n| "a=1&".repeat(n).into_bytes()),
    ];
    each(bytes, |body| {
        for input in [Input::parse(body), Input::parse_with_token(body)].into_iter().flatten() {
            assert!(input.pairs().count() <= MAX_FIELDS);
            let again = Input::parse_with_token(input.to_body().as_bytes());
            assert!(again.is_err() || again.is_ok_and(|a| a.pairs().eq(input.pairs())));
        }
    });
}

#[test]
fn no_answer_makes_a_form_panic_and_what_it_takes_it_takes_again() {
    let city = builtin_municipality().city();
    let sources = builtin();
    let names: Vec<Vec<String>> = sources
        .iter()
        .map(|s| {
            let leaves = s.form().fields().flat_map(|f| std::iter::once(f).chain(f.leaves()));
            let parts =
                |id: &str| ["", ".era", ".y", ".m", ".d", ".rows"].map(|part| format!("{id}{part}")).to_vec();
            leaves.flat_map(|f| parts(&f.id)).collect()
        })
        .collect();
    let strategy = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec((any::<prop::sample::Index>(), typed()), 0..12),
        -40_000_i32..40_000,
        typed(),
    );
    each(strategy, |(which, sample, changes, day, button)| {
        let at = which.index(sources.len());
        let (source, start) = (&sources[at], "2026-11-22".parse::<Day>().expect("a day"));
        let today = start.plus_days(*day);
        let ctx = ReadContext { today, city: &city };
        let mut samples = source.samples(today);
        let mut input = samples.swap_remove(sample.index(samples.len())).input;
        for (name, value) in changes {
            input.set(&names[at][name.index(names[at].len())], value.as_str());
        }
        if let Ok(answers) = source.form().read(&input, &ctx) {
            let bytes = out::canonical(&answers, Purpose::Seal);
            let back = out::input(&answers, source.form(), Purpose::Page);
            let again = source.form().read(&back, &ctx).expect("its own answers");
            assert_eq!(*out::canonical(&again, Purpose::Seal), *bytes);
        }
        for name in ["_row", "_postal", "_take"] {
            input.set(name, button.as_str());
        }
        buttons::press(source.form(), &mut input);
        let draw = Draw { input: Some(&input), problems: None, ctx, base: "/nishio", marked: None, at: None };
        let drawn = source.form().drawn(&draw).expect("drawn");
        let html: String = drawn.into_iter().flat_map(|p| p.fields).collect();
        assert!(!html.contains("<script"), "what is typed is text");
    });
}

#[test]
fn no_day_kana_or_code_makes_its_reader_panic() {
    each((typed(), typed(), typed(), typed()), |(era, y, m, d)| {
        let parts = [("x.era", era), ("x.y", y), ("x.m", m), ("x.d", d)];
        let mut input = Input::new();
        for (name, value) in parts {
            input.push(name, value.as_str());
        }
        let said = Date::typed_words("x", &input);
        assert!(said.is_none_or(|words| words.ends_with(')')));
        let kana = normalise::katakana(y);
        assert_eq!(normalise::katakana(&kana), kana, "once is enough");
        let digits = normalise::digits(m);
        postal::candidates(&digits);
        assert!(postal::chosen("愛知県西尾市花ノ木町", d).starts_with("愛知県西尾市"));
        my_number::is_in(y);
        rare::characters(d);
        calendar::holiday("2026-11-23".parse::<Day>().expect("a day"));
    });
}

#[test]
fn no_file_makes_the_reader_of_procedures_panic() {
    let blocks = source::blocks("blocks.yaml", source::BLOCKS).expect("blocks");
    let texts: Vec<&str> = vec![
        include_str!("../../../../procedures/dog-register.yaml"),
        include_str!("../../../../procedures/suido-stop.yaml"),
        include_str!("../../../../procedures/kokuho-join.yaml"),
    ];
    let change = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0_usize..60,
        prop_oneof!["[a-z_:{}\\[\\], '\"&*!|>#%@-]{0,20}", any::<String>()],
    );
    each(change, |(which, at, cut, put)| {
        let text = texts[which.index(texts.len())];
        let chars: Vec<char> = text.chars().collect();
        let from = at.index(chars.len());
        let until = (from + cut).min(chars.len());
        let changed: String = chars[..from]
            .iter()
            .chain(put.chars().collect::<Vec<_>>().iter())
            .chain(&chars[until..])
            .collect();
        if let Err(found) = Source::parse("x.yaml", &changed, &blocks) {
            assert!(!found.is_empty() && found.iter().all(|f| !f.what.is_empty() && !f.todo.is_empty()));
        }
        drop(Municipality::parse("x.yaml", &changed));
    });
}
