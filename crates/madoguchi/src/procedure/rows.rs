//! Buttons that add a row to a repetition and take one out: they work without JavaScript and keep what was typed.

use super::types::Asks;
use super::{FormVersion, Input};

/// Does what the button `dogs+` or `dogs-2` says; what is no button of this form changes nothing.
/// Gives the field at which the person goes on.
pub(super) fn press(form: &FormVersion, button: &str, input: &mut Input) -> Option<String> {
    let (id, row) = match button.strip_suffix('+') {
        Some(id) => (id, None),
        None => button.rsplit_once('-').map(|(id, n)| (id, n.parse().ok()))?,
    };
    let field = form.field(id)?;
    let Asks::Repeat(repeat) = &field.asks else { return None };
    let at = match row {
        None => {
            repeat.add(id, input);
            repeat.shown(id, Some(input))
        }
        Some(n) => {
            repeat.remove(id, n, input);
            n.min(repeat.shown(id, Some(input)))
        }
    };
    let fields = &repeat.rows.get(at.checked_sub(1)?)?.fields;
    fields.first().map(|f| f.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::{Procedure, builtin};

    fn form() -> FormVersion {
        let mut procedure: Procedure = builtin().swap_remove(0).procedure().clone();
        procedure.fields = serde_json::from_value(serde_json::json!([{
            "id": "dogs", "label": "犬", "type": "repeat", "most": 3, "row": "頭目",
            "fields": [
                {"id": "name", "label": "犬の名前", "type": "text"},
                {"id": "born", "label": "生年月日", "type": "date", "required": false}
            ]
        }]))
        .expect("items");
        FormVersion::new(procedure, 1).expect("a form")
    }

    #[test]
    fn rows_are_added_and_taken_out_and_the_rest_moves_up() {
        let form = form();
        let mut input = Input::new();
        assert_eq!(press(&form, "dogs+", &mut input).as_deref(), Some("dogs.2.name"));
        for (name, value) in [("dogs.1.name", "ポチ"), ("dogs.2.name", "ハナ"), ("dogs.2.born.y", "8")] {
            input.push(name, value);
        }
        assert_eq!(press(&form, "dogs+", &mut input).as_deref(), Some("dogs.3.name"));
        assert_eq!(press(&form, "dogs+", &mut input).as_deref(), Some("dogs.3.name"), "no fourth row");
        press(&form, "dogs-1", &mut input);
        let of = |name: &str| input.get(name).map(str::to_owned);
        assert_eq!((of("dogs.1.name"), of("dogs.1.born.y")), (Some("ハナ".into()), Some("8".into())));
        assert_eq!((of("dogs.2.name"), of("dogs.rows")), (None, Some("2".into())));
        for nonsense in
            ["", "+", "dogs", "dogs-", "dogs-0", "dogs-9", "dogs-x", "cats+", "dogs.1.name+", "-1"]
        {
            press(&form, nonsense, &mut input);
            assert_eq!(input.get("dogs.1.name"), Some("ハナ"), "{nonsense}");
        }
    }
}
