//! One crate for one need: every dependency is written once, in the root manifest, with its reason.

use crate::tree::File;

pub(super) fn check(files: &[File]) -> Vec<String> {
    let manifests = files.iter().filter(|file| file.path == "Cargo.toml" || file.ends_with("/Cargo.toml"));
    manifests.flat_map(findings).collect()
}

fn findings(file: &File) -> Vec<String> {
    let mut section = "";
    let mut found = Vec::new();
    for (at, line) in file.lines() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        if line.is_empty() || line.starts_with('#') || !line.contains('=') {
            continue;
        }
        if section == "[workspace.dependencies]" {
            let ours = line.contains("path = ");
            if !ours && line.rsplit_once(" # ").is_none_or(|(_, reason)| reason.trim().len() <= 3) {
                found.push(file.at(at, "say after ` # ` what this dependency is for"));
            }
        } else if section.ends_with("dependencies]") && !line.contains("workspace = true") {
            found.push(
                file.at(at, "write `name.workspace = true`; version and reason stand in the root manifest"),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let text =
            "[workspace.dependencies]\nours = { path = \"x\" }\na = \"1\" # reads a\nb = \"1\"\n".into();
        let findings = findings(&File { path: "Cargo.toml".into(), text });
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("Cargo.toml:4:"));
    }

    #[test]
    fn a_version_in_a_member_is_found() {
        let text = "[dev-dependencies]\na.workspace = true\nb = \"1\"\n[lints]\nworkspace = true\n".into();
        let findings = findings(&File { path: "crates/x/Cargo.toml".into(), text });
        assert_eq!(findings.len(), 1);
    }
}
