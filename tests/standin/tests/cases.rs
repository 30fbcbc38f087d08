//! The generator's golden answer files, read by the strict Setup: two readings of Microsoft's
//! documents that were written apart.

use std::fs;
use std::path::Path;

use lucarne_standin::answer::{Answer, oobe, specialize, windows_pe};
use lucarne_standin::cmd::{self, Machine, Registry};
use lucarne_standin::drives::Drives;
use lucarne_standin::release;

/// Reads one case's answer file as Setup does, pass by pass, and runs its commands.
fn check(case: &str, release: &str, language: &str, client: bool) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../cases")
        .join(case);
    let bytes = fs::read(file.join("Autounattend.xml")).expect("a golden file");
    let answer = Answer::read(&bytes).unwrap_or_else(|error| panic!("{case}: {error:#}"));
    let release = release::find(release).expect("a release");
    let pe = windows_pe::wish(&answer, release, &[language.to_owned()]);
    let pe = pe.unwrap_or_else(|error| panic!("{case}: {error:#}"));
    let later = specialize::wish(&answer).unwrap_or_else(|error| panic!("{case}: {error:#}"));
    let oobe = oobe::wish(&answer, client).unwrap_or_else(|error| panic!("{case}: {error:#}"));
    assert_eq!(
        oobe.commands.len(),
        1,
        "{case}: first-logon commands start all at once"
    );
    assert_eq!(oobe.logon.0, "lucarne", "{case}");
    assert!(
        specialize::prevents_encryption(&answer).expect("a truth value"),
        "{case}"
    );

    let folder = tempfile::tempdir().expect("a folder");
    let mut drives = Drives::default();
    for (letter, name) in [('C', "c"), ('D', "windows"), ('Q', "answer")] {
        let root = folder.path().join(name);
        fs::create_dir_all(&root).expect("made");
        drives.assign(letter, root);
    }
    fs::create_dir_all(folder.path().join("c/Windows/Setup")).expect("made");
    let media = folder.path().join("answer/lucarne");
    fs::create_dir_all(&media).expect("made");
    for file in ["lucarne.json", "lucarne-guest.exe", "ErrorHandler.cmd"] {
        fs::write(media.join(file), file).expect("written");
    }
    let mut registry = Registry::new();
    for command in pe.commands.iter().chain(&later.commands) {
        let code = cmd::run(&mut Machine::new(&drives, &mut registry), &command.line);
        let code = code.unwrap_or_else(|error| panic!("{case}: `{}`: {error:#}", command.line));
        assert_eq!(code, 0, "{case}: `{}`", command.line);
    }
    for copied in [
        "Lucarne/lucarne.json",
        "Lucarne/lucarne-guest.exe",
        "Setup/Scripts/ErrorHandler.cmd",
    ] {
        let copied = folder.path().join("c/Windows").join(copied);
        assert!(copied.is_file(), "{case}: {}", copied.display());
    }
    let clock = registry.get(r"hklm\system\currentcontrolset\control\timezoneinformation");
    assert!(
        clock.is_some_and(|values| values.contains_key("realtimeisuniversal")),
        "{case}"
    );
}

#[test]
fn the_generators_answer_files_are_what_setup_wants() {
    check("minimal", "win11-25h2", "en-US", true);
    check("full", "win11-25h2", "de-DE", true);
    check("bios-mbr", "win10-22h2", "en-US", true);
    check("server", "server2025", "en-US", false);
}
