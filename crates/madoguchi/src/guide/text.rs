//! Texts of staff as HTML: headings, lists, tables and links; nothing that could run or load.

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html as writer};

/// Markdown to HTML. Raw HTML is shown as text, pictures become their words, and links lead to https, telephone,
/// e-mail or to our own pages only.
pub fn html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(safe);
    let mut out = String::with_capacity(markdown.len() * 2);
    writer::push_html(&mut out, events);
    // A wide table scrolls by itself, not the page.
    out.replace("<table>", "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"表\"><table>")
        .replace("</table>", "</table></div>")
}

fn safe(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Image { .. } | Tag::HtmlBlock) | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => {
            return None;
        }
        // The page's title is the only heading of the first level.
        Event::Start(Tag::Heading { level: HeadingLevel::H1, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, classes, attrs })
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => Event::End(TagEnd::Heading(HeadingLevel::H2)),
        Event::Start(Tag::Link { dest_url, title, id, link_type }) => {
            let dest_url = if is_safe(&dest_url, link_type) { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    })
}

fn is_safe(address: &str, link_type: LinkType) -> bool {
    let own = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    let known = ["https://", "tel:", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
    own || known || (link_type == LinkType::Email && !address.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_and_tables_are_written() {
        let out = html("# 題\n\n本文\n次の行\n\n- 一\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(
            out.contains("<h2>題</h2>") && out.contains("本文<br />\n次の行") && out.contains("<li>一</li>")
        );
        assert!(out.contains("role=\"region\"") && out.contains("<td>1</td>"), "{out}");
    }

    #[test]
    fn nothing_runs_loads_or_leads_astray() {
        let text = "<script>alert(1)</script>\n\n<img src=x onerror=y> ![絵](https://e.example/a.png)\n\n\
                    [a](javascript:alert(1)) [b](//evil.example) [c](data:text/html,x) [d](/\\evil) \
                    [市](https://www.example.jp/) [電話](tel:0563000000) [窓口](/nishio/)";
        let out = html(text);
        for bad in ["<script", "<img", "javascript:", "\"//evil", "data:text", "evil\"", "onerror=y>"] {
            assert!(!out.contains(bad), "{bad}: {out}");
        }
        for good in ["https://www.example.jp/", "tel:0563000000", "href=\"/nishio/\"", "&lt;script&gt;"] {
            assert!(out.contains(good), "{good}: {out}");
        }
    }
}
