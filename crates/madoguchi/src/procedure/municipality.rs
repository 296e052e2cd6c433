//! A municipality as its file says it: who it is, whom to call, what its catalogue shows.

use madoguchi_base::{Day, TenantId};
use serde::{Deserialize, Serialize};

use super::calendar::Closing;
use super::finding::{Finding, yaml_finding};

/// `procedures/municipalities/*.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Municipality {
    /// Version of the format: 1.
    pub format: u32,
    /// 団体コード, six digits.
    pub code: String,
    /// Its name in addresses.
    pub slug: String,
    /// 西尾市.
    pub name: String,
    /// 愛知県.
    pub prefecture: String,
    /// Whom to ask.
    pub contact: Contact,
    /// Where its official account is added as a friend (`https://line.me/R/ti/p/@…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friend_url: Option<String>,
    /// First digits of its postal codes (three to seven).
    pub postal_prefixes: Vec<String>,
    /// Town names that look like another city's name: 「市」 or 「郡」 in the middle.
    #[serde(default)]
    pub towns_like_cities: Vec<String>,
    /// Days on which the city hall is closed or open although the national rules say otherwise.
    #[serde(default)]
    pub calendar: Closing,
    /// What the municipality takes part in (`dog_national_register`): decides texts of procedures.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Ready-made sentences that staff choose from when they ask for a correction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    /// Sections of the city hall.
    pub sections: Vec<SectionOf>,
    /// The catalogue.
    pub categories: Vec<Category>,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Section.
    pub section: String,
    /// Telephone number as people write it.
    pub telephone: String,
    /// When somebody answers.
    pub hours: String,
}

/// A section of the city hall.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionOf {
    /// Its name in procedures.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its telephone number.
    pub telephone: String,
}

/// A category of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name in procedures.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Procedures that are not there yet: shown as 「準備中」.
    #[serde(default)]
    pub preparing: Vec<Preparing>,
}

/// A procedure in preparation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparing {
    /// Its name in addresses, once it is there.
    pub id: String,
    /// Its title.
    pub title: String,
}

impl Municipality {
    /// Reads a municipality's file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let read: Self = serde_saphyr::from_str(text).map_err(|e| vec![yaml_finding(file, &e)])?;
        if let Some(wrong) = read.calendar.mistakes().next() {
            return Err(vec![Finding::new(
                file,
                text,
                "calendar",
                format!("「{wrong}」は暦にある日ではありません"),
                "2026-11-22 のように書いてください",
            )]);
        }
        if read.code.parse::<TenantId>().is_ok() {
            return Ok(read);
        }
        Err(vec![Finding::new(
            file,
            text,
            "code",
            "団体コードの検査数字が合いません",
            "6桁の団体コードを確認してください",
        )])
    }

    /// Its code.
    ///
    /// # Errors
    /// Never for a municipality that `parse` has read.
    pub fn tenant(&self) -> Result<TenantId, madoguchi_base::id::TenantIdError> {
        self.code.parse()
    }

    /// The section of that id.
    pub fn section(&self, id: &str) -> Option<&SectionOf> {
        self.sections.iter().find(|s| s.id == id)
    }

    /// What address and postal code fields need to know of it.
    pub fn city(&self) -> City {
        City {
            name: self.name.clone(),
            prefecture: self.prefecture.clone(),
            postal_prefixes: self.postal_prefixes.clone(),
            towns_like_cities: self.towns_like_cities.clone(),
            calendar: self.calendar.clone(),
        }
    }
}

/// What address and postal code fields need to know of a municipality.
#[derive(Debug, Clone)]
pub struct City {
    /// 西尾市.
    pub name: String,
    prefecture: String,
    postal_prefixes: Vec<String>,
    towns_like_cities: Vec<String>,
    calendar: Closing,
}

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

impl City {
    /// Is the city hall open on `day`?
    pub fn is_open(&self, day: Day) -> bool {
        self.calendar.is_open(day)
    }

    /// The `n`th day after `day` on which the city hall is open (`day` itself where `n` is 0).
    pub fn business_days_after(&self, day: Day, n: u16) -> Day {
        self.calendar.business_days_after(day, n)
    }

    /// Is this postal code (seven digits) one of the municipality's?
    pub fn has_postal(&self, digits: &str) -> bool {
        self.postal_prefixes.iter().any(|p| digits.starts_with(p.as_str()))
    }

    /// A postal code of the municipality, for samples and tests.
    pub(super) fn a_postal(&self, unique: u64) -> String {
        let prefix = self.postal_prefixes.first().map_or("", String::as_str);
        let width = 7_usize.saturating_sub(prefix.len());
        format!("{prefix}{:0width$}", unique % 10_u64.pow(u32::try_from(width).unwrap_or(0)))
    }

    /// Does the address name another prefecture or another city? An address that names none is believed:
    /// people write 「寄住町1-1」, and a clerk reads it.
    pub fn is_elsewhere(&self, address: &str) -> bool {
        let mut rest = address;
        if let Some(named) = PREFECTURES.iter().find(|p| rest.starts_with(**p)) {
            if *named != self.prefecture {
                return true;
            }
            rest = rest[named.len()..].trim_start();
        }
        if rest.starts_with(self.name.as_str())
            || self.towns_like_cities.iter().any(|t| rest.starts_with(t.as_str()))
        {
            return false;
        }
        let head: Vec<char> =
            rest.chars().take(7).take_while(|c| !c.is_ascii_digit() && c.is_alphabetic()).collect();
        head.iter().skip(1).position(|c| matches!(c, '市' | '郡')).is_some_and(|at| at + 2 < head.len())
    }
}

#[cfg(test)]
mod tests {

    #[test]
    fn an_address_of_another_city_is_seen_and_a_bare_one_is_believed() {
        let city = crate::procedure::builtin_municipality().city();
        for here in [
            "愛知県西尾市寄住町下田1",
            "西尾市一色町1番地",
            "寄住町下田22",
            "吉良町上横須賀1",
            "愛知県 西尾市今川町1",
        ] {
            assert!(!city.is_elsewhere(here), "{here}");
        }
        for elsewhere in
            ["岐阜県岐阜市1", "岡崎市十王町2", "愛知県額田郡幸田町1", "愛知県碧南市港本町1", "東京都港区1"]
        {
            assert!(city.is_elsewhere(elsewhere), "{elsewhere}");
        }
        assert!(city.has_postal("4450000") && city.has_postal("4440305") && !city.has_postal("4460000"));
    }
}
