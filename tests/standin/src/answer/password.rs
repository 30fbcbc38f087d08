//! Passwords in answer files: base64 of the password and its element's name, in UTF-16.

use anyhow::{Context as _, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::tree::Element;

/// The password in an element such as `Password` or `AdministratorPassword`.
///
/// Windows takes a value of the wrong shape as it is, and nobody can log on then; here it is an
/// error at once.
pub fn read(element: &Element) -> Result<String> {
    let value = element
        .text_at("Value")
        .context("a password without a value")?;
    match element.text_at("PlainText") {
        Some("true") => return Ok(value.into()),
        Some("false") => {}
        other => bail!("`PlainText` of `{}` is {other:?}", element.name),
    }
    let bytes = STANDARD
        .decode(value)
        .with_context(|| format!("`{}` is not base64", element.name))?;
    ensure!(bytes.len() % 2 == 0, "`{}` is not UTF-16", element.name);
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
        .collect();
    let text = String::from_utf16(&units);
    let text = text.with_context(|| format!("`{}` is not UTF-16", element.name))?;
    let password = text.strip_suffix(&element.name);
    let password = password.with_context(|| {
        format!(
            "`{}` does not end with its own element's name",
            element.name
        )
    })?;
    ensure!(
        password.chars().count() <= 127,
        "a password of more than 127 characters"
    );
    ensure!(
        !password.chars().any(char::is_control),
        "a control character in a password"
    );
    Ok(password.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(name: &str, value: &str, plain: &str) -> Element {
        let child = |name: &str, text: &str| Element {
            name: name.into(),
            text: text.into(),
            ..Element::default()
        };
        Element {
            name: name.into(),
            children: vec![child("Value", value), child("PlainText", plain)],
            ..Element::default()
        }
    }

    #[test]
    fn the_values_on_microsofts_pages_are_read() {
        let administrator = "cAB3AEEAZABtAGkAbgBpAHMAdAByAGEAdABvAHIAUABhAHMAcwB3AG8AcgBkAA==";
        let read = |name: &str, value: &str| read(&element(name, value, "false"));
        assert_eq!(
            read("AdministratorPassword", administrator).expect("read"),
            "pw"
        );
        let user = "cABhAHMAcwB3AG8AcgBkAFAAYQBzAHMAdwBvAHIAZAA=";
        assert_eq!(read("Password", user).expect("read"), "password");
        assert_eq!(
            read("Password", "UABhAHMAcwB3AG8AcgBkAA==").expect("read"),
            ""
        );
        assert!(read("Password", administrator).is_ok_and(|read| read == "pwAdministrator"));
        assert!(
            read("AdministratorPassword", user).is_err(),
            "the other element's"
        );
        assert!(read("Password", "password").is_err(), "not encoded");
        assert!(read("Password", "cABhAHMAcwB3").is_err(), "no suffix");
    }

    #[test]
    fn plain_text_must_be_said() {
        assert_eq!(read(&element("Password", "x", "true")).expect("plain"), "x");
        assert!(read(&element("Password", "x", "yes")).is_err());
    }
}
