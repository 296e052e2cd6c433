//! Whom a narrowcast is for. LINE docs: narrowcast recipient and demographic filter objects.

use super::super::fields::{At, Findings};
use crate::config::Traits;
use crate::state::World;
use crate::state::calendar::DAY_MS;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// LINE docs: at most so many audiences and redeliveries in one recipient object.
const MOST: usize = 10;
const AGES: [&str; 12] = [
    "age_15", "age_20", "age_25", "age_30", "age_35", "age_40", "age_45", "age_50", "age_55", "age_60",
    "age_65", "age_70",
];
const PERIODS: [&str; 5] = ["day_7", "day_30", "day_90", "day_180", "day_365"];

/// Checks the shape of `recipient` and `filter.demographic`.
pub(super) fn check(body: &Map<String, Value>, findings: &mut Findings) {
    if let Some(recipient) = body.get("recipient") {
        let mut count = 0;
        tree(recipient, "recipient", findings, &mut |at, findings| {
            count += 1;
            match kind(at) {
                Some("audience") if at.object.get("audienceGroupId").is_some_and(Value::is_u64) => {}
                Some("audience") => {
                    findings.add(&format!("{}.audienceGroupId", at.place), "must be specified");
                }
                Some("redelivery") => {
                    findings.text(at, "requestId", (100, super::super::fields::Unit::Utf16), true);
                }
                _ => findings.one_of(at, "type", &["operator", "audience", "redelivery"], true),
            }
        });
        if count > MOST {
            findings.add("recipient", &format!("Size must be between 1 and {MOST}"));
        }
    }
    if let Some(filter) = body.get("filter") {
        let Some(at) = findings.object(Some(filter), "filter") else { return };
        if let Some(demographic) = at.object.get("demographic") {
            tree(demographic, "filter.demographic", findings, &mut demographic_leaf);
        }
    }
}

fn kind(at: At<'_>) -> Option<&str> {
    at.object.get("type").and_then(Value::as_str)
}

/// Walks operators down to what is none.
fn tree(value: &Value, place: &str, findings: &mut Findings, leaf: &mut impl FnMut(At<'_>, &mut Findings)) {
    let Some(at) = findings.object(Some(value), place) else { return };
    if kind(at) != Some("operator") {
        leaf(at, findings);
        return;
    }
    let parts = ["and", "or", "not"].map(|name| at.object.get(name).map(|part| (name, part)));
    let mut parts = parts.into_iter().flatten();
    match (parts.next(), parts.next()) {
        (Some((name, Value::Array(items))), None) if name != "not" && !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                tree(item, &format!("{place}.{name}[{index}]"), findings, leaf);
            }
        }
        (Some(("not", item)), None) => tree(item, &format!("{place}.not"), findings, leaf),
        _ => findings.add(place, "must have exactly one of and, or, not"),
    }
}

fn demographic_leaf(at: At<'_>, findings: &mut Findings) {
    let range = |names: &[&str], findings: &mut Findings| {
        if !at.object.contains_key("gte") && !at.object.contains_key("lt") {
            findings.add(at.place, "gte or lt must be specified");
        }
        for side in ["gte", "lt"] {
            findings.one_of(at, side, names, false);
        }
    };
    match kind(at) {
        Some("gender") => each(at, &|v| matches!(v, "male" | "female"), findings),
        Some("appType") => each(at, &|v| matches!(v, "ios" | "android"), findings),
        Some("area") => each(at, &is_area, findings),
        Some("age") => range(&AGES, findings),
        Some("subscriptionPeriod") => range(&PERIODS, findings),
        _ => {
            let kinds = ["operator", "gender", "age", "appType", "area", "subscriptionPeriod"];
            findings.one_of(at, "type", &kinds, true);
        }
    }
}

/// Codes of areas: 47 in Japan, 22 in Taiwan, 8 in Thailand, 12 in Indonesia.
fn is_area(code: &str) -> bool {
    let Some((country, number)) = code.split_once('_') else { return false };
    let most = match country {
        "jp" => 47,
        "tw" => 22,
        "th" => 8,
        "id" => 12,
        _ => return false,
    };
    number.len() == 2 && number.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n))
}

fn each(at: At<'_>, allowed: &impl Fn(&str) -> bool, findings: &mut Findings) {
    for (index, item) in findings.list(at, "oneOf", (1, 100)).into_iter().flatten().enumerate() {
        if !item.as_str().is_some_and(allowed) {
            findings.add(&format!("{}.oneOf[{index}]", at.place), "Invalid value");
        }
    }
}

/// Why nobody can be named.
pub(super) enum Trouble {
    /// An audience that does not exist, or a request that was none.
    Unknown,
    /// An audience of less than 50 people.
    TooSmall,
}

/// Friends whom the recipient object names; everybody without one.
pub(super) fn named(
    world: &World,
    tenant: usize,
    recipient: Option<&Value>,
) -> Result<BTreeSet<u32>, Trouble> {
    let tenant_ref = &world.tenants[tenant];
    let all = || tenant_ref.all_friends().into_iter().collect::<BTreeSet<u32>>();
    let Some(recipient) = recipient else { return Ok(all()) };
    match recipient.get("type").and_then(Value::as_str) {
        Some("audience") => {
            let id = recipient.get("audienceGroupId").and_then(Value::as_u64).unwrap_or_default();
            let audience = tenant_ref.audiences.get(&id).ok_or(Trouble::Unknown)?;
            if audience.people.len() < super::narrowcast::LEAST {
                return Err(Trouble::TooSmall);
            }
            Ok(audience.people.iter().copied().filter(|p| tenant_ref.is_friend(*p as usize)).collect())
        }
        Some("redelivery") => {
            let request =
                recipient.get("requestId").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
            let stats = request.and_then(|id| tenant_ref.sends.by_request(&id)).ok_or(Trouble::Unknown)?;
            Ok(stats.people.iter().copied().filter(|p| tenant_ref.is_friend(*p as usize)).collect())
        }
        _ => {
            if let Some(not) = recipient.get("not") {
                let without = named(world, tenant, Some(not))?;
                return Ok(all().difference(&without).copied().collect());
            }
            let and = recipient.get("and").and_then(Value::as_array);
            let or = recipient.get("or").and_then(Value::as_array);
            let mut sets = Vec::new();
            for part in and.or(or).into_iter().flatten() {
                sets.push(named(world, tenant, Some(part))?);
            }
            let join = |a: BTreeSet<u32>, b: BTreeSet<u32>| {
                if and.is_some() {
                    a.intersection(&b).copied().collect()
                } else {
                    a.union(&b).copied().collect()
                }
            };
            Ok(sets.into_iter().reduce(join).unwrap_or_default())
        }
    }
}

/// Whether a person fits a demographic filter. What LINE does not know fits nothing but a `not`.
pub(super) fn fits(filter: &Value, traits: Option<&Traits>, friend_for_ms: i64) -> bool {
    let any = |value: Option<&str>| {
        let listed = filter.get("oneOf").and_then(Value::as_array);
        value.is_some_and(|v| listed.is_some_and(|l| l.iter().any(|item| item == v)))
    };
    let bound = |side: &str, prefix: &str| {
        let text = filter.get(side).and_then(Value::as_str)?;
        text.strip_prefix(prefix)?.parse::<i64>().ok()
    };
    let within = |value: i64, prefix: &str| {
        bound("gte", prefix).is_none_or(|b| value >= b) && bound("lt", prefix).is_none_or(|b| value < b)
    };
    let parts = |name: &str| filter.get(name).and_then(Value::as_array);
    match filter.get("type").and_then(Value::as_str) {
        Some("gender") => any(traits.and_then(|t| t.gender.as_deref())),
        Some("appType") => any(traits.and_then(|t| t.app.as_deref())),
        Some("area") => any(traits.and_then(|t| t.area.as_deref())),
        Some("age") => traits.and_then(|t| t.age).is_some_and(|age| within(i64::from(age), "age_")),
        Some("subscriptionPeriod") => within(friend_for_ms / DAY_MS, "day_"),
        _ => match (parts("and"), parts("or"), filter.get("not")) {
            (Some(and), ..) => and.iter().all(|part| fits(part, traits, friend_for_ms)),
            (_, Some(or), _) => or.iter().any(|part| fits(part, traits, friend_for_ms)),
            (.., Some(not)) => !fits(not, traits, friend_for_ms),
            _ => false,
        },
    }
}
