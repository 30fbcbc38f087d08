//! Names with `*` in them, and paths.

/// Whether a name fits a pattern, in which `*` stands for any characters. Windows' names have no
/// case.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A path's folder and its last part.
#[must_use]
pub fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('\\');
    path.rsplit_once('\\').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, is) in [
            ("a.txt", "A.TXT", true),
            ("a.txt", "a.txt2", false),
            ("*", "", true),
            ("a*", "ab", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1c", false),
            ("*ab", "ab", true),
            ("a*a", "a", false),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, name), is, "{pattern} {name}");
        }
        assert_eq!(split(r"C:\a\b*"), (r"C:\a", "b*"));
        assert_eq!(split("b"), ("", "b"));
    }
}
