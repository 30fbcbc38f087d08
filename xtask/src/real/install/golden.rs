//! Goldens of the last lines of each fault: what failed, where, and what to do.

use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use super::lines;
use crate::test::Context;

/// Compares the last lines of an install with `tests/faults/qemu/NAME.txt`, where NAME is the
/// check's; `UPDATE_EXPECT=1` writes that.
pub(super) fn check(context: &Context, told: &str) -> Result<()> {
    let name = context
        .folder
        .file_name()
        .context("a folder without a name")?;
    let place = context.repository.join("tests/faults/qemu");
    let file = place.join(format!("{name}.txt"));
    let now = steady(&lines::last(told, context.folder.as_str()));
    ensure!(now.contains("\nhint: "), "and what to do? {now}");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::create_dir_all(&place)?;
        fs::write(&file, now).with_context(|| format!("cannot write `{file}`"))?;
        return Ok(());
    }
    let golden = fs::read_to_string(&file)
        .with_context(|| format!("cannot read `{file}`\nhint: `UPDATE_EXPECT=1` writes it"))?;
    ensure!(
        now == golden,
        "the last lines are not those of `{file}` (`UPDATE_EXPECT=1` writes them), but:\n{now}"
    );
    Ok(())
}

/// How far a guest came, what it said and showed by then differ from run to run.
fn steady(lines: &str) -> String {
    let mut text = String::new();
    let before = |line: &&str| !line.starts_with("note: ") && !line.starts_with("error: ");
    for line in lines.lines().skip_while(before) {
        let line = match line {
            _ if line.starts_with("  guest: ") && text.ends_with("  guest: …\n") => continue,
            _ if line.starts_with("  guest: ") => "  guest: …",
            _ if line.starts_with("note: no picture of the screen") => "note: the screen: …",
            _ if line.starts_with("note: the screen: ") => "note: the screen: …",
            _ if line.starts_with("note: Setup's logs") => "note: Setup's logs: …",
            other => other,
        };
        // What more there is hangs on what was seen.
        let files = line.strip_prefix("note: `serial.log`");
        if let Some((_, place)) = files.and_then(|rest| rest.split_once(" are in ")) {
            text.push_str("note: `serial.log` … are in ");
            text.push_str(place);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_left_out() {
        let told = "warning: a\n[  0:07] phase `windowsPE`\nnote: the last lines on COM1:\n\
                    \u{20} guest: a\n\u{20} guest: b\nnote: the screen: 720x400 pixels\n\
                    error: in 3 s\n";
        assert_eq!(
            steady(&lines::last(told, "/nowhere")),
            "note: the last lines on COM1:\n  guest: …\nnote: the screen: …\nerror: in N s\n"
        );
    }
}
