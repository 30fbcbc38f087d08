//! Names and addresses to ask for: plain ones, odd ones, and many that are nearly alike.

use sha2::{Digest, Sha256};

/// Taken the same way whatever is in them; none may be twice.
const ODD: &[&str] = &[
    "",
    " ",
    "-",
    ".",
    "..",
    "a/b",
    "a:b",
    "a%d",
    "a b",
    "a\nb",
    "a\tb",
    "\"",
    "\\",
    "$",
    "${x}",
    "''",
    "all",
    "default",
    "lo",
    "Office",
    "OFFICE",
    "office",
    "office.",
    "büro",
    "bu\u{308}ro",
    "事務所",
    "🪟",
    "🪟🪟🪟🪟🪟🪟🪟🪟",
    "\u{7f}",
    "\u{80}",
    "\u{202e}",
    "12-bytes-are",
    "13-bytes-here",
    "10-bytes-x",
    "11-bytes-xy",
];

/// So many names, none twice.
pub(super) fn many(count: usize) -> Vec<String> {
    let mut names: Vec<String> = ODD.iter().map(|&name| name.to_owned()).collect();
    names.extend((1..=300).map(|length| "x".repeat(length)));
    names.extend((1..=60).map(|length| "ü".repeat(length)));
    let rest = count - names.len();
    for n in 0..rest {
        names.push(match n % 5 {
            // Equal for as long as an interface's name is.
            0 => format!("machine-of-the-office-{n:05}"),
            1 => format!("m{n}"),
            2 => format!("{n:05}-of-the-machines"),
            3 => format!("guest_{n}/büro"),
            _ => format!("{:x}", Sha256::digest(n.to_string())),
        });
    }
    names
}

/// Hashes whose interface identifier is reserved, or next to what is.
pub(super) fn reserved_hashes() -> Vec<String> {
    [
        "0000000000000000",
        "0000000000000001",
        "000000000000ffff",
        "0000000000010000",
        "0200000000000001",
        "02005efffe000000",
        "02005efffe005212",
        "fdffffffffffff7f",
        "fdffffffffffff80",
        "fdffffffffffffff",
        "ffffffffffffff80",
        "ffffffffffffffff",
    ]
    .map(|id| format!("{:016}{id}{:032}", 0, 0))
    .into()
}

/// Texts that are addresses of IPv4, and texts that are nearly.
pub(super) fn ipv4() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "0.0.0.0",
        "255.255.255.255",
        "256.0.0.0",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.-4",
        "+1.2.3.4",
        "1.2.3.4\n",
        "1.2.3.٤",
        "0x1.2.3.4",
        "1..3.4",
    ]
    .map(str::to_owned)
    .into();
    texts.extend((0..300).map(|n| format!("10.{}.{n}.{}", n / 3, n % 7 * 50)));
    texts
}

/// The same of IPv6.
pub(super) fn ipv6() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        ":",
        "::",
        ":::",
        "::1",
        "1::",
        "1:",
        ":1",
        "1::2::3",
        "::ffff:1.2.3.4",
        "::ffff:0:0",
        "::ffff:102:304",
        "::1.2.3.4",
        "::102:304",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "FD00::A",
        "fd00::00ab",
        "fd00::12345",
        "fd00::1%eth0",
        "fd00::g",
        " ::1",
        "::1 ",
        "[::1]",
        "1::\n",
        "0001:0002:0003:0004:0005:0006:0007:00008",
    ]
    .map(str::to_owned)
    .into();
    // Every pattern of groups that are zero and groups that are not.
    for pattern in 0_u32..256 {
        let group = |at: u32| {
            if pattern >> at & 1 == 1 {
                format!("{at}f")
            } else {
                "0".into()
            }
        };
        texts.push((0..8).map(group).collect::<Vec<_>>().join(":"));
    }
    texts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_is_asked_for_twice() {
        let names = many(10_000);
        assert_eq!(names.len(), 10_000);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 10_000);
    }
}
