//! Just enough reading of our own pages: forms, their fields, marked elements.

/// A form of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_post: bool,
    /// Fields that a browser would send if nothing were changed.
    pub(crate) fields: Vec<(String, String)>,
    /// Values that each group of radio buttons, and each selection, offers.
    pub(crate) choices: Vec<(String, String)>,
    /// Check boxes and what they send when they are ticked.
    pub(crate) boxes: Vec<(String, String)>,
    /// What the first button adds when it is pressed.
    pub(crate) button: Option<(String, String)>,
}

/// An opening tag: its name and its attributes, entities decoded.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// Where its text begins in the page.
    after: usize,
}

impl Tag {
    fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or_default().to_owned()
    }
}

/// The forms of a page, in order.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut select = String::new();
    for tag in tags(page) {
        if tag.name == "form" {
            let is_post = tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
            forms.push(Form { action: tag.text("action"), is_post, ..Form::default() });
            continue;
        }
        let Some(form) = forms.last_mut() else { continue };
        let (name, value) = (tag.text("name"), tag.text("value"));
        match tag.name.as_str() {
            "select" => select = name,
            "option" => {
                if tag.get("selected").is_some() {
                    form.fields.push((select.clone(), value.clone()));
                }
                form.choices.push((select.clone(), value));
            }
            "textarea" if !name.is_empty() => form.fields.push((name, String::new())),
            "button" if form.button.is_none() && !name.is_empty() => form.button = Some((name, value)),
            "input" if !name.is_empty() => input(form, &tag, name, value),
            _ => {}
        }
    }
    forms
}

fn input(form: &mut Form, tag: &Tag, name: String, value: String) {
    match tag.get("type").unwrap_or("text") {
        kind @ ("radio" | "checkbox") => {
            if tag.get("checked").is_some() {
                form.fields.push((name.clone(), value.clone()));
            }
            let offered = if kind == "radio" { &mut form.choices } else { &mut form.boxes };
            offered.push((name, value));
        }
        "submit" | "button" | "file" | "image" => {}
        _ => form.fields.push((name, value)),
    }
}

/// The address of the first link whose class list holds `class`.
pub(crate) fn link(page: &str, class: &str) -> Option<String> {
    tags(page)
        .into_iter()
        .find(|tag| {
            tag.name == "a" && tag.get("class").is_some_and(|list| list.split(' ').any(|one| one == class))
        })
        .map(|tag| tag.text("href"))
}

/// The text straight inside the first element that has this attribute.
pub(crate) fn marked(page: &str, attribute: &str) -> Option<String> {
    let tag = tags(page).into_iter().find(|tag| tag.get(attribute).is_some())?;
    let text = page[tag.after..].split('<').next()?.trim();
    Some(if text.is_empty() { tag.text(attribute) } else { decode(text) })
}

fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = page[at..].find('<') {
        let start = at + open + 1;
        let Some(end) = end_of_tag(&page[start..]) else { break };
        let inside = &page[start..start + end];
        at = start + end + 1;
        if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let split = inside.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inside.len());
            let name = inside[..split].to_ascii_lowercase();
            found.push(Tag { name, attributes: attributes(&inside[split..]), after: at });
        }
    }
    found
}

fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, character)| match (quote, character) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(character);
            None
        }
        (Some(open), _) if open == character => {
            quote = None;
            None
        }
        _ => None,
    })
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len()).max(1);
        let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= end).unwrap_or(rest.len());
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let value = if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let (value, left) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            rest = left;
            decode(value)
        } else {
            String::new()
        };
        found.push((key, value));
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    }
    found
}

/// The entities that template engines write.
fn decode(text: &str) -> String {
    let pairs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let plain = pairs.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign));
    plain.replace("&#60;", "<").replace("&#62;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_every_kind_of_field() {
        let page = r#"<a class="b main" href="/x?a=1&amp;b=2">go</a>
            <form method=post action="/t/submit"><input type="hidden" name="key" value="a&#34;b">
            <input type=radio name=r value=1><input type=radio name=r value="2" checked>
            <select name=s><option value=x>x<option value=y selected>y</select><textarea name=t></textarea>
            <input type=checkbox name=c value=yes><button name="decision" value="allow">go</button></form>
            <strong data-receipt>4821-0937-5512</strong>"#;
        let form = &forms(page)[0];
        assert!(form.is_post && form.action == "/t/submit");
        let fields = [("key", "a\"b"), ("r", "2"), ("s", "y"), ("t", "")];
        assert_eq!(form.fields, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(form.choices.len(), 4);
        assert_eq!(form.boxes, [("c".to_owned(), "yes".to_owned())]);
        assert_eq!(form.button, Some(("decision".to_owned(), "allow".to_owned())));
        assert_eq!(link(page, "main").as_deref(), Some("/x?a=1&b=2"));
        assert_eq!(marked(page, "data-receipt").as_deref(), Some("4821-0937-5512"));
    }
}
