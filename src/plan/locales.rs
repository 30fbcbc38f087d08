//! Rules of languages, locales and keyboards.
//!
//! A value that Windows does not know makes Setup stop with a question that nobody answers. What
//! cannot be right is a problem. What is of the right form and not in the tables is a warning:
//! later releases of Windows have other layouts, and locales without an identifier.

use crate::plan::Locale;
use crate::plan::rules::Rules;
use crate::plan::tables::{has_known_codes, is_hex, is_identifier, names, variants};
use crate::problem::{Problem, nearest, operand, operands};
use crate::windows_iso::Image;

/// The keyboard layouts and languages that one setting takes, in characters.
const TEXT_MAX: usize = 256;
const UNSURE: &str = "Setup stops with a question at one that it does not know";

/// Languages and keyboard.
pub(super) fn locale(rules: &mut Rules<'_>, image: &Image) -> Locale {
    let said = rules.spec.locale.clone().unwrap_or_default();
    let ui = ui_language(rules, image, said.ui);
    let mut judged = |at: &str, text: Option<String>| {
        text.map(|text| {
            let judgement = judge_locale(&text);
            settle(rules, at, text, judgement)
        })
    };
    let system = judged("locale.system", said.system);
    let user = judged("locale.user", said.user);
    let input = said.input.map(|input| keyboards(rules, &input));
    let user = user.unwrap_or_else(|| ui.clone());
    Locale {
        system: system.unwrap_or_else(|| ui.clone()),
        input: input.unwrap_or_else(|| user.clone()),
        user,
        ui,
    }
}

/// The language of Setup: one of the image's, for with another Setup stops and shows its first
/// page.
fn ui_language(rules: &mut Rules<'_>, image: &Image, said: Option<String>) -> String {
    let at = "locale.ui";
    let mut known = image.languages.iter();
    if let Some(said) = said {
        if !rules.image_found {
            let judgement = judge_locale(&said);
            return settle(rules, at, said, judgement);
        }
        if let Some(found) = known.find(|l| l.eq_ignore_ascii_case(&said)) {
            return found.clone();
        }
        let what = format!("the image does not speak {}", operand(&said));
        let has = operands(image.languages.iter().map(String::as_str));
        let problem = Problem::new(at, what).hint(format!("it has {has}"));
        rules.problem_of(&["edition"], problem);
        return said;
    }
    let default = image.default_language.as_ref().or(image.languages.first());
    if default.is_none() && (rules.image_found || rules.facts.windows.is_none()) {
        let what = if rules.image_found {
            "is not said, and the image does not tell its languages"
        } else {
            "is not said, and no Windows ISO was read to take it from"
        };
        let hint = "say the language of the ISO, such as `en-US`";
        rules.problem_of(&["windowsIso"], Problem::new(at, what).hint(hint));
    }
    default.cloned().unwrap_or_default()
}

/// Keyboards, joined with `;`.
fn keyboards(rules: &mut Rules<'_>, input: &str) -> String {
    let at = "locale.input";
    if input.len() > TEXT_MAX {
        let what = format!("has {} bytes, more than {TEXT_MAX}", input.len());
        let hint = "name fewer keyboards: people add more when they need them";
        rules.problem(Problem::new(at, what).hint(hint));
        return input.to_owned();
    }
    let keyboards = input.split(';').map(|one| {
        let judgement = match one.split_once(':') {
            Some((language, layout)) => judge_keyboard(one, language, layout),
            None => judge_locale(one),
        };
        settle(rules, at, one.to_owned(), judgement)
    });
    keyboards.collect::<Vec<_>>().join(";")
}

/// What the tables say of a text.
#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    /// It is in them, spelled so.
    Known(String),
    /// It may be right all the same.
    Unknown { what: String, hint: String },
    /// It cannot be right.
    Wrong { what: String, hint: String },
}

/// Tells what is wrong with a text, and gives it as the tables spell it.
fn settle(rules: &mut Rules<'_>, at: &str, text: String, judgement: Judgement) -> String {
    match judgement {
        Judgement::Known(name) => return name,
        Judgement::Unknown { what, hint } => rules.warn(Problem::new(at, what).hint(hint)),
        Judgement::Wrong { what, hint } => rules.problem(Problem::new(at, what).hint(hint)),
    }
    text
}

/// `en-US`, `sr-Latn-RS`, `es-419`.
fn judge_locale(text: &str) -> Judgement {
    if let Some(name) = names().find(|name| name.eq_ignore_ascii_case(text)) {
        return Judgement::Known(name.to_owned());
    }
    if is_locale(text) && has_known_codes(text) {
        Judgement::Unknown {
            what: format!("{} is not in the table of Windows' locales", operand(text)),
            hint: meant(text).unwrap_or_else(|| UNSURE.to_owned()),
        }
    } else {
        Judgement::Wrong {
            what: format!("{} is no locale of Windows", operand(text)),
            hint: meant(text).unwrap_or_else(|| "such as `en-US` or `sr-Latn-RS`".to_owned()),
        }
    }
}

/// What a locale that is not in the table probably is.
fn meant(text: &str) -> Option<String> {
    let of_language = names().filter(|name| {
        let (language, _) = name.split_once('-').unwrap_or_default();
        language.eq_ignore_ascii_case(text)
    });
    let several = operands(of_language.take(6));
    if !several.is_empty() {
        return Some(format!("say the region too, such as {several}"));
    }
    // What Linux writes, and what people call the United Kingdom.
    let text = text.replace('_', "-").replace("-UK", "-GB");
    let meant = nearest(&text, names())?;
    Some(format!("did you mean `{meant}`?"))
}

/// `LLLL:KKKKKKKK`: a language and a layout in hexadecimal; or `LLLL:{…}{…}`: a text service.
fn judge_keyboard(text: &str, language: &str, layout: &str) -> Judgement {
    let wrong = |hint: String| Judgement::Wrong {
        what: format!("{} names no keyboard", operand(text)),
        hint,
    };
    let service = is_text_service(layout);
    if !is_hex(language, 4) || !(service || is_hex(layout, 8)) {
        let forms = "a locale such as `en-US`, or `0409:00000409`; several joined with `;`";
        return wrong(forms.to_owned());
    }
    let language = language.to_ascii_lowercase();
    if !is_identifier(&language) {
        return wrong(format!(
            "Windows has no language `{language}`; `0409` is `en-US`"
        ));
    }
    if service {
        return Judgement::Known(text.to_owned());
    }
    let layout = layout.to_ascii_lowercase();
    let (variant, made_for) = layout.split_at(4);
    let variants = variants(made_for);
    if variants.contains(&variant) {
        return Judgement::Known(format!("{language}:{layout}"));
    }
    if !is_identifier(made_for) {
        return wrong(format!(
            "Windows has no language `{made_for}` that a layout is made for"
        ));
    }
    let others = variants.iter().map(|v| format!("{v}{made_for}"));
    let others: Vec<_> = others.collect();
    let others = match others.as_slice() {
        [] => UNSURE.to_owned(),
        others => format!(
            "the table has {}",
            operands(others.iter().map(String::as_str))
        ),
    };
    Judgement::Unknown {
        what: format!(
            "{} is not in the table of Windows' keyboards",
            operand(&layout)
        ),
        hint: others,
    }
}

/// The form of a locale's name.
fn is_locale(text: &str) -> bool {
    let letters = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && letters(language)
        && text.len() <= 20
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// Two GUIDs, as Microsoft writes the input methods of Chinese or Japanese.
fn is_text_service(text: &str) -> bool {
    let is_guid = |text: &str| {
        let parts: Vec<_> = text.split('-').collect();
        let lengths = [8, 4, 4, 4, 12];
        parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(p, l)| is_hex(p, l))
    };
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    inner
        .and_then(|inner| inner.split_once("}{"))
        .is_some_and(|(service, profile)| is_guid(service) && is_guid(profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn known(judgement: &Judgement, name: &str) {
        assert_eq!(*judgement, Judgement::Known(name.to_owned()));
    }

    #[track_caller]
    fn unknown(judgement: &Judgement, says: &str) {
        let Judgement::Unknown { hint, .. } = judgement else {
            panic!("{judgement:?}");
        };
        assert!(hint.contains(says), "{hint}");
    }

    #[track_caller]
    fn wrong(judgement: &Judgement, says: &str) {
        let Judgement::Wrong { hint, .. } = judgement else {
            panic!("{judgement:?}");
        };
        assert!(hint.contains(says), "{hint}");
    }

    #[test]
    fn locales_are_judged() {
        known(&judge_locale("en-us"), "en-US");
        known(&judge_locale("es-419"), "es-419");
        known(&judge_locale("SR-latn-rs"), "sr-Latn-RS");
        // Windows has these without an identifier of their own.
        unknown(&judge_locale("en-DE"), "did you mean");
        unknown(&judge_locale("agq-CM"), "");
        unknown(&judge_locale("zh"), "`zh-CN`");
        wrong(&judge_locale("en-UK"), "`en-GB`");
        wrong(&judge_locale("en_US"), "`en-US`");
        wrong(&judge_locale("xx-YY"), "such as");
        wrong(&judge_locale("english"), "such as");
        wrong(&judge_locale(""), "such as");
    }

    #[test]
    fn keyboards_are_judged() {
        let judge = |text: &str| {
            let (language, layout) = text.split_once(':').expect("a keyboard");
            judge_keyboard(text, language, layout)
        };
        known(&judge("0409:00000409"), "0409:00000409");
        known(&judge("0C00:00140C00"), "0c00:00140c00");
        let service = "0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}\
                       {A76C93D9-5523-4E90-AAFA-4DB112F9AC76}";
        known(&judge(service), service);
        unknown(&judge("0407:00090407"), "`00000407`, `00010407`");
        wrong(&judge("0407:00000999"), "no language `0999`");
        wrong(&judge("9999:00000409"), "no language `9999`");
        wrong(&judge("0409:0409"), "several joined");
        wrong(&judge("0411:{03B5835F}{A76C93D9}"), "several joined");
    }
}
