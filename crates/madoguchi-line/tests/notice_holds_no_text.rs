//! The promise of the crate, tried: nothing that a person typed fits into a notice.

#[test]
fn text_in_a_notice_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
