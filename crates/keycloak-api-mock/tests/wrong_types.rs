//! A mock that answers with another type than the operation's, or waits for a parameter that the operation has not, does not compile.

#[test]
fn a_wrong_type_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/wrong_types/answer.rs");
    cases.compile_fail("tests/wrong_types/parameter.rs");
    cases.compile_fail("tests/wrong_types/body.rs");
}
