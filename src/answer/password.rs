//! Passwords as Setup wants them: not readable at a glance, though everybody can undo it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::unattend::{Node, flag, group, leaf};

/// The element of a password. What is encoded is the password with the element's own name behind
/// it; with another name Setup would set a password that nobody knows.
pub(super) fn element(name: &'static str, password: &str) -> Node {
    group(
        name,
        vec![
            leaf("Value", encode(password, name)),
            flag("PlainText", false),
        ],
    )
}

/// Base64 of the UTF-16LE of password and element name.
pub(super) fn encode(password: &str, element: &str) -> String {
    let units = password.encode_utf16().chain(element.encode_utf16());
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    STANDARD.encode(bytes)
}
