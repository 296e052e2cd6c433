//! What a file writes short is written out: blocks, lists and the line beside 「その他」.

use std::collections::BTreeMap;

use super::compile::Report;
use super::definition::{Blocks, Change, Condition, FieldType, Item};

/// Puts blocks in the place of `use`, entries in the place of `list`, and a line of text beside `other`.
/// What is published afterwards needs no other file.
pub(super) fn expand(items: Vec<Item>, blocks: &Blocks, report: &mut Report<'_>) -> Vec<Item> {
    let mut out = Vec::with_capacity(items.len() * 2);
    for item in items {
        let Some(name) = &item.block else {
            write_out(item, blocks, report, &mut out);
            continue;
        };
        let Some(block) = blocks.blocks.get(name) else {
            report.near(
                &format!("use: {name}"),
                "use",
                format!("ブロック「{name}」がありません"),
                "blocks.yaml にある名前にしてください",
            );
            continue;
        };
        for unknown in item.change.keys().filter(|id| !block.iter().any(|i| i.id.as_ref() == Some(id))) {
            report.at(
                unknown,
                format!("ブロック「{name}」にこの項目はありません"),
                "change の名前を確認してください",
            );
        }
        for mut inner in block.iter().cloned() {
            // Only who one is stays the same from procedure to procedure.
            inner.shared = inner.shared.or_else(|| (name == "applicant").then_some(true));
            write_out(changed(inner, &item.change), blocks, report, &mut out);
        }
    }
    out
}

fn write_out(mut item: Item, blocks: &Blocks, report: &mut Report<'_>, out: &mut Vec<Item>) {
    item.fields = expand(std::mem::take(&mut item.fields), blocks, report);
    if let Some(list) = &item.list {
        match blocks.lists.get(list) {
            Some(entries) => item.entries.clone_from(entries),
            None => report.at(
                item.id.as_deref().unwrap_or("list"),
                format!("リスト「{list}」がありません"),
                "lists/ にあるファイルの名前（.txt を除く）にしてください",
            ),
        }
    }
    let beside = item.other.take().map(|other| Item {
        id: item.id.as_ref().map(|id| format!("{id}_other")),
        label: Some(other.label),
        kind: Some(FieldType::Text),
        max: Some(60),
        when: item.id.clone().map(|field| Condition {
            field,
            is: Some(other.choice),
            ..Condition::default()
        }),
        ..Item::default()
    });
    out.push(item);
    out.extend(beside);
}

fn changed(mut item: Item, changes: &BTreeMap<String, Change>) -> Item {
    if let Some(change) = item.id.as_ref().and_then(|id| changes.get(id)) {
        let take = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        take(&change.label, &mut item.label);
        take(&change.hint, &mut item.hint);
        take(&change.msg, &mut item.msg);
        item.required = change.required.or(item.required);
        if change.when.is_some() {
            item.when.clone_from(&change.when);
        }
    }
    item
}
