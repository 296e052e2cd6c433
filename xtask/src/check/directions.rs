//! Arrows between our crates point down only (ARCHITECTURE.md, "Directions").

use serde_json::Value;

use crate::run;
use crate::tree::File;

/// What each of our crates may depend on, among ours. A crate that is not listed here is a finding.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("madoguchi", &["madoguchi-line", "madoguchi-base", "madoguchi-print", "line-emulator"]),
    ("madoguchi-line", &["madoguchi-base"]),
    ("madoguchi-print", &[]),
    ("madoguchi-base", &[]),
    ("line-emulator", &[]),
    ("xtask", &[]),
    ("madoguchi-bench", &[]),
];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut findings = match run::metadata() {
        Ok(metadata) => arrows(&metadata),
        Err(error) => vec![format!("{error:#}")],
    };
    findings.extend(emulator_is_for_the_demo(files));
    findings
}

fn arrows(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_, _)| *crate_ == name) else {
            findings
                .push(format!("{name}: a new crate; say in xtask/src/check/directions.rs what it may use"));
            continue;
        };
        // Dependencies of tests and build scripts too: a test is where a shared type would hide a mistake.
        for dependency in package["dependencies"].as_array().map_or(&[][..], Vec::as_slice) {
            let used = dependency["name"].as_str().unwrap_or_default();
            if ours.contains(&used) && !allowed.contains(&used) {
                findings.push(format!("{name} must not depend on {used}: see ARCHITECTURE.md, Directions"));
            }
        }
    }
    findings
}

/// The product links the emulator for `demo` and for tests; nothing else may name it.
fn emulator_is_for_the_demo(files: &[File]) -> Vec<String> {
    let source = "crates/madoguchi/src/";
    files
        .iter()
        .filter(|file| file.path.starts_with(source) && !file.path[source.len()..].starts_with("demo"))
        .flat_map(|file| {
            let named = |line: &str| line.contains("line_emulator::") && !line.trim_start().starts_with("//");
            file.lines()
                .filter(move |(_, line)| named(line))
                .map(|(at, _)| file.at(at, "only the demo may name the emulator"))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_arrow_upwards_and_a_new_crate_are_found() {
        let metadata = json!({"packages": [
            {"name": "madoguchi", "dependencies": [{"name": "madoguchi-line"}, {"name": "serde"}]},
            {"name": "madoguchi-line", "dependencies": [{"name": "madoguchi"}, {"name": "madoguchi-base"}]},
            {"name": "madoguchi-utils", "dependencies": []},
        ]});
        let findings = arrows(&metadata);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("madoguchi-line must not depend on madoguchi:"));
        assert!(findings[1].starts_with("madoguchi-utils: a new crate"));
    }
}
