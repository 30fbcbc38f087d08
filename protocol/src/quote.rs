//! Command lines: Windows hands a program one text, and the program cuts it up.

/// What a command line of `CreateProcessW` may have, in UTF-16 units, its end included.
pub const LINE_UNITS_MAX: usize = 32_767;
/// What cmd reads of a line.
pub const CMD_UNITS_MAX: usize = 8_191;

/// A program and its arguments as the C library of Windows cuts them up again.
#[must_use]
pub fn line(program: &str, arguments: &[String]) -> String {
    // The program's name is cut by another rule: quotation marks cannot be escaped in it, and no
    // path has one.
    let mut line = format!("\"{program}\"");
    if !arguments.is_empty() {
        line.push(' ');
    }
    line + &self::arguments(arguments)
}

/// The arguments of a command line.
#[must_use]
pub fn arguments(arguments: &[String]) -> String {
    let mut line = String::new();
    for argument in arguments {
        if !line.is_empty() {
            line.push(' ');
        }
        push(&mut line, argument);
    }
    line
}

/// One argument. Backslashes count only before a quotation mark.
fn push(line: &mut String, argument: &str) {
    let plain = !argument.is_empty() && !argument.contains([' ', '\t', '\n', '\u{b}', '"']);
    if plain {
        line.push_str(argument);
        return;
    }
    line.push('"');
    let mut backslashes = 0;
    for c in argument.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                line.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        line.push(c);
    }
    line.extend(std::iter::repeat_n('\\', backslashes));
    line.push('"');
}

/// The command line that runs a script of cmd's, with parameters.
///
/// Parameters are quoted, so of the characters that cmd acts on two are left: `%`, which is kept
/// from meaning a variable by an empty one behind it (`%cd:~,%`, the first 0 characters of the
/// folder), and `"`, which is doubled: `%~1` in the script then has two. What has an end of line
/// in it is no parameter, and stays empty. `LUCARNE_ARG_1` and so on have all of them as they are.
pub fn cmd_line(cmd: &str, script: &str, arguments: &[String]) -> Result<String, String> {
    let line = cmd_text(cmd, script, arguments);
    let units = line.encode_utf16().count();
    if units > CMD_UNITS_MAX {
        return Err(format!(
            "its command line has {units} characters, and cmd reads {CMD_UNITS_MAX}"
        ));
    }
    Ok(line)
}

/// The same, however long it is.
#[must_use]
pub fn cmd_text(cmd: &str, script: &str, arguments: &[String]) -> String {
    // `/s` takes off the first and the last quotation mark and reads what is between as it is.
    // Without delayed expansion `!` is a character like others.
    let mut line = format!("\"{cmd}\" /d /e:on /v:off /s /c \"");
    push_cmd(&mut line, script);
    for argument in arguments {
        line.push(' ');
        push_cmd(&mut line, argument);
    }
    line.push('"');
    line
}

fn push_cmd(line: &mut String, argument: &str) {
    line.push('"');
    if !argument.contains(['\r', '\n', '\0']) {
        for c in argument.chars() {
            match c {
                '%' => line.push_str("%%cd:~,%"),
                '"' => line.push_str("\"\""),
                _ => line.push(c),
            }
        }
    }
    line.push('"');
}

/// A property of Windows Installer's, which has a way of quoting of its own.
#[must_use]
pub fn property(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", value.replace('"', "\"\""))
}

/// The program of a command line, as services have theirs: in quotation marks, or up to `.exe`.
#[must_use]
pub fn program(line: &str) -> &str {
    let line = line.trim();
    if let Some(quoted) = line.strip_prefix('"') {
        return quoted.split('"').next().unwrap_or_default();
    }
    let end = line.to_ascii_lowercase().find(".exe");
    end.and_then(|at| line.get(..at + 4)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn arguments_are_quoted_as_the_c_library_reads_them() {
        let words = owned(&["/S", "", "a b", r"C:\x y\", r#"say "hi""#, r"\\", r#"a\"b"#]);
        assert_eq!(
            line(r"C:\Program Files\a.exe", &words),
            r#""C:\Program Files\a.exe" /S "" "a b" "C:\x y\\" "say \"hi\"" \\ "a\\\"b""#
        );
    }

    #[test]
    fn cmd_gets_what_it_does_not_act_on() {
        let words = owned(&["a&b|c", "100%", "%PATH%", "!x!", "^", "a\nb"]);
        assert_eq!(
            cmd_line("cmd.exe", r"C:\s.cmd", &words),
            Ok(concat!(
                r#""cmd.exe" /d /e:on /v:off /s /c ""C:\s.cmd" "a&b|c" "100%%cd:~,%" "#,
                r#""%%cd:~,%PATH%%cd:~,%" "!x!" "^" """"#
            )
            .to_owned())
        );
        let long = owned(&[&"x".repeat(9000)]);
        assert!(cmd_line("cmd.exe", "s", &long).is_err());
    }

    #[test]
    fn properties_double_their_quotation_marks() {
        assert_eq!(property("A", r#"x "y" z"#), r#"A="x ""y"" z""#);
    }

    #[test]
    fn a_services_program_is_found() {
        let ssh = r"C:\Program Files\OpenSSH\sshd.exe";
        for line in [ssh.to_owned(), format!("\"{ssh}\" -x"), format!("{ssh} -x")] {
            assert_eq!(program(&line), ssh);
        }
        assert_eq!(program("x"), "x");
        assert_eq!(program("\""), "");
    }
}
