//! Tables of what Windows knows, and how they are read.

use std::ops::RangeInclusive;

/// Windows' locales by identifier, and the codes that their names are made of.
const LOCALES: &str = include_str!("../../data/locales.tsv");
/// The keyboards that are made for a language.
const KEYBOARDS: &str = include_str!("../../data/keyboards.tsv");
/// Windows' time zones and the IANA names that mean them.
const TIME_ZONES: &str = include_str!("../../data/time-zones.tsv");
/// Product keys that are no secrets.
const PRODUCT_KEYS: &str = include_str!("../../data/product-keys.tsv");
/// Windows' own accounts and groups, where it does not call them in English.
const ACCOUNT_NAMES: &str = include_str!("../../data/account-names.tsv");
/// Stands for every language that has no identifier.
const NO_LANGUAGE: &str = "0c00";

/// The locales' names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let locales = rows(LOCALES).filter(|(key, _)| is_hex(key, 4));
    locales.map(|(_, name)| name)
}

/// Whether a language has this identifier.
pub(super) fn is_identifier(text: &str) -> bool {
    text == NO_LANGUAGE || rows(LOCALES).any(|(identifier, _)| identifier == text)
}

/// The first digits of the layouts that are made for a language.
pub(super) fn variants(language: &str) -> Vec<&'static str> {
    let row = rows(KEYBOARDS).find(|(made_for, _)| *made_for == language);
    row.map(|(_, variants)| variants.split(' ').collect())
        .unwrap_or_default()
}

/// Whether the language and the region are, as far as two letters tell. Codes of three letters
/// are thousands, and Windows knows hundreds.
pub(super) fn has_known_codes(text: &str) -> bool {
    let known = |codes: &str, code: &str| {
        let codes = rows(LOCALES).find(|(key, _)| *key == codes);
        let mut codes = codes.into_iter().flat_map(|(_, codes)| codes.split(' '));
        code.len() != 2 || codes.any(|known| known.eq_ignore_ascii_case(code))
    };
    let mut parts = text.split('-');
    parts
        .next()
        .is_some_and(|language| known("language", language))
        && parts.all(|region| known("region", region))
}

pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Each zone's name in Windows, and its IANA names.
pub(super) fn zones() -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(TIME_ZONES)
}

/// The languages in which an account or a group of Windows' own has a name, as `de`.
pub(super) fn languages_of(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let has = |names: &str| names.split(';').any(|known| known.to_lowercase() == name);
    let found = rows(ACCOUNT_NAMES).filter(|(_, names)| has(names));
    found.map(|(language, _)| language).collect()
}

/// A product key that is no secret.
#[derive(Debug)]
pub(super) struct ProductKey {
    pub(super) key: &'static str,
    /// What Windows has before it is given another; else a KMS client's.
    pub(super) is_for_setup: bool,
    /// `EDITIONID` of the images that it is for.
    pub(super) edition: &'static str,
    /// Their builds.
    pub(super) builds: RangeInclusive<u32>,
    /// What these are called.
    pub(super) name: &'static str,
}

/// The product keys that are no secrets.
pub(super) fn product_keys() -> impl Iterator<Item = ProductKey> {
    rows(PRODUCT_KEYS).filter_map(|(key, rest)| {
        let mut columns = rest.split('\t');
        let (kind, edition) = (columns.next()?, columns.next()?);
        let (first, last) = columns.next()?.split_once(' ')?;
        Some(ProductKey {
            key,
            is_for_setup: kind == "setup",
            edition,
            builds: first.parse().ok()?..=last.parse().unwrap_or(u32::MAX),
            name: columns.next()?,
        })
    })
}

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_well_formed() {
        for (key, value) in rows(LOCALES) {
            let codes = ["language", "region"].contains(&key);
            assert!(
                codes || is_hex(key, 4) && !value.contains(' '),
                "{key} {value}"
            );
            assert_eq!(key, key.to_ascii_lowercase());
        }
        assert!(names().count() > 200);
        for name in names() {
            // `CS` was Serbia and Montenegro, and Windows still has its locales.
            assert!(name.ends_with("-CS") || has_known_codes(name), "{name}");
        }
        let keys = rows(PRODUCT_KEYS).count();
        assert_eq!(product_keys().count(), keys, "each row is whole");
        for (language, accounts) in rows(ACCOUNT_NAMES) {
            let of_it = |name: &str| name.starts_with(&format!("{language}-"));
            assert!(names().any(of_it), "{language}");
            let blank = accounts
                .split(';')
                .any(|name| name.trim() != name || name.is_empty());
            assert!(!blank, "{accounts}");
        }
        for (made_for, variants) in rows(KEYBOARDS) {
            assert!(is_identifier(made_for), "{made_for}");
            assert!(variants.split(' ').all(|v| is_hex(v, 4)), "{variants}");
        }
    }
}
