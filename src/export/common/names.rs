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
}
