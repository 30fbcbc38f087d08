//! Texts: into the bytes of a file, and out of the bytes that a program wrote.

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

/// Cuts what a program writes into pieces for events: whole lines where there are some.
///
/// A program writes in the console's code page, in UTF-8, or in UTF-16; bytes that are UTF-8 are
/// taken for it, others are the `code_page`'s.
pub struct Cutter<F> {
    rest: Vec<u8>,
    /// How many bytes of text one piece may have.
    piece: usize,
    /// How many are left in all.
    left: usize,
    told: bool,
    code_page: F,
}

impl<F> std::fmt::Debug for Cutter<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cutter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl<F: FnMut(&[u8]) -> String> Cutter<F> {
    pub fn new(piece: usize, all: usize, code_page: F) -> Self {
        Self {
            rest: Vec::new(),
            piece,
            left: all,
            told: false,
            code_page,
        }
    }

    /// Takes bytes and hands out what is whole.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(String)) {
        if self.told {
            return;
        }
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n');
        // A line without an end is not waited for for ever.
        let end = match whole {
            Some(at) => at + 1,
            None if self.rest.len() >= self.piece => self.rest.len(),
            None => return,
        };
        let whole: Vec<u8> = self.rest.drain(..end).collect();
        self.hand_out(&whole, each);
    }

    /// Hands out what is left.
    pub fn finish(&mut self, each: &mut dyn FnMut(String)) {
        let rest = std::mem::take(&mut self.rest);
        self.hand_out(&rest, each);
    }

    fn hand_out(&mut self, bytes: &[u8], each: &mut dyn FnMut(String)) {
        let text = self.decode(bytes);
        let mut text = text.trim_end_matches(['\r', '\n', '\0']);
        while !text.is_empty() && !self.told {
            let (piece, rest) = split(text, self.piece);
            if piece.len() > self.left {
                self.told = true;
                each("(it wrote more, which is left out)".to_owned());
                return;
            }
            self.left -= piece.len();
            text = rest;
            let piece = piece.trim_end_matches(['\r', '\n']);
            if !piece.is_empty() {
                each(piece.to_owned());
            }
        }
    }

    fn decode(&mut self, bytes: &[u8]) -> String {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => (self.code_page)(bytes),
        };
        // What is UTF-16 of ASCII has a zero in each pair.
        text.replace('\0', "")
    }
}

/// The first lines, or the first characters of a line, that have room.
fn split(text: &str, room: usize) -> (&str, &str) {
    if text.len() <= room {
        return (text, "");
    }
    let mut end = room;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').map_or(end, |at| at + 1);
    text.split_at(end)
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

    fn cut(piece: usize, all: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut out = Vec::new();
        let mut cutter = Cutter::new(piece, all, |bytes| format!("<{}>", bytes.len()));
        let mut each = |text| out.push(text);
        for chunk in chunks {
            cutter.push(chunk, &mut each);
        }
        cutter.finish(&mut each);
        out
    }

    #[test]
    fn output_comes_in_lines_and_a_prompt_at_the_end() {
        assert_eq!(
            cut(100, 1000, &[b"a\r\nb", b"c\r\n\r\n", b"> "]),
            ["a", "bc", "> "]
        );
        assert_eq!(cut(100, 1000, &[b"\xff\xfe\n"]), ["<3>"]);
        assert_eq!(
            cut(100, 1000, &["Mü".as_bytes(), "ller\n".as_bytes()]),
            ["Müller"]
        );
    }

    #[test]
    fn output_is_bounded_by_piece_and_in_all() {
        assert_eq!(cut(4, 1000, &[b"abcdefghij\n"]), ["abcd", "efgh", "ij"]);
        let flood = cut(4, 9, &[b"abcdefghij\n", b"more\n"]);
        assert_eq!(
            flood,
            ["abcd", "efgh", "(it wrote more, which is left out)"]
        );
        assert_eq!(cut(3, 100, &["éé\n".as_bytes()]), ["é", "é"]);
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
