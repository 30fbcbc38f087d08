//! What a picture of the guest's screen shows, as far as a program can tell.

use std::fmt;
use std::io::{BufRead, Read as _};

use anyhow::{Context as _, anyhow, bail, ensure};

/// More pixels than any screen that the machine's VGA can show.
const PIXELS_MAX: u64 = 64 << 20;

/// A screen's size, and its colour where it has only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    /// Red, green, blue.
    pub colour: Option<[u8; 3]>,
}

/// A picture of the screen, in the work folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub file: String,
    pub screen: Screen,
}

impl Screen {
    /// Reads QEMU's PPM: `P6`, width, height and 255 in text, then three bytes for each pixel.
    pub(in crate::install) fn read(picture: &mut impl BufRead) -> anyhow::Result<Self> {
        ensure!(word(picture)? == "P6", "the picture is no PPM");
        let mut number = || -> anyhow::Result<u32> {
            let word = word(picture)?;
            word.parse()
                .with_context(|| format!("`{word}` is no number"))
        };
        let (width, height, depth) = (number()?, number()?, number()?);
        ensure!(depth == 255, "the picture has {depth} shades");
        let pixels = u64::from(width) * u64::from(height);
        ensure!(
            (1..=PIXELS_MAX).contains(&pixels),
            "a picture of {width}x{height} pixels"
        );
        let mut first = [0; 3];
        picture
            .read_exact(&mut first)
            .map_err(|_| anyhow!("the picture is cut"))?;
        let mut pixel = [0; 3];
        for _ in 1..pixels {
            picture
                .read_exact(&mut pixel)
                .map_err(|_| anyhow!("the picture is cut"))?;
            if pixel != first {
                return Ok(Self {
                    width,
                    height,
                    colour: None,
                });
            }
        }
        Ok(Self {
            width,
            height,
            colour: Some(first),
        })
    }
}

/// A word of the header, and the one space behind it.
fn word(picture: &mut impl BufRead) -> anyhow::Result<String> {
    let mut word = String::new();
    for byte in picture.bytes() {
        match byte.context("cannot read the picture")? {
            space if space.is_ascii_whitespace() => return Ok(word),
            letter if word.len() < 10 && letter.is_ascii_alphanumeric() => {
                word.push(letter.into());
            }
            _ => bail!("the picture has no header"),
        }
    }
    bail!("the picture is cut")
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} pixels", self.width, self.height)?;
        match self.colour {
            None => Ok(()),
            Some([0, 0, 0]) => f.write_str(", all black"),
            Some([r, g, b]) => write!(f, ", all of one colour, #{r:02x}{g:02x}{b:02x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(picture: &[u8]) -> Result<String, String> {
        let screen = Screen::read(&mut &picture[..]);
        screen
            .map(|screen| screen.to_string())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_picture_of_one_colour_is_told() {
        let pixels = |colour: [u8; 3], last: [u8; 3]| {
            [&b"P6\n2 2\n255\n"[..], &colour, &colour, &colour, &last].concat()
        };
        let told = |text: &str| Ok(text.to_owned());
        assert_eq!(read(&pixels([0; 3], [0; 3])), told("2x2 pixels, all black"));
        assert_eq!(
            read(&pixels([0, 120, 215], [0, 120, 215])),
            told("2x2 pixels, all of one colour, #0078d7")
        );
        assert_eq!(read(&pixels([9; 3], [8; 3])), told("2x2 pixels"));
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        let error = |picture: &[u8]| read(picture).expect_err("no picture");
        assert_eq!(error(b"P5\n2 2\n255\n"), "the picture is no PPM");
        assert_eq!(error(b"P6\n2 2\n255\n1111111"), "the picture is cut");
        assert_eq!(error(b"P6\n2 2\n"), "the picture is cut");
        assert_eq!(
            error(b"P6\n99999 99999\n255\n"),
            "a picture of 99999x99999 pixels"
        );
        assert_eq!(error(b"P6\n0 9\n255\n"), "a picture of 0x9 pixels");
        assert_eq!(error(&[b'P'; 100]), "the picture has no header");
        assert_eq!(error(b"P6\n-1 9\n255\n"), "the picture has no header");
    }
}
