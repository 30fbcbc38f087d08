//! Registry data as bytes, and what a certificate's and a time zone's bytes mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne_protocol::step::Data;

/// The types' numbers, from winnt.h.
pub const REG_NONE: u32 = 0;
pub const REG_SZ: u32 = 1;
pub const REG_EXPAND_SZ: u32 = 2;
pub const REG_BINARY: u32 = 3;
pub const REG_DWORD: u32 = 4;
pub const REG_MULTI_SZ: u32 = 7;
pub const REG_QWORD: u32 = 11;

/// A value's type and bytes.
pub fn encode(data: &Data) -> Result<(u32, Vec<u8>), String> {
    Ok(match data {
        Data::None => (REG_NONE, Vec::new()),
        Data::Dword(number) => (REG_DWORD, number.to_le_bytes().into()),
        Data::Qword(number) => (REG_QWORD, number.to_le_bytes().into()),
        Data::String(text) => (REG_SZ, utf16(text)),
        Data::ExpandString(text) => (REG_EXPAND_SZ, utf16(text)),
        Data::MultiString(list) => {
            let mut bytes: Vec<u8> = list.iter().flat_map(|text| utf16(text)).collect();
            bytes.extend([0, 0]);
            (REG_MULTI_SZ, bytes)
        }
        Data::Binary(digits) => (REG_BINARY, hex(digits)?),
    })
}

/// Little endian, with the zero that ends it.
fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

/// A text of the registry's, up to the zero that ends it.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

fn hex(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || "binary data are pairs of hexadecimal digits".to_owned();
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return Err(wrong());
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong()))
        .collect()
}

/// The certificates in a file: one of DER, or those that PEM has.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    // A DER certificate is a sequence.
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes.to_vec()]);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for part in text.split(BEGIN).skip(1) {
        let (body, _) = part
            .split_once(END)
            .ok_or("a certificate in it has no end")?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body);
        found.push(der.map_err(|error| format!("a certificate in it is no base64: {error}"))?);
    }
    if found.is_empty() {
        return Err("it is no certificate in DER or PEM".to_owned());
    }
    Ok(found)
}

/// The value `TZI` of a time zone's key: three differences in minutes, and when they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    pub bias: i32,
    pub standard_bias: i32,
    pub daylight_bias: i32,
    /// `SYSTEMTIME`s: year, month, day of the week, day, hour, minute, second, milliseconds.
    pub standard: [u16; 8],
    pub daylight: [u16; 8],
}

impl Zone {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let bytes: &[u8; 44] = bytes.try_into().map_err(|_| "its `TZI` has not 44 bytes")?;
        let long = |at: usize| {
            i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let time = |at: usize| {
            std::array::from_fn(|n| u16::from_le_bytes([bytes[at + 2 * n], bytes[at + 2 * n + 1]]))
        };
        Ok(Self {
            bias: long(0),
            standard_bias: long(4),
            daylight_bias: long(8),
            standard: time(12),
            daylight: time(28),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_bytes() {
        let encoded = |data| encode(&data).expect("data");
        assert_eq!(encoded(Data::Dword(1)), (REG_DWORD, vec![1, 0, 0, 0]));
        assert_eq!(
            encoded(Data::String("é".into())),
            (REG_SZ, vec![0xe9, 0, 0, 0])
        );
        assert_eq!(
            encoded(Data::Binary("0aFF".into())),
            (REG_BINARY, vec![10, 255])
        );
        let list = Data::MultiString(vec!["a".into(), "b".into()]);
        let bytes = vec![b'a', 0, 0, 0, b'b', 0, 0, 0, 0, 0];
        assert_eq!(encoded(list), (REG_MULTI_SZ, bytes));
        assert_eq!(
            encoded(Data::MultiString(vec![])),
            (REG_MULTI_SZ, vec![0, 0])
        );
        assert_eq!(encoded(Data::None), (REG_NONE, vec![]));
        for wrong in ["0", "0g", "é"] {
            assert!(encode(&Data::Binary(wrong.into())).is_err(), "{wrong}");
        }
        assert_eq!(text(&[0xe9, 0, 0, 0, b'x', 0]), "é");
    }

    #[test]
    fn certificates_are_found_in_either_form() {
        let der = vec![0x30, 3, 1, 2, 3];
        assert_eq!(certificates(&der), Ok(vec![der.clone()]));
        let body = STANDARD.encode(&der);
        let one = format!("-----BEGIN CERTIFICATE-----\r\n{body}\r\n-----END CERTIFICATE-----\n");
        let two = format!("a comment\n{one}{one}");
        assert_eq!(certificates(two.as_bytes()), Ok(vec![der.clone(), der]));
        for wrong in [
            "",
            "-----BEGIN CERTIFICATE-----",
            &one.replace("MAM", "M?M"),
        ] {
            assert!(certificates(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_zone_is_read() {
        let mut bytes = Vec::new();
        for bias in [-60_i32, 0, -60] {
            bytes.extend(bias.to_le_bytes());
        }
        for month in [10_u16, 3] {
            for part in [0, month, 0, 5, 3, 0, 0, 0] {
                bytes.extend(part.to_le_bytes());
            }
        }
        let zone = Zone::read(&bytes).expect("a zone");
        assert_eq!((zone.bias, zone.daylight_bias), (-60, -60));
        assert_eq!((zone.standard[1], zone.daylight[1]), (10, 3));
        assert!(Zone::read(&bytes[1..]).is_err());
    }
}
