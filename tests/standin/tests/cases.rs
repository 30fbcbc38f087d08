//! The generator's golden answer files, read by the strict Setup: two readings of Microsoft's
//! documents that were written apart.

use std::fs;
use std::path::Path;

use lucarne_standin::answer::{Answer, PASSES, oobe, settings, specialize, windows_pe};
use lucarne_standin::cmd::{self, Machine, Registry, Value};
use lucarne_standin::drives::Drives;
use lucarne_standin::layout::{self, Kind, Table};
use lucarne_standin::release;

const INF: &str = "[Version]\nSignature=\"$WINDOWS NT$\"\nClass=System\nCatalogFile=card.cat\n\
    [Manufacturer]\n%V%=M,NTamd64.10.0\n[M.NTamd64.10.0]\n%D%=I,PCI\\VEN_1234&DEV_5678\n";
const SERVICES: &str = r"hklm\system\currentcontrolset\services";
const DISKS_DRIVERS: [&str; 2] = ["vioscsi", "viostor"];

/// What Setup leaves of the disks' drivers: they start with the kernel, and are passed over.
fn disks_drivers() -> Registry {
    let number = |data: &str| Value {
        kind: "REG_DWORD".into(),
        data: data.into(),
    };
    let keys = DISKS_DRIVERS.iter().flat_map(|name| {
        let key = format!(r"{SERVICES}\{name}");
        let over = (
            format!(r"{key}\startoverride"),
            [("0".into(), number("3"))].into(),
        );
        [over, (key, [("start".into(), number("0"))].into())]
    });
    keys.collect()
}

/// What Setup asks of every pass, and of the partitions on the case's disk.
fn check_tables(case: &str, answer: &Answer, pe: &windows_pe::Wish) -> anyhow::Result<()> {
    for pass in PASSES {
        settings::check(answer, pass)?;
    }
    let plan = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../cases")
        .join(case);
    let plan = fs::read_to_string(plan.join("plan.json")).expect("a golden file");
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let mib = plan["disk"]["sizeMib"].as_u64().expect("a size");
    let partitions = &pe.disk.partitions;
    let uefi = partitions.iter().any(|one| one.kind == Kind::Efi);
    let table = if uefi { Table::Gpt } else { Table::Mbr };
    layout::place(table, mib * 2048, partitions).map(drop)
}

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
    check_tables(case, &answer, &pe).unwrap_or_else(|error| panic!("{case}: {error:#}"));
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
    let card = media.with_file_name("drivers-windows/card");
    fs::create_dir_all(&card).expect("made");
    fs::write(card.join("card.inf"), INF).expect("written");
    fs::write(card.join("card.cat"), "").expect("written");
    let mut registry = disks_drivers();
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
    let has_drivers = !pe.drivers.is_empty();
    let store = folder.path().join("c/Windows/System32/DriverStore");
    assert_eq!(store.is_dir(), has_drivers, "{case}: drivers are taken");
    for name in DISKS_DRIVERS {
        let key = format!(r"{SERVICES}\{name}");
        let passed_over = registry.contains_key(&format!(r"{key}\startoverride"));
        assert_eq!(passed_over, !has_drivers, "{case}: {name}");
        assert_eq!(registry[&key]["start"].data, "0", "{case}: {name}");
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
    check("server-2016", "server2016", "en-US", false);
    check("server-2019", "server2019", "en-US", false);
    check("server-2022", "server2022", "en-US", false);
    check("windows-10-ltsc-2019", "win10-ltsc-2019", "en-US", true);
    check("windows-10-ltsc-2021", "win10-ltsc-2021", "en-US", true);
    check("windows-11-business", "win11-24h2", "en-US", true);
    let evaluation = "win11-ltsc-2024-eval";
    check("windows-11-ltsc-2024-eval", evaluation, "en-US", true);
    check(
        "windows-11-iot-ltsc-2024",
        "win11-iot-ltsc-2024",
        "en-US",
        true,
    );
    check("extra", "win11-25h2", "en-US", true);
    check("options", "win11-25h2", "en-US", true);
    check("partitions", "win11-25h2", "en-US", true);
    check("partitions-mbr", "win10-22h2", "en-US", true);
    check("server-options", "server2025", "en-US", false);
}

/// Setup passes over what is written for another architecture, as if nothing was there.
#[test]
fn another_architectures_answers_are_none() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/windows-11-arm64");
    let bytes = fs::read(file.join("Autounattend.xml")).expect("a golden file");
    let answer = Answer::read(&bytes).expect("a right envelope");
    assert!(answer.has_pass("windowsPE"));
    for pass in ["windowsPE", "offlineServicing", "specialize", "oobeSystem"] {
        assert_eq!(answer.components(pass).count(), 0, "{pass}");
    }
}
