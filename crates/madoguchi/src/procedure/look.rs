//! What a person should look at once more before sending: told on the confirm page, never refused.

use super::field::Field;
use super::types::Asks;
use super::{FormVersion, my_number, rare};
use crate::application::answers::out::Row;

impl Field {
    /// Does it ask for a number that is none of a person's: a telephone, a customer, a microchip? Such a field may
    /// hold twelve digits that look like a My Number by chance.
    fn asks_for_digits(&self) -> bool {
        match &self.asks {
            Asks::Digits(_) | Asks::Number(_) | Asks::Date(_) | Asks::Month(_) => true,
            Asks::Text(text) => text.half_width && text.pattern.is_some(),
            _ => false,
        }
    }
}

impl FormVersion {
    /// The fields whose answer looks like a My Number, which no form asks for (番号法).
    pub(crate) fn like_my_number<'a>(&self, rows: &'a [Row]) -> Vec<&'a Row> {
        let free = |r: &&Row| !self.field(&r.field).is_some_and(Field::asks_for_digits);
        rows.iter().filter(free).filter(|r| my_number::is_in(&r.value)).collect()
    }

    /// Characters that the city's other systems may print otherwise.
    pub(crate) fn rare_characters(&self, rows: &[Row]) -> Vec<String> {
        let typed = |r: &&Row| {
            matches!(
                self.field(&r.field).map(|f| &f.asks),
                Some(Asks::Text(_) | Asks::Address(_) | Asks::Combobox(_))
            )
        };
        let mut out: Vec<String> = Vec::new();
        for row in rows.iter().filter(typed) {
            for character in rare::characters(&row.value) {
                if !out.iter().any(|seen| seen == character) {
                    out.push(character.to_owned());
                }
            }
        }
        out
    }
}
