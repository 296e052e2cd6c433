//! How many tests passed, read from the closing lines of the test runners.

use std::ops::AddAssign;

/// Passed and failed tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// One step that has no tests to count: it went well or it did not.
    pub(crate) fn one(passed: bool) -> Self {
        if passed { Self { passed: 1, failed: 0 } } else { Self { passed: 0, failed: 1 } }
    }
}

/// Whose closing lines to read. Only one runner's lines count at a time, because nextest repeats
/// the output of a failed test, and that holds a closing line of libtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    CargoTest,
    Node,
}

impl Runner {
    /// What this line of output adds.
    pub(crate) fn read(self, line: &str) -> Counts {
        let line = without_colour(line);
        let line = line.trim();
        match self {
            Self::Nextest if line.starts_with("Summary [") => numbers_before(line),
            Self::CargoTest if line.starts_with("test result:") => numbers_before(line),
            Self::Node => node_line(line).unwrap_or_default(),
            Self::Nextest | Self::CargoTest => Counts::default(),
        }
    }
}

/// "12 passed (1 slow), 2 failed, 1 timed out" and "5 passed; 0 failed".
fn numbers_before(line: &str) -> Counts {
    let mut counts = Counts::default();
    let words: Vec<&str> =
        line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let Ok(number) = pair[0].parse::<u64>() else { continue };
        match pair[1] {
            "passed" => counts.passed += number,
            "failed" | "timed" | "exec" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// "ℹ pass 3" of the spec reporter, "# pass 3" of the tap reporter.
fn node_line(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix('ℹ').or_else(|| line.strip_prefix('#'))?;
    let (word, number) = rest.trim().split_once(' ')?;
    let number = number.trim().parse().ok()?;
    match word {
        "pass" => Some(Counts { passed: number, failed: 0 }),
        "fail" | "cancelled" => Some(Counts { passed: 0, failed: number }),
        _ => None,
    }
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // An escape sequence of colour ends with its letter.
            for following in characters.by_ref() {
                if following.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_with_slow_failed_and_timed_out() {
        let line =
            "     Summary [   1.302s] 16 tests run: 12 passed (1 slow), 3 failed, 1 timed out, 2 skipped";
        assert_eq!(Runner::Nextest.read(line), Counts { passed: 12, failed: 4 });
    }

    #[test]
    fn nextest_does_not_count_the_repeated_line_of_a_failed_test() {
        let line = "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 31 filtered out";
        assert_eq!(Runner::Nextest.read(line), Counts::default());
        assert_eq!(Runner::CargoTest.read(line), Counts { passed: 0, failed: 1 });
    }

    #[test]
    fn colours_are_read_through() {
        assert_eq!(Runner::Node.read("\u{1b}[34mℹ pass 7\u{1b}[39m"), Counts { passed: 7, failed: 0 });
        assert_eq!(Runner::Node.read("# fail 2"), Counts { passed: 0, failed: 2 });
        assert_eq!(Runner::Node.read("ℹ duration_ms 12"), Counts::default());
    }
}
