//! Texts: into the bytes of a file, and with variables in them.

use lucarne_protocol::step::{Encoding, LineEnds};

/// A text as a file has it. `ansi` turns it into Windows' own code page.
pub fn encode(
    text: &str,
    encoding: Encoding,
    line_ends: LineEnds,
    ansi: impl FnOnce(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let text = match line_ends {
        LineEnds::Crlf => crlf(text),
        LineEnds::Keep => text.to_owned(),
    };
    Ok(match encoding {
        Encoding::Utf8 => text.into_bytes(),
        Encoding::Utf8Bom => ["\u{feff}", &text].concat().into_bytes(),
        Encoding::Utf16 => {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        Encoding::Ansi => ansi(&text)?,
    })
}

/// Each end of a line as `\r\n`, whatever it was.
#[must_use]
pub fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Adds and takes away: `%NAME%` becomes the variable's value, in any case of letters; what is no
/// variable stays as it is.
#[must_use]
pub fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('%') else {
            out.push('%');
            rest = after;
            break;
        };
        if let Some(value) = variable(name) {
            out.push_str(&value);
            rest = behind;
        } else {
            out.push('%');
            rest = after;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(encoding: Encoding, line_ends: LineEnds) -> Vec<u8> {
        encode("é\r\nb\n", encoding, line_ends, |text| {
            Ok(text.replace('é', "?").into_bytes())
        })
        .expect("bytes")
    }

    #[test]
    fn a_text_is_written_as_it_is_asked_for() {
        assert_eq!(
            bytes(Encoding::Utf8, LineEnds::Crlf),
            "é\r\nb\r\n".as_bytes()
        );
        assert_eq!(
            bytes(Encoding::Utf8Bom, LineEnds::Keep),
            "\u{feff}é\r\nb\n".as_bytes()
        );
        assert_eq!(bytes(Encoding::Ansi, LineEnds::Keep), b"?\r\nb\n");
        let utf16 = bytes(Encoding::Utf16, LineEnds::Crlf);
        assert_eq!(utf16[..8], [0xff, 0xfe, 0xe9, 0, b'\r', 0, b'\n', 0]);
    }

    #[test]
    fn variables_are_expanded_and_percent_signs_stay() {
        let variable =
            |name: &str| (name.eq_ignore_ascii_case("windir")).then(|| r"C:\Windows".to_owned());
        assert_eq!(expand(r"%WINDIR%\a", variable), r"C:\Windows\a");
        assert_eq!(expand(r"100%\%windir%", variable), r"100%\C:\Windows");
        assert_eq!(expand("%no% 5%", variable), "%no% 5%");
    }
}
