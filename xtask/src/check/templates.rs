//! Pages hold nothing inline (the content security policy would drop it) and load nothing from others.

use crate::tree::File;

/// Attributes that make a browser load something.
const LOADING: [&str; 6] = ["src", "srcset", "poster", "data", "background", "action"];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("crates/")) {
        if file.ends_with(".html") {
            found.extend(page(file));
        } else if file.ends_with(".css") {
            let foreign =
                |line: &str| line.contains("@import") || line.contains("url(http") || line.contains("url(//");
            found.extend(
                file.lines()
                    .filter(|(_, l)| foreign(l))
                    .map(|(at, _)| file.at(at, "loads from another place")),
            );
        }
    }
    found
}

fn page(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for (at, tag) in tags(&file.text) {
        let line = file.text[..at].matches('\n').count() + 1;
        let name = tag.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
        let attributes = attributes(&tag[name.len()..]);
        if name == "style" || (name == "script" && !attributes.iter().any(|(key, _)| key == "src")) {
            found.push(file.at(line, &format!("<{name}> inline: put it in a file of ours")));
        }
        for (key, value) in attributes {
            if key == "style" {
                found.push(file.at(line, "style attribute: use a class"));
            } else if key.starts_with("on") && key.len() > 3 && key.bytes().all(|b| b.is_ascii_lowercase()) {
                found.push(file.at(line, &format!("{key}: listen in a script file instead")));
            } else if value.trim_start().starts_with("javascript:") {
                found.push(file.at(line, "a script in an address"));
            } else if (LOADING.contains(&key.as_str()) || (name == "link" && key == "href"))
                && is_foreign(&value)
            {
                found.push(file.at(line, &format!("{key} names another origin")));
            }
        }
    }
    found
}

fn is_foreign(value: &str) -> bool {
    let value = value.trim_start();
    value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//")
}

/// Opening tags without `<`, with where they begin. Template blocks `{% … %}` and `{{ … }}` are passed over.
fn tags(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['<', '{']) {
        at += next;
        let rest = &text[at..];
        let skip =
            [("<!--", "-->"), ("{#", "#}"), ("{%", "%}"), ("{{", "}}")].iter().find_map(|(open, close)| {
                rest.starts_with(open).then(|| rest.find(close).map_or(rest.len(), |end| end + close.len()))
            });
        if let Some(skip) = skip {
            at += skip;
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) && rest.starts_with('<') {
            let end = end_of_tag(rest);
            found.push((at, &rest[1..end]));
            at += end;
        } else {
            at += 1;
        }
    }
    found
}

/// Where the tag's `>` is, outside quotes and template blocks.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    let mut block = 0_u32;
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        match (previous, character) {
            ('{', '%' | '{') => block += 1,
            ('%' | '}', '}') => block = block.saturating_sub(1),
            (_, '"' | '\'') if block == 0 => match quote {
                None => quote = Some(character),
                Some(open) if open == character => quote = None,
                Some(_) => {}
            },
            (_, '>') if block == 0 && quote.is_none() => return at,
            _ => {}
        }
        previous = character;
    }
    text.len()
}

/// `key="value"` pairs in lower case keys; a key alone has an empty value.
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '{') {
        rest = &rest[start..];
        if rest.starts_with('{') {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            rest = &rest[end..];
            continue;
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_')))
            .unwrap_or(rest.len());
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            found.push((key, String::new()));
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        found.push((key, value.to_owned()));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        page(&File { path: "crates/x/a.html".into(), text: text.into() }).len()
    }

    #[test]
    fn inline_things_are_found() {
        assert_eq!(findings("<p style=\"color:red\">"), 1);
        assert_eq!(findings("<script>alert(1)</script>"), 1);
        assert_eq!(findings("<button\n  onclick=\"x()\">"), 1);
        assert_eq!(findings("<script src=\"https://cdn.example/x.js\"></script>"), 1);
        assert_eq!(findings("<link rel=stylesheet href=//cdn.example/x.css>"), 1);
    }

    #[test]
    fn ordinary_pages_pass() {
        assert_eq!(findings("<script type=\"module\" src=\"/s/form.js\"></script>"), 0);
        assert_eq!(
            findings("<a href=\"https://example.jp/\" class=\"{% if a > b %}on{% endif %}\">x</a>"),
            0
        );
        assert_eq!(findings("{# <p style=x> #}<!-- <script> --><p data-on=\"1\">style=</p>"), 0);
        assert_eq!(
            findings("<input {% if required %}required{% endif %} name=\"{{ id }}\" value=\"onclick=\">"),
            0
        );
    }
}
