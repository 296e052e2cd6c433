//! The operations that LINE documents, whether the emulator has them or not, with their limits.

use crate::rate::Limit;
use crate::wire::Host;

static TABLE: &str = include_str!("operations.tsv");

/// One documented operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) host: &'static str,
    pub(super) path: &'static str,
    /// `None` where LINE tells none.
    pub(super) limit: Option<Limit>,
    pub(super) retry_key: bool,
}

/// All of them, in the order of the file.
pub(super) fn all() -> impl Iterator<Item = Operation> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        Some(Operation {
            method: fields.next()?,
            host: fields.next()?,
            path: fields.next()?,
            limit: limit(fields.next()?),
            retry_key: fields.next()? == "yes",
        })
    })
}

/// The documented operation of that name (`METHOD /path`).
pub(super) fn find(host: Host, name: &str) -> Option<Operation> {
    let (method, path) = name.split_once(' ')?;
    let host = domain(host);
    all().find(|op| op.method == method && op.path == path && op.host == host)
}

/// LINE's name of a host.
pub(super) fn domain(host: Host) -> &'static str {
    match host {
        Host::Access => "access.line.me",
        Host::Api => "api.line.me",
        Host::Data => "api-data.line.me",
    }
}

/// `2000/s`, `60/min`, `100/hour`
fn limit(text: &str) -> Option<Limit> {
    let (count, unit) = text.split_once('/')?;
    let per_ms = match unit {
        "s" => 1000,
        "min" => 60_000,
        "hour" => 3_600_000,
        _ => return None,
    };
    Some(Limit { count: count.parse().ok()?, per_ms })
}

#[cfg(test)]
mod tests {
    use super::{all, find};
    use crate::rate::Limit;
    use crate::wire::Host;

    #[test]
    fn limits_and_keys_are_those_of_the_table() {
        assert_eq!(all().count(), 110, "and the webhook, which LINE calls: 111");
        let of = |name| find(Host::Api, name);
        let push = of("POST /v2/bot/message/push");
        assert!(push.is_some_and(|op| op.retry_key && op.limit == Some(Limit { count: 2000, per_ms: 1000 })));
        let batch = of("POST /v2/bot/richmenu/batch");
        assert!(
            batch.is_some_and(|op| !op.retry_key && op.limit == Some(Limit { count: 3, per_ms: 3_600_000 }))
        );
        assert!(of("POST /v2/bot/richmenu/{richMenuId}/content").is_none(), "that is on the other host");
    }
}
