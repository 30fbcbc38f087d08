//! A document that is a program: `#!…/lucarne run` is its first line, and the JSON is below it.
//!
//! The kernel hands over everything behind the interpreter as one word, and then the file. So one
//! word with blanks is several, as `env -S` has it; and a first line of that kind is no JSON.

use std::ffi::OsString;

/// The words of a command line, the first one of them taken apart where it holds blanks. No
/// command's name does.
pub(super) fn words(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut words: Vec<_> = args.next().into_iter().collect();
    if let Some(first) = args.next() {
        match first.to_str().filter(|text| text.contains([' ', '\t'])) {
            Some(text) => words.extend(text.split_ascii_whitespace().map(OsString::from)),
            None => words.push(first),
        }
    }
    words.extend(args);
    words
}

/// A document without the line that names its interpreter. Its end stays, so that what is told of
/// the document counts lines as its file does.
pub(super) fn document(bytes: &[u8]) -> &[u8] {
    if !bytes.starts_with(b"#!") {
        return bytes;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    &bytes[end.unwrap_or(bytes.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(args: &[&str]) -> Vec<String> {
        let words = words(args.iter().map(OsString::from)).into_iter();
        let words = words.map(|word| word.into_string().expect("UTF-8"));
        words.collect()
    }

    #[test]
    fn one_word_of_the_kernels_is_several() {
        let wanted = ["lucarne", "run", "--below", ".", "/srv/a b"];
        assert_eq!(taken(&["lucarne", "run  --below\t. ", "/srv/a b"]), wanted);
        for plain in [&["lucarne"][..], &["lucarne", "run", "/srv/a b"]] {
            assert_eq!(taken(plain), plain);
        }
    }

    #[test]
    fn what_is_below_the_first_line_stays_as_it_is() {
        assert_eq!(document(b"#!/bin/lucarne run\n{}\n"), b"\n{}\n");
        assert_eq!(document(b"#!/bin/lucarne run"), b"");
        assert_eq!(document(b"{}"), b"{}");
        assert_eq!(document(b"\n#!\n{}"), b"\n#!\n{}");
    }
}
