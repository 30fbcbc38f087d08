//! The end of a failed install's log as a golden has it. The tests with a double of QEMU and the
//! checks with the real one both read this.

/// What a person reads who reads the last 20 lines, without what differs from run to run.
pub(super) fn last(told: &str, folder: &str) -> String {
    let told = told.replace(folder, "FOLDER");
    let told = without_numbers(&told, ".part");
    // QEMU's events and COM1 are two sockets: when a restart is heard beside a line differs.
    let lines = told
        .lines()
        .filter(|line| !line.ends_with("] the machine restarts"));
    let lines: Vec<&str> = lines.collect();
    let mut text = String::new();
    for line in &lines[lines.len().saturating_sub(20)..] {
        let line = match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, rest)) => format!("[time]{rest}"),
            None => (*line).to_owned(),
        };
        // Whether a QEMU that is gone is missed before or behind the command differs.
        let line = match line.split_once("no picture of the screen: ") {
            Some((before, _)) => format!("{before}no picture of the screen"),
            None => line,
        };
        text.push_str(&without_measures(&line));
        text.push('\n');
    }
    text
}

/// Numbers before a unit become `N`: how long or how much it was in this run.
fn without_measures(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).unwrap_or(&"");
        let unit = next.trim_end_matches([':', ',', '.', ';']);
        let digits = word.trim_end_matches(':');
        let number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        let measured = number && ["s", "MiB", "bytes"].contains(&unit);
        // Where a disk's end is met.
        let place = number && at > 0 && words[at - 1] == "byte";
        out.push(if measured || place { "N" } else { word });
    }
    out.join(" ")
}

/// The process and the count in a name such as `out.6-0.part` differ too.
fn without_numbers(text: &str, ending: &str) -> String {
    let parts: Vec<&str> = text.split(ending).collect();
    let number = |c: char| c.is_ascii_digit() || c == '-' || c == '.';
    let (last, named) = parts.split_last().expect("a split gives one");
    let named = named.iter().map(|part| part.trim_end_matches(number));
    named
        .flat_map(|part| [part, ending])
        .chain([*last])
        .collect()
}
