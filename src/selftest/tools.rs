//! Which programs took part, as they name themselves.

use camino::Utf8Path;

use super::document::Tool;
use crate::exec::Command;
use crate::tools::Tools;

/// No version is longer.
const VERSION_CHARS_MAX: usize = 40;

/// Asks each of them. One that does not answer is no reason to fail.
pub(super) fn versions(tools: &Tools) -> Vec<Tool> {
    let ask = |name, program: &Utf8Path| Tool {
        name,
        version: Command::new(program)
            .arg("--version")
            .run()
            .ok()
            .and_then(|output| version(&String::from_utf8_lossy(&output.stdout))),
    };
    vec![
        Tool {
            name: "lucarne",
            version: Some(env!("CARGO_PKG_VERSION").into()),
        },
        ask("qemu", &tools.qemu),
        ask("qemuImg", &tools.qemu_img),
        ask("swtpm", &tools.swtpm),
        ask("wimlib", &tools.wimlib),
    ]
}

/// The first word of the first line that begins with a digit and has a point.
fn version(text: &str) -> Option<String> {
    let words = text.lines().next()?.split_whitespace();
    let mut versions = words.filter(|word| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.contains('.')
            && word.len() <= VERSION_CHARS_MAX
            && word.is_ascii()
    });
    Some(versions.next()?.trim_end_matches([',', ')']).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_says_it_in_its_own_way() {
        let check = |text, wanted| assert_eq!(version(text).as_deref(), wanted);
        check(
            "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright",
            Some("10.0.2"),
        );
        check(
            "TPM emulator version 0.7.3, Copyright (c) 2014",
            Some("0.7.3"),
        );
        check("wimlib-imagex 1.14.4 (using wimlib 1.14.4)", Some("1.14.4"));
        check("no version", None);
        check("", None);
    }
}
