//! `cargo xtask postal FILE YYYY-MM-DD SOURCE`: Japan Post's list of postal codes as the compact file that the forms use.
//!
//! FILE is `utf_ken_all.csv` as Japan Post publishes it (UTF-8, fifteen columns). Its town names need reading: a long
//! one goes over several lines, what stands in brackets is a remark, and some lines are sentences and no towns.
//! The result is one gzip member for each first three digits, so that a browser asks for three digits and never for
//! what was typed. Layout: `MPC1`, the length of the head (u32, big endian), the head as JSON, a thousand lengths
//! (u32), the members.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::run;

/// First three digits → last four → prefecture with city, town.
type Codes = BTreeMap<String, BTreeMap<String, Vec<(String, String)>>>;

/// Makes `procedures/postal.bin`.
pub(crate) fn postal(arguments: &[String]) -> Result<bool> {
    let [file, date, source] = arguments else {
        bail!("give the CSV file, the date of the list (2026-10-01), and where it comes from")
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {file}"))?;
    let codes = read(&text)?;
    let entries: usize = codes.values().map(BTreeMap::len).sum();
    if entries < 100_000 {
        bail!("{entries} codes are not all of Japan's: is {file} the whole list?");
    }
    let to = run::root().join("procedures").join("postal.bin");
    let bytes = pack(&codes, &json!({"date": date, "source": source, "codes": entries}))?;
    std::fs::write(&to, &bytes).with_context(|| format!("could not write {}", to.display()))?;
    println!("{}: {entries} codes, {} bytes", to.display(), bytes.len());
    Ok(true)
}

fn read(text: &str) -> Result<Codes> {
    let mut codes = Codes::new();
    // A town name whose bracket is still open goes on in the next line of the same code.
    let mut open: Option<(String, String, String)> = None;
    for (at, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let columns: Vec<&str> = line.split(',').map(|c| c.trim().trim_matches('"')).collect();
        let [_, _, code, _, _, _, prefecture, city, town, ..] = columns[..] else {
            bail!("line {} has {} columns instead of 15", at + 1, columns.len())
        };
        if code.len() != 7 || !code.bytes().all(|b| b.is_ascii_digit()) {
            bail!("line {}: {code:?} is no postal code", at + 1);
        }
        let place = format!("{prefecture}{city}");
        let whole = match open.take() {
            Some((before, _, name)) if before == code => name + town,
            _ => town.to_owned(),
        };
        if whole.matches('（').count() > whole.matches('）').count() {
            open = Some((code.to_owned(), place, whole));
            continue;
        }
        let (head, tail) = code.split_at(3);
        let all = codes.entry(head.to_owned()).or_default().entry(tail.to_owned()).or_default();
        let entry = (place, town_of(&whole, city));
        if !all.contains(&entry) {
            all.push(entry);
        }
    }
    Ok(codes)
}

/// The town without remarks; empty where the line means a whole city.
fn town_of(written: &str, city: &str) -> String {
    let name = written.split('（').next().unwrap_or_default().trim();
    let sentence =
        name == "以下に掲載がない場合" || (name.contains("の次に") && name.ends_with("がくる場合"));
    // 「○○村一円」 is the whole village; 一円 alone is a town of 多賀町.
    let whole = name.strip_suffix("一円").is_some_and(|place| !place.is_empty() && city.ends_with(place));
    if sentence || whole { String::new() } else { name.to_owned() }
}

fn pack(codes: &Codes, head: &serde_json::Value) -> Result<Vec<u8>> {
    let mut members: Vec<Vec<u8>> = Vec::with_capacity(1_000);
    for prefix in 0..1_000 {
        let Some(rest) = codes.get(&format!("{prefix:03}")) else {
            members.push(Vec::new());
            continue;
        };
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(serde_json::to_string(&member(rest))?.as_bytes())?;
        members.push(gzip.finish()?);
    }
    let head = serde_json::to_string(head)?;
    let mut out = b"MPC1".to_vec();
    out.extend_from_slice(&u32::try_from(head.len())?.to_be_bytes());
    out.extend_from_slice(head.as_bytes());
    for member in &members {
        out.extend_from_slice(&u32::try_from(member.len())?.to_be_bytes());
    }
    out.extend(members.into_iter().flatten());
    Ok(out)
}

/// `{"a": [prefecture with city, …], "t": {"0852": [0, "花ノ木町", …]}}`.
fn member(rest: &BTreeMap<String, Vec<(String, String)>>) -> serde_json::Value {
    let mut places: Vec<&String> = rest.values().flatten().map(|(place, _)| place).collect();
    places.sort();
    places.dedup();
    let number = |place: &String| places.binary_search(&place).unwrap_or_default();
    let of = |towns: &Vec<(String, String)>| -> Vec<serde_json::Value> {
        towns.iter().flat_map(|(place, town)| [json!(number(place)), json!(town)]).collect()
    };
    let towns: serde_json::Map<String, serde_json::Value> =
        rest.iter().map(|(tail, towns)| (tail.clone(), json!(of(towns)))).collect();
    json!({"a": places, "t": towns})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_remarks_and_sentences_are_read_as_what_they_are() {
        let line = |code: &str, city: &str, town: &str| {
            format!(
                "23213,\"445  \",\"{code}\",\"ア\",\"イ\",\"ウ\",\"愛知県\",\"{city}\",\"{town}\",0,0,0,0,0,0\n"
            )
        };
        let text = [
            line("4450000", "西尾市", "以下に掲載がない場合"),
            line("4450852", "西尾市", "花ノ木町（１丁目、"),
            line("4450852", "西尾市", "２丁目）"),
            line("4450853", "見本村", "見本村一円"),
            line("4450854", "多賀町", "一円"),
            line("4450855", "西尾市", "甲町"),
            line("4450855", "安城市", "乙町"),
            line("4450855", "安城市", "乙町（番外）"),
        ]
        .concat();
        let codes = read(&text).expect("a list");
        let of = |tail: &str| codes["445"][tail].iter().map(|(p, t)| format!("{p}{t}")).collect::<Vec<_>>();
        assert_eq!(of("0000"), ["愛知県西尾市"]);
        assert_eq!(of("0852"), ["愛知県西尾市花ノ木町"]);
        assert_eq!(of("0853"), ["愛知県見本村"]);
        assert_eq!(of("0854"), ["愛知県多賀町一円"]);
        assert_eq!(of("0855"), ["愛知県西尾市甲町", "愛知県安城市乙町"]);
        assert!(read("1,2,3").is_err());
    }
}
