//! What a program writes, as text: bytes as they come, in whichever encoding, cut into pieces.

/// Cuts what a program writes into pieces for events: whole lines where there are some.
///
/// A program writes in the console's code page, in UTF-8, or in UTF-16, and what it starts writes
/// in another: each line is looked at by itself. Bytes that are UTF-8 are taken for it, those with
/// zeros for UTF-16, others are the `code_page`'s.
pub struct Cutter<F> {
    rest: Vec<u8>,
    /// The rest goes on with a line of UTF-16.
    in_wide: bool,
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
            in_wide: false,
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
        let rest = std::mem::take(&mut self.rest);
        let (mut text, mut at) = (String::new(), 0);
        while let Some(part) = Part::first(&rest[at..], self.piece, self.in_wide) {
            text += &self.decode(&rest[at..at + part.end], part.wide);
            self.in_wide = part.wide && !part.is_line;
            at += part.end;
        }
        self.rest.extend_from_slice(&rest[at..]);
        self.hand_out(&text, each);
    }

    /// Hands out what is left.
    pub fn finish(&mut self, each: &mut dyn FnMut(String)) {
        let rest = std::mem::take(&mut self.rest);
        let text = self.decode(&rest, self.in_wide || is_wide(&rest));
        self.hand_out(&text, each);
    }

    fn hand_out(&mut self, text: &str, each: &mut dyn FnMut(String)) {
        let mut text = text.trim_end_matches(['\r', '\n']);
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

    /// A line, or a part of one.
    fn decode(&mut self, bytes: &[u8], wide: bool) -> String {
        let text = if wide {
            let pairs = bytes.chunks_exact(2);
            let units: Vec<u16> = pairs.map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
            String::from_utf16_lossy(&units)
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                // A program that was ended within a character.
                Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
                    String::from_utf8_lossy(bytes).into_owned()
                }
                Err(_) => (self.code_page)(bytes),
            }
        };
        text.replace(['\0', '\u{feff}'], "")
    }
}

/// A line, or a part of one that has become too long to be waited for.
struct Part {
    end: usize,
    /// It is UTF-16.
    wide: bool,
    /// Its line ends with it.
    is_line: bool,
}

impl Part {
    /// The first one in bytes. `in_wide`: they go on with a line of UTF-16.
    fn first(bytes: &[u8], piece: usize, in_wide: bool) -> Option<Self> {
        let line = bytes.iter().position(|byte| *byte == b'\n');
        let narrow = line.map_or(bytes, |at| &bytes[..at]);
        // Its end may be the first of a line of UTF-16 that has a zero.
        let ends_wide = line.is_some_and(|at| at % 2 == 0 && bytes.get(at + 1) == Some(&0));
        let wide = in_wide || is_wide(narrow) || ends_wide;
        let line = if wide {
            let mut pairs = bytes.chunks_exact(2);
            let at = pairs.position(|pair| pair == [b'\n', 0]);
            at.map(|at| 2 * at + 2)
        } else {
            line.map(|at| at + 1)
        };
        let part = || (bytes.len() >= piece).then(|| characters(bytes, wide));
        let end = line.or_else(part).filter(|end| *end > 0)?;
        Some(Self {
            end,
            wide,
            is_line: line.is_some(),
        })
    }
}

/// Where the last whole character ends.
fn characters(bytes: &[u8], wide: bool) -> usize {
    if !wide {
        return match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // It is whole, or no UTF-8, of which a character may be any byte.
            _ => bytes.len(),
        };
    }
    let even = bytes.len() / 2 * 2;
    // The first half of a pair of surrogates.
    let half = even >= 2 && (0xd8..=0xdb).contains(&bytes[even - 1]);
    if half { even - 2 } else { even }
}

/// Whether bytes are UTF-16: Latin letters, spaces and ends of lines have a zero there, and text in
/// another encoding has none.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.contains(&0)
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

#[cfg(test)]
mod tests {
    use super::*;

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

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn utf_16_is_known_by_its_zeros() {
        let text = "\u{feff}Grüße\r\n漢字\r\na ਅ 🪟 ਊ\r\n";
        let bytes = wide(text);
        assert_eq!(cut(100, 1000, &[&bytes]), ["Grüße\r\n漢字\r\na ਅ 🪟 ਊ"]);
        // However it is cut up on its way.
        for size in 1..bytes.len() {
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            let lines = cut(100, 1000, &chunks).join("\r\n");
            assert_eq!(lines, "Grüße\r\n漢字\r\na ਅ 🪟 ਊ", "{size}");
        }
        // One program of a script writes so, and others do not.
        let mixed = [
            b"first\r\n",
            &wide("zweite: ü\r\n")[..],
            "dritte: ü\r\n".as_bytes(),
        ];
        let all = mixed.concat();
        assert_eq!(cut(100, 1000, &[&all]), ["first\r\nzweite: ü\r\ndritte: ü"]);
    }

    #[test]
    fn what_has_no_end_of_line_is_cut_between_characters() {
        assert_eq!(
            cut(5, 1000, &["aaaaü".as_bytes().split_at(5).0, b"\xbcb"]),
            ["aaaa", "üb"]
        );
        let long = "ü".repeat(9);
        let chunks: Vec<&[u8]> = long.as_bytes().chunks(5).collect();
        assert_eq!(cut(5, 1000, &chunks).concat(), long);
        let long = "🪟".repeat(9);
        let bytes = [wide("a"), wide(&long)].concat();
        let chunks: Vec<&[u8]> = bytes.chunks(3).collect();
        let told = cut(6, 1000, &chunks).concat();
        assert_eq!(told, format!("a{long}"));
        // Ended within a character.
        assert_eq!(cut(100, 1000, &[b"abc\xc3"]), ["abc\u{fffd}"]);
        assert_eq!(cut(100, 1000, &[b"\xc3"]), ["<1>"]);
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
}
