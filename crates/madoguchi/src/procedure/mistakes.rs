//! Every mistake that a procedure file can have: told with its line, its field, and what to do.

use super::*;

struct Case {
    /// What stands in the file in the place of `from`.
    from: &'static str,
    to: &'static str,
    /// The field or word that is named.
    field: &'static str,
    /// A piece of what is said.
    says: &'static str,
    /// A piece of the line to which it points.
    line: &'static str,
}

const fn case(
    from: &'static str,
    to: &'static str,
    field: &'static str,
    says: &'static str,
    line: &'static str,
) -> Case {
    Case { from, to, field, says, line }
}

/// Mistakes in `dog-register.yaml`.
const DOG: [Case; 27] = [
    case("format: 1", "format: 2", "format", "書式の版", "format:"),
    case("id: dog-register", "id: Dog_Register", "id", "手続の id", "id: Dog"),
    case("title: 犬の登録", "title: ' '", "title", "名前がありません", "title:"),
    case("assurance: L1", "assurance: L3", "assurance", "L3", "assurance:"),
    case(
        "withdraw: true",
        "withdraw: true\nplace: {name: 県, href: 'http://example.jp'}",
        "place",
        "場所",
        "place:",
    ),
    case("use: applicant", "use: aplicant", "use", "ブロック「aplicant」", "use: aplicant"),
    case(
        "  - use: applicant",
        "  - {use: applicant, change: {birt: {required: false}}}",
        "birt",
        "この項目はありません",
        "",
    ),
    case("id: owner_corp", "id: 法人", "法人", "使えない名前", "id: 法人"),
    case("id: owner_corp", "id: answers", "answers", "使えない名前", "id: answers"),
    case("id: owner_corp", "id: keeper", "keeper", "同じ id", "id: keeper"),
    case("label: 所有者が法人のときの名称・代表者, ", "", "owner_corp", "label か type", "id: owner_corp"),
    case(
        "type: text, required: false, max: 80}",
        "type: text, required: false, pattern: '[', max: 80}",
        "owner_corp",
        "正規表現",
        "id: owner_corp",
    ),
    case(
        "when: {field: shot, is: 'yes'}",
        "when: {field: shoot, is: 'yes'}",
        "shot_note",
        "条件の項目「shoot」",
        "id: shot_note",
    ),
    case(
        "when: {field: shot, is: 'yes'}",
        "when: {field: shot, is: maybe}",
        "shot_note",
        "条件の値「maybe」",
        "id: shot_note",
    ),
    case(
        "when: {field: shot, is: 'yes'}",
        "when: {field: shot, is: 'yes', is_not: 'no'}",
        "shot_note",
        "一つが要ります",
        "id: shot_note",
    ),
    case(
        "when: {field: shot, is: 'yes'}",
        "when: {field: shot}",
        "shot_note",
        "一つが要ります",
        "id: shot_note",
    ),
    case("younger_than_days: 91", "is: 'yes'", "dog_birth", "種類に合いません", "id: dog_birth"),
    case(
        "is: 'yes'\n        text: マイク",
        "is: maybe\n        text: マイク",
        "chip",
        "stop の値「maybe」",
        "id: chip",
    ),
    case("href: 'https://reg.mc.env.go.jp/'", "href: 'javascript:1'", "chip", "説明かリンク", "id: chip"),
    case("list: dog_breeds", "list: dog_breds", "breed", "リスト「dog_breds」", "id: breed"),
    case("type: combobox, list: dog_breeds, ", "type: combobox, ", "breed", "候補がありません", "id: breed"),
    case("most: 5", "most: 50", "dogs", "least か most", "id: dogs"),
    case("least: 1", "least: 9", "dogs", "least か most", "id: dogs"),
    case(
        "{id: male, label: オス}, {id: female, label: メス}",
        "{id: male, label: オス}, {id: male, label: メス}",
        "sex",
        "同じ id",
        "id: sex",
    ),
    case(
        "type: radio, required: false, choices: [{id: large, label: 大}, {id: medium, label: 中}, {id: small, label: 小}]",
        "type: radio, required: false",
        "size",
        "選択肢が足りない",
        "id: size",
    ),
    case(
        "{id: mark, label: その他の特徴, type: textarea, required: false, max: 200}",
        "{id: mark, label: その他の特徴, type: group, fields: []}",
        "mark",
        "中身がない",
        "id: mark",
    ),
    case(
        "dogs.1.breed: 柴",
        "dogs.1.bread: 柴",
        "dogs.1.bread",
        "見本「柴を1頭登録する」の項目",
        "dogs.1.bread",
    ),
];

fn found(file: &str, text: &str) -> Vec<Finding> {
    let blocks = source::blocks("blocks.yaml", source::BLOCKS).expect("blocks");
    Source::parse(file, text, &blocks).err().unwrap_or_default()
}

#[test]
fn each_mistake_is_told_with_line_field_and_what_to_do() {
    let text = include_str!("../../../../procedures/dog-register.yaml");
    assert!(found("dog-register.yaml", text).is_empty());
    for Case { from, to, field, says, line } in DOG {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let all = found("dog-register.yaml", &changed);
        let finding = all.iter().find(|f| f.what.contains(says)).unwrap_or_else(|| panic!("{to}: {all:?}"));
        assert_eq!(finding.field, field, "{to}");
        assert!(finding.todo.ends_with("ください"), "{}", finding.todo);
        let at = finding.line.and_then(|n| changed.lines().nth(n as usize - 1)).unwrap_or_default();
        assert!(at.contains(line), "{to}: line {:?}: {at}", finding.line);
    }
}

#[test]
fn numbers_and_targets_that_do_not_fit_are_told() {
    let text = include_str!("../../../../procedures/suido-start.yaml");
    let say = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        found("suido-start.yaml", &changed)
            .into_iter()
            .map(|f| format!("{}:{}", f.field, f.what))
            .collect::<Vec<_>>()
            .concat()
    };
    let number = "{id: n, label: 数, type: number, least: 5, most: 2}\n  - {id: place_kata,";
    assert!(say("{id: place_kata,", number).starts_with("n:least が most"));
    assert!(say("fills: place}", "fills: place_kata}").starts_with("place_zip:fills の項目"));
    assert!(say("id: suido-start\n", "id: suido-start\nfilds: []\n").contains("書式を読めません"));
    assert!(say("type: postal, in_city", "type: postel, in_city").contains("書式を読めません"));
}

#[test]
fn samples_that_do_not_hold_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = include_str!("../../../../procedures/dog-death.yaml");
    let say = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let file = folder.path().join("dog-death.yaml");
        std::fs::write(&file, changed).expect("written");
        validate(&file).iter().map(ToString::to_string).collect::<String>()
    };
    let fails = say("tags: counter", "tags: train");
    assert!(fails.contains("項目 tags: 見本「窓口で返納する」が通りません"), "{fails}");
    let passes = say("change: {dog_name: ''}", "change: {dog_name: タマ}");
    assert!(passes.contains("間違いの見本「犬の名前がない」が通ってしまいます"), "{passes}");
    let one = text.find("  - name: 今日亡くなり").zip(text.find("wrong:\n")).expect("the second sample");
    let few = say(&text[one.0..one.1], "");
    assert!(few.contains("見本の回答が二つありません"), "{few}");
}

#[test]
fn every_block_and_every_type_makes_a_form() {
    let blocks = source::blocks("blocks.yaml", source::BLOCKS).expect("blocks");
    let mut text = include_str!("../../../../procedures/dog-death.yaml")
        .split("fields:\n")
        .next()
        .expect("the head")
        .to_owned();
    text.push_str("fields:\n");
    for name in blocks.blocks.keys() {
        text.push_str("  - use: ");
        text.push_str(name);
        text.push('\n');
    }
    for (n, kind) in ["textarea", "latin", "month", "money", "number", "tel", "kana"].iter().enumerate() {
        text.push_str("  - {id: t");
        text.push_str(&n.to_string());
        text.push_str(", label: 項目, type: ");
        text.push_str(kind);
        text.push_str("}\n");
    }
    let source = Source::parse("all.yaml", &text, &blocks).expect("a form");
    let city = builtin_municipality().city();
    let ctx = ReadContext { today: "2026-11-23".parse().expect("a day"), city: &city };
    let mut input = source.form().canary_input(&ctx, 3).input;
    for (name, value) in [
        ("t2.era", "heisei"),
        ("t2.y", "31"),
        ("t2.m", "4"),
        ("t3", "￥１２，３４５円"),
        ("t1", "ＳＵＺＵＫＩ"),
    ] {
        input.set(name, value);
    }
    let answers = source.form().read(&input, &ctx).expect("answers");
    let rows = crate::application::answers::out::rows(
        &answers,
        source.form(),
        crate::application::answers::Purpose::Page,
    );
    let value = |id: &str| rows.iter().find(|r| r.field == id).map(|r| r.value.as_str());
    assert_eq!(value("t2"), Some("平成31年4月"));
    assert_eq!((value("t3"), value("t1")), (Some("12,345円"), Some("SUZUKI")));
    input.set("t2.m", "5");
    let problems = source.form().read(&input, &ctx).expect_err("no such month");
    assert_eq!(problems.at("t2"), Some("令和元年5月として入力してください。"));
}
