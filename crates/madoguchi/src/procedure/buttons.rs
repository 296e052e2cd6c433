//! Buttons inside a form: a row more, a row less, addresses of a postal code. They work without JavaScript, send the
//! whole form, and keep everything that was typed.

use super::types::{Asks, Digits};
use super::{FormVersion, Input, normalise, postal};

/// Where the person goes on after a button was pressed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The field that has the focus.
    pub field: Option<String>,
    /// A postal code's field, and the addresses that it can mean.
    pub candidates: Option<(String, Vec<String>)>,
}

/// Does what the pressed button says; `None` where none was pressed. A button that the form does not have changes
/// nothing.
pub fn press(form: &FormVersion, input: &mut Input) -> Option<At> {
    let pressed = |name: &str, input: &Input| input.get(name).map(str::to_owned);
    if let Some(button) = pressed("_row", input) {
        return Some(At { field: rows(form, &button, input), ..At::default() });
    }
    if let Some(field) = pressed("_postal", input) {
        let candidates = code(form, &field).map(|_| (field.clone(), addresses(&field, input)));
        return Some(At { field: Some(field), candidates });
    }
    let (field, nth) =
        pressed("_take", input)?.rsplit_once('.').map(|(f, n)| (f.to_owned(), n.parse::<usize>()))?;
    let target = code(form, &field)?.fills.as_ref()?;
    if let Some(candidate) = nth.ok().and_then(|n| addresses(&field, input).into_iter().nth(n)) {
        let typed = input.get(target).unwrap_or_default().to_owned();
        input.set(target, postal::chosen(&candidate, &typed));
    }
    Some(At { field: Some(target.clone()), ..At::default() })
}

fn code<'a>(form: &'a FormVersion, field: &str) -> Option<&'a Digits> {
    match &form.field(field)?.asks {
        Asks::Digits(digits) if digits.fills.is_some() => Some(digits),
        _ => None,
    }
}

fn addresses(field: &str, input: &Input) -> Vec<String> {
    let typed = input.get(field).unwrap_or_default();
    postal::candidates(&normalise::digits(typed.trim().trim_start_matches('〒')))
}

/// Does what the button `dogs+` or `dogs-2` says, and gives the field at which the person goes on.
fn rows(form: &FormVersion, button: &str, input: &mut Input) -> Option<String> {
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
        assert_eq!(rows(&form, "dogs+", &mut input).as_deref(), Some("dogs.2.name"));
        for (name, value) in [("dogs.1.name", "ポチ"), ("dogs.2.name", "ハナ"), ("dogs.2.born.y", "8")] {
            input.push(name, value);
        }
        assert_eq!(rows(&form, "dogs+", &mut input).as_deref(), Some("dogs.3.name"));
        assert_eq!(rows(&form, "dogs+", &mut input).as_deref(), Some("dogs.3.name"), "no fourth row");
        rows(&form, "dogs-1", &mut input);
        let of = |name: &str| input.get(name).map(str::to_owned);
        assert_eq!((of("dogs.1.name"), of("dogs.1.born.y")), (Some("ハナ".into()), Some("8".into())));
        assert_eq!((of("dogs.2.name"), of("dogs.rows")), (None, Some("2".into())));
        for nonsense in
            ["", "+", "dogs", "dogs-", "dogs-0", "dogs-9", "dogs-x", "cats+", "dogs.1.name+", "-1"]
        {
            rows(&form, nonsense, &mut input);
            assert_eq!(input.get("dogs.1.name"), Some("ハナ"), "{nonsense}");
        }
    }

    #[test]
    fn a_postal_code_suggests_addresses_and_forces_none() {
        let form = builtin().swap_remove(0).form().clone();
        let mut input = Input::new();
        assert_eq!(press(&form, &mut input), None);
        for (name, value) in [("zip", "〒４４５−０８５２"), ("addr", "1丁目1番地"), ("_postal", "zip")]
        {
            input.push(name, value);
        }
        let at = press(&form, &mut input).expect("pressed");
        assert_eq!(at.candidates, Some(("zip".into(), vec!["愛知県西尾市花ノ木町".into()])));
        assert_eq!(input.get("addr"), Some("1丁目1番地"));
        input.remove("_postal");
        for (button, addr) in
            [("zip.7", "1丁目1番地"), ("tel.0", "1丁目1番地"), ("zip.0", "愛知県西尾市花ノ木町1丁目1番地")]
        {
            input.set("_take", button);
            press(&form, &mut input);
            assert_eq!(input.get("addr"), Some(addr), "{button}");
        }
    }
}
