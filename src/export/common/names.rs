//! Names that other engines take.

/// The longest, so that what is made of it (`-config`, a pool's number) still is a DNS label, and
/// an instance's name.
const MAX: usize = 40;

/// A DNS label of an image's name, in lower case: what Kubernetes, Proxmox and Lima call things by.
/// Lima takes no two separators side by side (its `pkg/identifiers`).
pub(crate) fn label(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let label: String = name.chars().map(plain).take(MAX).collect();
    let words: Vec<_> = label.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        "windows".to_owned()
    } else {
        words.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_a_label() {
        assert_eq!(label("Win_11+Pro"), "win-11-pro");
        assert_eq!(label("="), "windows");
        assert_eq!(label("-win11_+pro--"), "win11-pro");
        assert_eq!(label(&format!("{}-b", "a".repeat(39))), "a".repeat(39));
    }

    /// Whatever a label is made of, with what is put behind it it is one still.
    #[test]
    fn no_name_makes_more_than_a_label() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for name in [
            "É😀ß",
            "..",
            "../../etc",
            "a\n- b: c",
            "$(id)",
            "\"'`",
            "İ",
            "0",
        ] {
            for name in [
                name.to_owned(),
                name.repeat(60),
                format!("{}{name}", "Z".repeat(39)),
            ] {
                let label = label(&name);
                assert!(!label.is_empty() && label.chars().all(plain), "{label}");
                assert!(!label.starts_with('-') && !label.ends_with('-'), "{label}");
                assert!(!label.contains("--"), "{label}");
                // The longest label of DNS' has 63.
                assert!(format!("{label}-config").len() < 63, "{label}");
            }
        }
    }
}
