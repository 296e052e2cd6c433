//! What LINE says of the channels, in sentences for `madoguchi doctor`.

use madoguchi_base::TenantId;
use madoguchi_line::Line;
use madoguchi_line::inspect::{InspectError, Inspection};
use madoguchi_line::mode::LineMode;

/// Something that was looked at, and what was found: fine, or what to do.
pub type Found = (String, Result<String, String>);

/// Asks LINE about each municipality.
pub async fn ask(line: &Line, tenants: &[TenantId]) -> Vec<Found> {
    let mut all = Vec::new();
    for tenant in tenants {
        match line.inspect(*tenant).await {
            Ok(seen) => all.extend(told(*tenant, &seen)),
            Err(why) => all.push((format!("LINE {tenant}"), Err(what_to_do(why)))),
        }
    }
    all
}

fn what_to_do(why: InspectError) -> String {
    match why {
        InspectError::NoChannel => {
            "no channel that opens: enter it (`tenant add --channels`), or bring back the root key that sealed it".into()
        }
        InspectError::NoToken => {
            "LINE gives no access token: check the Messaging API channel's id and secret, or the registered key".into()
        }
        InspectError::Refused(401 | 403) => "LINE refuses the channel: check that it was not deleted or suspended".into(),
        InspectError::Refused(status) => format!("LINE answered {status}: see its status page, then ask again"),
        InspectError::Unavailable => {
            "LINE does not answer: allow outgoing HTTPS to api.line.me and api-data.line.me, then ask again".into()
        }
    }
}

fn told(tenant: TenantId, seen: &Inspection) -> Vec<Found> {
    let name = |what: &str| format!("LINE {tenant} {what}");
    let account = seen.account.clone().map(|id| format!("{id} answers")).map_err(what_to_do);
    let quota = match seen.quota {
        Ok(q) => match q.limit {
            None => Ok(format!("a plan without a limit; {} sent this month", q.used)),
            Some(limit) if q.used < limit => Ok(format!("{} of {limit} messages used this month", q.used)),
            Some(limit) => Err(format!(
                "all {limit} messages of this month are used: notices wait for the next month, or ask for 地方公共団体プラン"
            )),
        },
        Err(why) => Err(what_to_do(why)),
    };
    vec![(name("account"), account), (name("messages"), quota), (name("webhook"), webhook(seen))]
}

fn webhook(seen: &Inspection) -> Result<String, String> {
    let own = &seen.own_webhook;
    let at_line = seen.webhook.as_ref().map_err(|why| what_to_do(*why))?;
    match (seen.mode, at_line) {
        (LineMode::NotifyOnly, Some(at)) if at.endpoint == *own => Err(
            "this municipality uses LINE for notices only, and LINE still calls our address: enter the former one in LINE Developers, or switch to full".into(),
        ),
        (LineMode::NotifyOnly, _) => Ok("not used (notices only)".into()),
        (LineMode::Full, None) => Err(format!("LINE has no address: enter {own} in LINE Developers")),
        (LineMode::Full, Some(at)) if at.endpoint != *own => Err(format!(
            "LINE calls another address: enter {own} in LINE Developers, and the other one as 転送先 if it is to be called too"
        )),
        (LineMode::Full, Some(at)) if !at.active => {
            Err("LINE has our address but does not use it: switch on 「Webhookの利用」 in LINE Developers".into())
        }
        (LineMode::Full, Some(_)) => match &seen.test {
            Some(Ok(test)) if test.success => Ok(format!("LINE reaches {own}")),
            Some(Ok(test)) => Err(match test.reason.as_str() {
                "COULD_NOT_CONNECT" => format!("LINE cannot connect to {own}: check DNS, firewall and a public certificate"),
                "REQUEST_TIMEOUT" => format!("{own} does not answer LINE within two seconds"),
                "ERROR_STATUS_CODE" => format!("{own} answered LINE with {}: is the channel secret right?", test.status),
                _ => format!("LINE could not use {own}: open the webhook page of LINE Developers"),
            }),
            Some(Err(why)) => Err(what_to_do(*why)),
            None => Ok(format!("LINE has {own}; not tested")),
        },
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_line::inspect::{Quota, WebhookAtLine, WebhookTest};

    use super::*;

    const OWN: &str = "https://madoguchi.example.jp/line/232131/webhook";

    fn seen(mode: LineMode, endpoint: Option<&str>, reason: &str) -> Inspection {
        let at = |e: &str| WebhookAtLine { endpoint: e.to_owned(), active: true };
        let test = WebhookTest { success: reason == "OK", status: 200, reason: reason.to_owned() };
        Inspection {
            mode,
            own_webhook: OWN.into(),
            account: Ok("@000nisho".into()),
            quota: Ok(Quota { limit: None, used: 7 }),
            webhook: Ok(endpoint.map(at)),
            test: Some(Ok(test)),
        }
    }

    #[test]
    fn each_finding_says_what_to_do() {
        let full = |endpoint, reason| webhook(&seen(LineMode::Full, endpoint, reason));
        assert!(full(Some(OWN), "OK").is_ok());
        let says = |found: Result<String, String>, part: &str| {
            let why = found.expect_err(part);
            assert!(why.contains(part), "{why}");
        };
        says(full(None, "OK"), "enter https://madoguchi.example.jp/line/232131/webhook");
        says(full(Some("https://bot.example.jp/"), "OK"), "転送先");
        says(full(Some(OWN), "COULD_NOT_CONNECT"), "firewall");
        says(full(Some(OWN), "REQUEST_TIMEOUT"), "two seconds");
        says(full(Some(OWN), "ERROR_STATUS_CODE"), "channel secret");
        says(full(Some(OWN), "SOMETHING_NEW"), "webhook page");
        assert!(webhook(&seen(LineMode::NotifyOnly, Some("https://bot.example.jp/"), "")).is_ok());
        says(webhook(&seen(LineMode::NotifyOnly, Some(OWN), "")), "notices only");
        let mut used_up = seen(LineMode::Full, Some(OWN), "OK");
        used_up.quota = Ok(Quota { limit: Some(200), used: 200 });
        let all = told("232131".parse().expect("Nishio"), &used_up);
        assert!(all[1].1.as_ref().is_err_and(|why| why.contains("地方公共団体プラン")), "{all:?}");
    }
}
