//! The form of SDDL, Windows' text for who may what.

use super::desk::Desk;

/// Longer ones are no list for one file.
const MAX: usize = 4096;
const HINT: &str = "such as `D:P(A;;FA;;;SY)(A;;FA;;;BA)`: SYSTEM and Administrators, and nobody \
                    else";

/// A problem where a text has not the form of SDDL. Whether its accounts exist is Windows' to know.
pub(super) fn sddl(desk: &mut Desk<'_, '_>, at: &str, text: Option<&String>) {
    if let Some(what) = text.and_then(|text| wrong(text)) {
        desk.problem(at, what, HINT);
    }
}

fn wrong(text: &str) -> Option<String> {
    if text.len() > MAX {
        return Some(format!("has {} bytes, more than {MAX}", text.len()));
    }
    let mut rest = text;
    let mut seen = String::new();
    while let Some(kind) = rest.chars().next() {
        let Some(tail) = rest[kind.len_utf8()..].strip_prefix(':') else {
            return Some("is no SDDL: `O:`, `G:`, `D:` or `S:` begins a part".to_owned());
        };
        if !"OGDS".contains(kind) || seen.contains(kind) {
            return Some(format!(
                "is no SDDL: `{}:` stands where it cannot",
                kind.escape_debug()
            ));
        }
        seen.push(kind);
        let read = if "OG".contains(kind) {
            account(tail)
        } else {
            list(tail)
        };
        match read {
            Some(tail) => rest = tail,
            None => return Some(format!("is no SDDL: what follows `{kind}:` is wrong")),
        }
    }
    (!seen.contains('D')).then(|| "has no `D:`, so it says nothing of who may what".to_owned())
}

/// An account, by two letters or as a SID.
fn account(text: &str) -> Option<&str> {
    let end = match text.strip_prefix("S-") {
        Some(sid) => {
            2 + sid
                .find(|c: char| !c.is_ascii_digit() && c != '-')
                .unwrap_or(sid.len())
        }
        None => 2,
    };
    let (account, rest) = text.split_at_checked(end)?;
    account
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
        .then_some(rest)
}

/// Flags, and entries of six fields in parentheses; conditions and claims have one more.
fn list(text: &str) -> Option<&str> {
    let flags = text.find(['(', ':']).unwrap_or(text.len());
    // The letter before a colon begins the next part.
    let flags = if text[flags..].starts_with(':') {
        flags.checked_sub(1)?
    } else {
        flags
    };
    let (flags, mut rest) = text.split_at_checked(flags)?;
    let fits = |c: char| c.is_ascii_uppercase() || c == '_';
    if !flags.chars().all(fits) {
        return None;
    }
    while let Some(entry) = rest.strip_prefix('(') {
        let end = closing(entry)?;
        let fields = entry[..end].split(';').count();
        if !(6..=7).contains(&fields) || !entry[..end].is_ascii() {
            return None;
        }
        rest = &entry[end + 1..];
    }
    Some(rest)
}

/// Where the parenthesis closes that is open.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, c)| {
        open += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (open == 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn lists_have_the_form_of_sddl() {
        for right in [
            "D:P(A;;FA;;;SY)(A;;FA;;;BA)",
            "O:BAG:SYD:(A;OICI;GR;;;WD)S:(AU;SA;WD;;;WD)",
            "O:S-1-5-32-544D:PAI(A;;0x1301bf;;;S-1-5-21-1-2-3-500)",
            "D:(XA;;FX;;;S-1-1-0;(@User.Title==\"PM\"))",
            "D:",
        ] {
            assert_eq!(wrong(right), None, "{right}");
        }
        for odd in [
            "",
            "everyone",
            "D:(A;;FA;;SY)",
            "D:(A;;FA;;;SY",
            "D:P(A;;FA;;;SY)x",
            "O:BA",
            "D:D:",
            "X:(A;;FA;;;SY)",
            "D:p(A;;FA;;;SY)",
            "é:",
        ] {
            assert!(wrong(odd).is_some(), "{odd}");
        }
    }
}
