//! The catalogue in the municipality's order, and what a search in it finds.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::definition::Offered;
use super::municipality::{Category, Preparing};
use super::normalise::folded;
use super::views::{CategoryView, ProcedureCard};
use super::{Municipality, Procedure, Published};

/// `procedures/synonyms.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Synonyms {
    #[expect(dead_code, reason = "read so that a later format can be told")]
    format: u32,
    synonyms: Vec<Vec<String>>,
}

/// Groups of words for the same thing, folded. A test reads the file.
static SYNONYMS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let text = include_str!("../../../../procedures/synonyms.yaml");
    let read: Option<Synonyms> = serde_saphyr::from_str(text).ok();
    let groups = read.map(|s| s.synonyms).unwrap_or_default();
    groups.iter().map(|group| group.iter().map(|w| folded(w)).collect()).collect()
});

/// One word of a search: what it may be written as.
fn alternatives(word: &str) -> Vec<String> {
    let word = folded(word);
    let mut all: Vec<String> =
        SYNONYMS.iter().filter(|group| group.contains(&word)).flatten().cloned().collect();
    all.push(word);
    all
}

/// Every word of the search, or one that means the same, has to stand in the title, the sentence, the words of the
/// procedure or the category.
pub(super) fn categories(
    municipality: &Municipality,
    current: &HashMap<String, Arc<Published>>,
    words: &str,
) -> Vec<CategoryView> {
    let words: Vec<Vec<String>> = words.split_whitespace().map(alternatives).collect();
    let finds = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|t| folded(t)).collect();
        words.iter().all(|any| any.iter().any(|w| texts.iter().any(|t| t.contains(w.as_str()))))
    };
    let view = |category: &Category| {
        let mut ready: Vec<&Procedure> =
            current.values().map(|p| p.procedure()).filter(|p| p.category == category.id).collect();
        ready.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.id.cmp(&b.id)));
        let found = |p: &&Procedure| {
            let mut texts = vec![p.title.as_str(), &p.short, &category.title];
            texts.extend(p.words.iter().map(String::as_str));
            finds(&texts)
        };
        let waiting = |p: &&Preparing| !current.contains_key(&p.id) && finds(&[&p.title, &category.title]);
        CategoryView {
            title: category.title.clone(),
            ready: ready.into_iter().filter(found).map(|p| card(&municipality.slug, p)).collect(),
            preparing: category.preparing.iter().filter(waiting).map(|p| p.title.clone()).collect(),
        }
    };
    municipality
        .categories
        .iter()
        .map(view)
        .filter(|c| !c.ready.is_empty() || !c.preparing.is_empty())
        .collect()
}

fn card(city: &str, p: &Procedure) -> ProcedureCard {
    let kind = p.kind.noun();
    ProcedureCard {
        href: format!("/{city}/p/{}", p.id),
        title: p.title.clone(),
        short: p.short.clone(),
        meta: match (p.offered, &p.place) {
            (Offered::Here, _) => format!("{kind}・約{}分・{}", p.time_needed, p.fee),
            (Offered::Elsewhere, Some(place)) => format!("{kind}・{}で受け付けています", place.name),
            _ => format!("{kind}・窓口で受け付けています"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::{Shelf, Site, builtin, builtin_municipality};

    #[test]
    fn people_find_a_procedure_in_their_own_words() {
        let shelf = Shelf::of(builtin_municipality(), &builtin(), Site::default()).expect("a shelf");
        let found = |words: &str| -> Vec<String> {
            shelf.search(words).iter().flat_map(|c| c.ready.iter().map(|p| p.title.clone())).collect()
        };
        assert!(SYNONYMS.len() > 20);
        for (words, title) in [
            ("ひっこし", "水道・下水道の使用開始"),
            ("ヒッコシ", "水道・下水道の使用中止"),
            ("引越し 水道", "水道・下水道の使用開始"),
            ("イヌ", "犬の死亡届"),
            ("ｲﾇ しんだ", "犬の死亡届"),
            ("ワクチン", "狂犬病予防注射済票の交付"),
            ("ほけんしょう なくした", "資格確認書などの再交付"),
            ("国保 入る", "国民健康保険の加入（資格取得）"),
        ] {
            assert!(found(words).iter().any(|t| t == title), "{words}: {:?}", found(words));
        }
        assert_eq!(found("パスポート"), Vec::<String>::new());
        let join = shelf.search("国保");
        let card =
            join.iter().flat_map(|c| &c.ready).find(|p| p.href.ends_with("kokuho-join")).expect("listed");
        assert!(card.meta.ends_with("窓口で受け付けています"), "{}", card.meta);
    }
}
