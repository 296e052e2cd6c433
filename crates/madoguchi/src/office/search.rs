//! Search by receipt number.

use axum::http::StatusCode;
use axum::response::Response;
use madoguchi_base::receipt::ReceiptError;
use madoguchi_base::{Day, Receipt};

use super::filter::From;
use super::inbox::{Site, line, untold};
use super::pages::{Desk, FoundPage, Search, show};
use super::records;
use super::sign_in::write_record;
use super::store::{self, InboxRow};
use crate::error::Error;
use crate::procedure::Input;

/// What was typed into the search.
#[derive(Debug, PartialEq, Eq)]
enum Sought {
    Number(Receipt),
    LastFour(String, Day),
    Problem(&'static str),
}

fn sought(number: &str, day: &str) -> Sought {
    let digits: String = number
        .chars()
        .filter_map(|c| match c {
            '0'..='9' => Some(c),
            '０'..='９' => char::from_u32(u32::from(c) - 0xFF10 + 0x30),
            _ => None,
        })
        .collect();
    match number.parse::<Receipt>() {
        Ok(receipt) => Sought::Number(receipt),
        Err(ReceiptError::CheckDigit) => {
            Sought::Problem("受付番号をもう一度確認してください（数字が1つ違うようです）")
        }
        Err(ReceiptError::Shape)
            if digits.len() == 4 && digits.chars().count() == number.trim().chars().count() =>
        {
            match day.parse() {
                Ok(day) => Sought::LastFour(digits, day),
                Err(_) => Sought::Problem("下4桁で探すときは、届いた日も選んでください。"),
            }
        }
        Err(ReceiptError::Shape) => {
            Sought::Problem("受付番号は12桁の数字です（例：4821-0937-5512）。下4桁と届いた日でも探せます。")
        }
    }
}

/// Search by receipt number, posted so that no number stands in an address or a log.
pub(super) async fn search(site: &Site<'_>, input: &Input) -> Result<Response, Error> {
    let (app, shelf, clerk) = (site.app, site.shelf, site.clerk);
    let (number, day) = (input.get("number").unwrap_or_default(), input.get("day").unwrap_or_default());
    match sought(number, day) {
        Sought::Problem(problem) => {
            results(site, input, Vec::new(), Some(problem), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Sought::Number(receipt) => {
            let mut x = app.db.reader().await?;
            let found = records::find_by_receipt(&mut x, clerk.tenant, &receipt.digits()).await?;
            let found = match found.and_then(|id| id.parse().ok()) {
                Some(id) => records::find(&mut x, clerk.tenant, id).await?,
                None => None,
            };
            drop(x);
            // What is another department's does not exist here.
            let found = found.filter(|a| super::sees(shelf, clerk, a.procedure)).map(|a| a.id);
            let record =
                site.record("inbox.search", format!("by=receipt count={}", u8::from(found.is_some())));
            let Some(id) = found else {
                write_record(app, record).await?;
                return results(site, input, Vec::new(), None, StatusCode::OK).await;
            };
            write_record(app, record.on(id)).await?;
            Ok(super::pages::see(&format!("/{}/a/{id}?from=list", shelf.slug())))
        }
        Sought::LastFour(four, day) => {
            let mut x = app.db.reader().await?;
            let span = (day.start(), day.plus_days(1).start());
            let mut rows = store::by_last_four(&mut x, clerk.tenant, &four, span).await?;
            drop(x);
            rows.retain(|row| row.procedure_id.parse().is_ok_and(|id| super::sees(shelf, clerk, id)));
            write_record(app, site.record("inbox.search", format!("by=four count={}", rows.len()))).await?;
            results(site, input, rows, None, StatusCode::OK).await
        }
    }
}

async fn results(
    site: &Site<'_>,
    input: &Input,
    rows: Vec<InboxRow>,
    problem: Option<&'static str>,
    status: StatusCode,
) -> Result<Response, Error> {
    let search = Search {
        number: input.get("number").unwrap_or_default().chars().take(64).collect(),
        day: input.get("day").unwrap_or_default().chars().take(10).collect(),
        problem,
    };
    let untold = untold(site, &rows).await?;
    let page = FoundPage {
        desk: Desk::new(site.shelf, Some(site.clerk), "検索の結果"),
        lines: rows.iter().map(|row| line(site, row, From::List, &untold)).collect(),
        empty: if problem.is_some() {
            ""
        } else {
            "この番号の申請は見つかりませんでした。番号を確認してください。"
        },
        search,
    };
    Ok(show(&page, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_typed_and_a_slip_is_told() {
        let receipt = Receipt::random();
        let typed = receipt.to_string().replace('-', "ー");
        assert_eq!(sought(&typed, ""), Sought::Number(receipt));
        let mut wrong = receipt.digits().into_bytes();
        wrong[3] = if wrong[3] == b'9' { b'0' } else { wrong[3] + 1 };
        let wrong = String::from_utf8(wrong).expect("digits");
        assert!(matches!(sought(&wrong, ""), Sought::Problem(p) if p.contains("数字が1つ違う")));
    }

    #[test]
    fn the_last_four_digits_need_a_day() {
        let day = Day::new(2026, 11, 22).expect("day");
        assert_eq!(sought("５５１２", "2026-11-22"), Sought::LastFour("5512".into(), day));
        assert!(matches!(sought("5512", ""), Sought::Problem(p) if p.contains("届いた日")));
        assert!(matches!(sought("西尾5512", "2026-11-22"), Sought::Problem(_)));
    }
}
