//! A notice with a field more.

use madoguchi_line::notice::Notice;

fn with_name(notice: Notice, typed: String) -> Notice {
    Notice { name: typed, ..notice }
}

fn main() {}
