//! The names of keys: QEMU's own (`QKeyCode`), and what people call some of them.

use super::Refusal;
use crate::problem::{nearest, operand};

/// What people call keys, and QEMU's names.
const ALIASES: [(&str, &str); 15] = [
    ("control", "ctrl"),
    ("del", "delete"),
    ("enter", "ret"),
    ("escape", "esc"),
    ("ins", "insert"),
    ("meta", "meta_l"),
    ("page_down", "pgdn"),
    ("page_up", "pgup"),
    ("print_screen", "print"),
    ("return", "ret"),
    ("space", "spc"),
    ("super", "meta_l"),
    ("win", "meta_l"),
    ("windows", "meta_l"),
    ("context_menu", "menu"),
];

/// QEMU's names of the keys that a PC's keyboard has, without letters and digits.
const NAMED: &str = "alt alt_r apostrophe asterisk backslash backspace bracket_left \
    bracket_right caps_lock comma compose ctrl ctrl_r delete dot down end equal esc f1 f2 f3 f4 \
    f5 f6 f7 f8 f9 f10 f11 f12 grave_accent home insert kp_enter left less menu meta_l meta_r \
    minus num_lock pause pgdn pgup power print ret right scroll_lock semicolon shift shift_r \
    slash sleep spc sysrq tab up wake";

/// QEMU's name of a key.
pub fn qcode(key: &str) -> Result<&str, Refusal> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if key.len() == 1 && key.starts_with(plain) {
        return Ok(key);
    }
    let alias = ALIASES.iter().find(|(name, _)| *name == key);
    if let Some((_, name)) = alias {
        return Ok(name);
    }
    let named = NAMED.split_whitespace();
    if let Some(name) = named.clone().find(|name| *name == key) {
        return Ok(name);
    }
    let all = ALIASES.iter().map(|(name, _)| *name).chain(named);
    let hint = match nearest(key, all) {
        Some(meant) => format!("`{meant}` is one"),
        None => "such as `ctrl`, `alt`, `delete`, `f8`, `ret`, `a` or `1`".to_owned(),
    };
    Err(Refusal::new(format!("there is no key {}", operand(key))).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_qemus_names() {
        for (key, name) in [
            ("a", "a"),
            ("7", "7"),
            ("enter", "ret"),
            ("win", "meta_l"),
            ("f10", "f10"),
        ] {
            assert_eq!(qcode(key), Ok(name));
        }
        let refusal = qcode("delet").expect_err("a slip");
        assert_eq!(refusal.message, "there is no key `delet`");
        assert_eq!(refusal.hint.as_deref(), Some("`delete` is one"));
        assert!(qcode("A").is_err() && qcode("").is_err() && qcode("ä").is_err());
    }
}
