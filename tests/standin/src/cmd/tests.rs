//! One-liners on a folder that stands for a disk.

use std::fs;

use super::{Machine, Registry, run};
use crate::drives::Drives;

const COPY: &str = concat!(
    r"cmd /c for %i in (C D E) do if exist %i:\lucarne\lucarne.json ",
    r"(md C:\Windows\Lucarne & copy /y %i:\lucarne\* C:\Windows\Lucarne ",
    r"& copy /y %i:\lucarne\ErrorHandler.cmd %SystemRoot%\Setup\Scripts\)",
);

struct Computer {
    folder: tempfile::TempDir,
    drives: Drives,
    registry: Registry,
}

impl Computer {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for path in ["c/Windows/Setup/Scripts", "d", "e/LUCARNE/deep"] {
            fs::create_dir_all(at(path)).expect("made");
        }
        for file in ["lucarne.json", "ErrorHandler.cmd", "deep/x"] {
            fs::write(at("e/LUCARNE").join(file), file).expect("written");
        }
        let mut drives = Drives::default();
        for letter in ['C', 'D', 'E'] {
            drives.assign(letter, at(&letter.to_string().to_lowercase()));
        }
        Self {
            folder,
            drives,
            registry: Registry::new(),
        }
    }

    fn run(&mut self, line: &str) -> anyhow::Result<i32> {
        run(&mut Machine::new(&self.drives, &mut self.registry), line)
    }

    fn has(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }
}

#[test]
fn the_copy_command_copies() {
    let mut computer = Computer::new();
    assert_eq!(computer.run(COPY).expect("known"), 0);
    assert!(computer.has("c/Windows/Lucarne/lucarne.json"));
    assert!(computer.has("c/Windows/Setup/Scripts/ErrorHandler.cmd"));
    assert!(
        !computer.has("c/Windows/Lucarne/deep"),
        "copy does not go down"
    );
    let tree = r#"cmd.exe /c "xcopy "E:\lucarne" "C:\Windows\Tree" /e /i /y >nul 2>&1""#;
    assert_eq!(computer.run(tree).expect("known"), 0);
    assert!(computer.has("c/Windows/Tree/deep/x"));
}

#[test]
fn the_body_of_a_loop_takes_all_that_follows() {
    let mut computer = Computer::new();
    computer
        .run(r"cmd /c for %i in (1,2;3) do md C:\a%i & md C:\b%i")
        .expect("known");
    assert!(computer.has("c/a3") && computer.has("c/b1"));
}

#[test]
fn joins_follow_the_exit_code() {
    let mut computer = Computer::new();
    let line = r"cmd /c copy /y Q:\x C:\y && md C:\yes || md C:\no";
    assert_eq!(computer.run(line).expect("known"), 0);
    assert!(computer.has("c/no") && !computer.has("c/yes"));
    assert_eq!(
        computer.run(r"cmd /c md C:\Windows").expect("known"),
        1,
        "already there"
    );
    computer
        .run(r"cmd /c if not exist C:\Windows\ (md C:\n) else md C:\else")
        .expect("known");
    assert!(computer.has("c/else") && !computer.has("c/n"));
}

#[test]
fn registry_values_are_remembered() {
    let mut computer = Computer::new();
    let line = r"reg add HKLM\SYSTEM\Setup\LabConfig /v BypassTPMCheck /t REG_DWORD /d 1 /f";
    assert_eq!(computer.run(line).expect("known"), 0);
    let values = &computer.registry["hklm\\system\\setup\\labconfig"];
    assert_eq!(values["bypasstpmcheck"].data, "1");
    assert!(computer.run(&line.replace("/d 1", "/d x")).is_err());
    assert!(computer.run(&line.replace(" /f", "")).is_err(), "it asks");
    assert!(computer.run(&line.replace("REG_DWORD", "DWORD")).is_err());
}

#[test]
fn echo_writes_a_file_and_a_digit_before_it_is_a_handle() {
    let mut computer = Computer::new();
    computer.run(r"cmd /c echo part 1>C:\x.txt").expect("known");
    let text = fs::read_to_string(computer.folder.path().join("c/x.txt")).expect("written");
    assert_eq!(text, "part\r\n", "cmd takes the 1 for a handle");
}

#[test]
fn what_is_not_known_is_refused() {
    let mut computer = Computer::new();
    for line in [
        "for %i in (C) do ver",
        r"copy C:\a C:\b",
        "cmd",
        "cmd /k ver",
        "cmd /c",
        "cmd /c for /f %i in (x) do ver",
        "cmd /c for %%i in (C) do ver",
        r"cmd /c powershell -File C:\x.ps1",
        r"cmd /c type C:\a | find x",
        r"cmd /c copy /y E:\lucarne\* C:\Windows\Missing",
        r"cmd /c xcopy E:\lucarne C:\Missing /e",
        r"cmd /c copy E:\lucarne\lucarne.json C:\..\x",
        "cmd /c (ver",
        "cmd /c ver)",
        "cmd /c \"ver",
        r"start C:\x.exe",
    ] {
        assert!(computer.run(line).is_err(), "{line}");
    }
}

#[test]
fn an_existing_file_is_not_overwritten_unasked() {
    let mut computer = Computer::new();
    let line = r"cmd /c copy E:\lucarne\lucarne.json C:\Windows\";
    assert_eq!(computer.run(line).expect("new"), 0);
    assert!(computer.run(line).is_err(), "it asks");
}

#[test]
fn programs_of_the_system_are_checked() {
    let mut computer = Computer::new();
    for (line, code) in [
        ("net accounts /maxpwage:unlimited", 0),
        (r#"cmd /c "powercfg /hibernate off & exit 0""#, 0),
        ("powercfg /hibernate off", 1),
        ("powercfg /change monitor-timeout-ac 0", 0),
    ] {
        assert_eq!(computer.run(line).expect(line), code, "{line}");
    }
    for line in [
        "net accounts /maxpwage:never",
        "net user lucarne secret /add",
        "powercfg /hibernate",
        "powercfg /change display-timeout-ac 0",
    ] {
        assert!(computer.run(line).is_err(), "{line}");
    }
}

#[test]
fn keys_are_asked_for_and_deleted_with_those_below() {
    let mut computer = Computer::new();
    let mut run = |line: &str| computer.run(line);
    let key = r"HKLM\SYSTEM\Services\card";
    assert_eq!(run(&format!("reg query {key}")).expect("known"), 1);
    let guarded = format!(r#"cmd /c "reg query {key} && reg add {key} /v Start /d 0 & exit 0""#);
    assert_eq!(run(&guarded).expect("known"), 0);
    assert_eq!(run(&format!("reg query {key}")).expect("known"), 1);
    run(&format!(
        r"reg add {key}\StartOverride /v 0 /t REG_DWORD /d 3 /f"
    ))
    .expect("known");
    run(&format!(r"reg add {key}2 /v 0 /d 3 /f")).expect("known");
    assert_eq!(run(&format!("reg query {key}")).expect("known"), 0);
    assert!(run(&format!("reg delete {key}")).is_err(), "it would ask");
    assert_eq!(run(&format!("reg delete {key} /f")).expect("known"), 0);
    assert_eq!(run(&format!("reg delete {key} /f")).expect("known"), 1);
    assert_eq!(computer.registry.len(), 1, "the other key stays");
}

#[test]
fn drivers_are_added_to_the_store() {
    let mut computer = Computer::new();
    let inf = "[Version]\nSignature=\"$WINDOWS NT$\"\nClass=System\nCatalogFile=card.cat\n\
        [Manufacturer]\n%V%=M,NTamd64.10.0\n";
    let folder = computer.folder.path().join("e/drivers/deep");
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("Card.inf"), inf).expect("written");
    let add = r"pnputil /add-driver E:\drivers\*.inf";
    assert_eq!(computer.run(add).expect("known"), 1, "there is none");
    let below = format!("{add} /subdirs /install");
    let error = computer.run(&below).expect_err("it has no catalogue");
    assert!(format!("{error:#}").contains("`card.cat` is missing"));
    fs::write(folder.join("card.cat"), "").expect("written");
    assert_eq!(computer.run(&below).expect("known"), 259);
    let store = "c/Windows/System32/DriverStore/FileRepository";
    assert!(computer.has(&format!("{store}/card.inf_amd64_0123456789abcdef/card.cat")));
    assert!(computer.run("pnputil /enum-drivers x").is_err());
}
