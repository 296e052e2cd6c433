//! Sixteen bytes of a person's words as the address of the page.

use madoguchi_line::notice::PageToken;

fn smuggled(typed: [u8; 16]) -> PageToken {
    PageToken(typed)
}

fn main() {}
