//! Pictures of people: the first letter of the name on a colour of their own.

use crate::app::App;
use crate::wire::Reply;
use aws_lc_rs::digest::{SHA256, digest};
use http::StatusCode;

/// White text on each has a contrast of at least 4.5.
const COLOURS: [&str; 6] = ["#2f5d8a", "#8a4b2f", "#3f6b3a", "#6b3a6b", "#7a5c1e", "#1f6d73"];

/// An SVG for that person.
pub(super) fn avatar(app: &App, id: &str) -> Reply {
    let world = app.store.lock();
    let Some(person) = world.people.get(id) else { return Reply::not_found() };
    let letter = person.name.chars().find(|c| c.is_alphanumeric()).unwrap_or('人');
    let colour = COLOURS[usize::from(digest(&SHA256, id.as_bytes()).as_ref()[0]) % COLOURS.len()];
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\">\
         <rect width=\"40\" height=\"40\" rx=\"20\" fill=\"{colour}\"/>\
         <text x=\"20\" y=\"26.5\" font-size=\"18\" font-family=\"sans-serif\" text-anchor=\"middle\" \
         fill=\"#fff\">{letter}</text></svg>"
    );
    Reply::new(StatusCode::OK, "image/svg+xml", svg)
}
