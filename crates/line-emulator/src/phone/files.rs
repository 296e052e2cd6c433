//! Our own scripts and styles, built in.

use crate::wire::Reply;
use http::StatusCode;
use http::header::CACHE_CONTROL;

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// A static file by its name.
pub(super) fn file(name: &str) -> Reply {
    let (media_type, text) = match name {
        "phone.js" => (JS, include_str!("../../static/phone.js")),
        "bubble.js" => (JS, include_str!("../../static/bubble.js")),
        "menu.js" => (JS, include_str!("../../static/menu.js")),
        "inapp.js" => (JS, include_str!("../../static/inapp.js")),
        "dom.js" => (JS, include_str!("../../static/dom.js")),
        "act.js" => (JS, include_str!("../../static/act.js")),
        "picker.js" => (JS, include_str!("../../static/picker.js")),
        "content.js" => (JS, include_str!("../../static/content.js")),
        "template.js" => (JS, include_str!("../../static/template.js")),
        "imagemap.js" => (JS, include_str!("../../static/imagemap.js")),
        "flex.js" => (JS, include_str!("../../static/flex.js")),
        "flex_style.js" => (JS, include_str!("../../static/flex_style.js")),
        "talk.js" => (JS, include_str!("../../static/talk.js")),
        "compose.js" => (JS, include_str!("../../static/compose.js")),
        "manager.js" => (JS, include_str!("../../static/manager.js")),
        "ledger.js" => (JS, include_str!("../../static/ledger.js")),
        "form_post.js" => (JS, include_str!("../../static/form_post.js")),
        "phone.css" => (CSS, include_str!("../../static/phone.css")),
        "talk.css" => (CSS, include_str!("../../static/talk.css")),
        "message.css" => (CSS, include_str!("../../static/message.css")),
        "flex.css" => (CSS, include_str!("../../static/flex.css")),
        "phones.css" => (CSS, include_str!("../../static/phones.css")),
        "manager.css" => (CSS, include_str!("../../static/manager.css")),
        "ledger.css" => (CSS, include_str!("../../static/ledger.css")),
        "login.css" => (CSS, include_str!("../../static/login.css")),
        _ => return Reply::not_found(),
    };
    Reply::new(StatusCode::OK, media_type, text).with(CACHE_CONTROL, "no-cache")
}
