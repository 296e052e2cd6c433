//! Who the friends are, as far as LINE believes to know. LINE docs: get-demographic.

use super::super::Call;
use super::FEWEST;
use crate::config::Traits;
use crate::state::calendar::DAY_MS;
use crate::wire::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Upper bounds of days of friendship, exclusive, and LINE's names.
const PERIODS: [(i64, &str); 5] = [
    (7, "within7days"),
    (30, "within30days"),
    (90, "within90days"),
    (180, "within180days"),
    (365, "within365days"),
];
/// Lower bounds of ages, inclusive, and LINE's names.
const AGES: [(u8, &str); 13] = [
    (70, "from70"),
    (65, "from65to69"),
    (60, "from60to64"),
    (55, "from55to59"),
    (50, "from50to54"),
    (45, "from45to49"),
    (40, "from40to44"),
    (35, "from35to39"),
    (30, "from30to34"),
    (25, "from25to29"),
    (20, "from20to24"),
    (15, "from15to19"),
    (0, "from0to14"),
];

/// `GET /v2/bot/insight/demographic`. LINE's is some days old; this one is of now.
pub(in super::super) fn demographic(call: &Call<'_>) -> Reply {
    let now = call.app.now();
    let world = call.app.store.lock();
    let tenant = &world.tenants[call.tenant()];
    let friends = tenant.all_friends();
    if (friends.len() as u64) < FEWEST {
        return Reply::ok(&json!({ "available": false }));
    }
    let of = |name: &str, tell: &dyn Fn(usize, Option<&Traits>) -> String| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for person in friends.iter().map(|p| *p as usize) {
            let traits = world.people.all[person].traits.as_deref();
            *counts.entry(tell(person, traits)).or_default() += 1;
        }
        let tile = |(value, count): (String, usize)| {
            let percentage = (count as f64 * 1000.0 / friends.len() as f64).round() / 10.0;
            json!({ name: value, "percentage": percentage })
        };
        counts.into_iter().map(tile).collect::<Vec<Value>>()
    };
    let unknown = |text: Option<&String>| text.map_or("unknown", String::as_str).to_owned();
    let age = |traits: Option<&Traits>| {
        let age = traits.and_then(|t| t.age)?;
        AGES.iter().find(|(from, _)| age >= *from).map(|(_, name)| *name)
    };
    let period = |person: usize| {
        let days = tenant.since.get(&person).map_or(0, |since| (now - since) / DAY_MS);
        PERIODS.iter().find(|(below, _)| days < *below).map_or("over365days", |(_, name)| *name)
    };
    Reply::ok(&json!({
        "available": true,
        "genders": of("gender", &|_, t| unknown(t.and_then(|t| t.gender.as_ref()))),
        "ages": of("age", &|_, t| age(t).unwrap_or("unknown").to_owned()),
        "areas": of("area", &|_, t| unknown(t.and_then(|t| t.area.as_ref()))),
        "appTypes": of("appType", &|_, t| t.and_then(|t| t.app.clone()).unwrap_or_else(|| "others".to_owned())),
        "subscriptionPeriods": of("subscriptionPeriod", &|p, _| period(p).to_owned()),
    }))
}
