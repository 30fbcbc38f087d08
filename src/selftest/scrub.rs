//! Takes what is private out of a text that goes to strangers.

use crate::plan::Plan;

/// What separates the words that patterns look at.
const IN_WORDS: &str = "-:{}";

/// Knows what is private in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrub {
    /// Text, what stands in its place, and whether it is a name, which is a word by itself.
    known: Vec<(String, &'static str, bool)>,
}

impl Scrub {
    /// `host` is what the host and its user are called.
    pub(super) fn new(plan: &Plan, host: impl IntoIterator<Item = String>) -> Self {
        let mut scrub = Self::default();
        let accounts = plan.accounts.iter().chain([&plan.build_account]);
        for account in accounts {
            scrub.add(&account.password.text, "[password]", false);
        }
        if let Some(password) = &plan.administrator_password {
            scrub.add(&password.text, "[password]", false);
        }
        for key in [&plan.product_key, &plan.setup_key].into_iter().flatten() {
            scrub.add(key, "[key]", false);
        }
        for account in &plan.accounts {
            scrub.add(&account.name, "[user]", true);
            let more = [&account.display_name, &account.description];
            for name in more.into_iter().flatten() {
                scrub.add(name, "[user]", true);
            }
        }
        let owner = [&plan.owner.name, &plan.owner.organization];
        for name in owner.into_iter().flatten() {
            scrub.add(name, "[owner]", true);
        }
        scrub.add(
            plan.computer_name.as_deref().unwrap_or_default(),
            "[computer]",
            true,
        );
        for name in host {
            scrub.add(&name, "[host]", true);
        }
        // The longer first: one may be in another.
        scrub
            .known
            .sort_by_key(|(text, ..)| std::cmp::Reverse(text.len()));
        scrub
    }

    fn add(&mut self, text: &str, instead: &'static str, is_name: bool) {
        if !text.is_empty() {
            self.known.push((text.to_lowercase(), instead, is_name));
        }
    }

    /// The text without what is private.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, instead, is_name) in &self.known {
            text = replace(&text, known, instead, *is_name);
        }
        patterns(&users(&paths(&text)))
    }
}

/// Replaces a text whatever its case, a name only where it is a word.
fn replace(text: &str, known: &str, instead: &str, is_name: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let found = prefix(rest, known).filter(|behind| {
            !is_name || !(is_word(out.chars().last()) || is_word(behind.chars().next()))
        });
        if let Some(behind) = found {
            out.push_str(instead);
            rest = behind;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// What is behind a text that begins with another in any case.
fn prefix<'a>(text: &'a str, lower: &str) -> Option<&'a str> {
    let mut wanted = lower.chars().peekable();
    let mut rest = text.chars();
    while wanted.peek().is_some() {
        for lower in rest.next()?.to_lowercase() {
            if wanted.next() != Some(lower) {
                return None;
            }
        }
    }
    Some(rest.as_str())
}

/// Absolute paths of the host. Device paths of firmware have something before their slash.
fn paths(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let begins = !out.ends_with(|c: char| c.is_alphanumeric() || ")]/\\<.".contains(c));
        let goes_on = chars
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || "._-".contains(*c));
        if c == '/' && begins && goes_on {
            while chars
                .next_if(|c| !c.is_whitespace() && !"`'\"<>,;:()".contains(*c))
                .is_some()
            {}
            out.push_str("[path]");
        } else {
            out.push(c);
        }
    }
    out
}

/// Whose a folder below `\Users` is.
fn users(text: &str) -> String {
    const FOLDER: &str = "\\users\\";
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in lower.match_indices(FOLDER) {
        let name = at + FOLDER.len();
        if at < done {
            continue;
        }
        let rest = &text[name..];
        let end = rest
            .find(|c: char| "\\\"'`<>|/ ".contains(c))
            .unwrap_or(rest.len());
        out.push_str(&text[done..name]);
        out.push_str("[user]");
        done = name + end;
    }
    out + &text[done..]
}

/// Keys, MAC addresses, GUIDs and SIDs, whoever wrote them.
fn patterns(text: &str) -> String {
    let mut out = String::new();
    let in_word = |c: char| c.is_ascii_alphanumeric() || IN_WORDS.contains(c);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        out.push_str(pattern(word.trim_matches(['{', '}', ':'])).unwrap_or(word));
        let end = behind.find(in_word).unwrap_or(behind.len());
        let (between, behind) = behind.split_at(end);
        out.push_str(between);
        rest = behind;
    }
    out
}

fn pattern(word: &str) -> Option<&'static str> {
    let lengths: Vec<usize> = word.split(['-', ':']).map(str::len).collect();
    let hex = word
        .chars()
        .all(|c| c.is_ascii_hexdigit() || "-:".contains(c));
    if word.starts_with("S-1-5-21-") {
        return Some("[sid]");
    }
    match lengths.as_slice() {
        [8, 4, 4, 4, 12] if hex => Some("[guid]"),
        [2, 2, 2, 2, 2, 2] if hex => Some("[mac]"),
        [5, 5, 5, 5, 5] => Some("[key]"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub() -> Scrub {
        let mut scrub = Scrub::default();
        scrub.add("alice", "[user]", true);
        scrub.add("s3cret!", "[password]", false);
        scrub
    }

    #[track_caller]
    fn check(text: &str, clean: &str) {
        assert_eq!(scrub().text(text), clean);
    }

    #[test]
    fn what_is_known_is_taken_out_in_any_case() {
        check("Alice, alice's and ALICE", "[user], [user]'s and [user]");
        check("malice and alices stay", "malice and alices stay");
        check("x=S3CRET!y", "x=[password]y");
    }

    #[test]
    fn paths_are_taken_out_and_device_paths_stay() {
        check(
            "cannot read `/srv/isos/win.iso`: no",
            "cannot read `[path]`: no",
        );
        check("logs: /var/tmp/a b", "logs: [path] b");
        check("-b=/nix/store/x,/y", "-b=[path],[path]");
        let device = "from PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)";
        check(device, device);
        check("10/12 and/or a / b", "10/12 and/or a / b");
        check(
            r"C:\Users\Bob\x and c:\users\Eve",
            r"C:\Users\[user]\x and c:\users\[user]",
        );
        check(
            r"C:\Windows\Panther\setuperr.log",
            r"C:\Windows\Panther\setuperr.log",
        );
    }

    #[test]
    fn what_has_a_known_form_is_taken_out() {
        check("key ABCDE-FGHIJ-KLMNO-PQRST-UVWXY.", "key [key].");
        check("52:54:00:12:ab:ff 52-54-00-12-AB-FF", "[mac] [mac]");
        let disk = "HD(1,GPT,0E4C51AF-3B7A-4E1F-9D0F-0F1D5B1F3C22,0x800)";
        check(disk, "HD(1,GPT,[guid],0x800)");
        check("{0e4c51af-3b7a-4e1f-9d0f-0f1d5b1f3c22}", "[guid]");
        check("S-1-5-21-1-2-3-1001 and S-1-5-18", "[sid] and S-1-5-18");
        check("2026-01-31 12:00:00", "2026-01-31 12:00:00");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", known in "\\PC{1,5}") {
            let mut scrub = scrub();
            scrub.add(&known, "[x]", false);
            scrub.text(&text);
        }
    }
}
