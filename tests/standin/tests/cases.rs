//! The generator's golden answer files, read by the strict Setup: two readings of Microsoft's
//! documents that were written apart.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use lucarne_standin::answer::{
    Answer, Command, PASSES, copies, oobe, settings, specialize, windows_pe,
};
use lucarne_standin::cmd::{self, Machine, Registry, Value};
use lucarne_standin::drives::Drives;
use lucarne_standin::layout::{self, Table};
use lucarne_standin::release::{self, Edition, Release};
use serde_json::Value as Json;

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

/// The table of the cases: which release each is read as, and the language of its medium.
const CASES: [(&str, &str, &str); 28] = [
    ("bios-mbr", "win10-22h2", "en-US"),
    ("catalogue-software", "win11-25h2", "en-US"),
    ("catalogue-system", "win11-25h2", "en-US"),
    ("extra", "win11-25h2", "en-US"),
    ("full", "win11-25h2", "de-DE"),
    ("generalize", "win11-25h2", "en-US"),
    ("generalize-server", "server2025", "en-US"),
    ("minimal", "win11-25h2", "en-US"),
    ("oem-media", "win11-25h2", "en-US"),
    ("options", "win11-25h2", "en-US"),
    ("partitions", "win11-25h2", "en-US"),
    ("partitions-mbr", "win10-22h2", "en-US"),
    ("seed-machine", "win11-25h2", "en-US"),
    ("seed-readme", "win11-25h2", "en-US"),
    ("server", "server2025", "en-US"),
    ("server-2016", "server2016", "en-US"),
    ("server-2019", "server2019", "en-US"),
    ("server-2022", "server2022", "en-US"),
    ("server-options", "server2025", "en-US"),
    ("steps", "win11-25h2", "en-US"),
    ("steps-more", "win11-25h2", "en-US"),
    ("usual-said", "win10-22h2", "en-US"),
    ("warned", "win11-25h2", "en-US"),
    ("windows-10-ltsc-2019", "win10-ltsc-2019", "en-US"),
    ("windows-10-ltsc-2021", "win10-ltsc-2021", "en-US"),
    ("windows-11-business", "win11-24h2", "en-US"),
    ("windows-11-iot-ltsc-2024", "win11-iot-ltsc-2024", "en-US"),
    ("windows-11-ltsc-2024-eval", "win11-ltsc-2024-eval", "en-US"),
];
/// Another architecture's, which has a test of its own.
const FOREIGN: &str = "windows-11-arm64";

/// The releases of the product: which each is here, and the image that it installs.
const RELEASES: [(&str, &str, &str); 9] = [
    (
        "server-2016",
        "server2016",
        "Windows Server 2016 SERVERSTANDARD",
    ),
    (
        "server-2019",
        "server2019",
        "Windows Server 2019 SERVERDATACENTER",
    ),
    (
        "server-2022",
        "server2022",
        "Windows Server 2022 SERVERDATACENTER",
    ),
    (
        "server-2025",
        "server2025",
        "Windows Server 2025 SERVERSTANDARD",
    ),
    (
        "server-2025-core",
        "server2025",
        "Windows Server 2025 SERVERSTANDARDCORE",
    ),
    ("windows-10", "win10-22h2", "Windows 10 Pro"),
    (
        "windows-10-ltsc",
        "win10-ltsc-2021",
        "Windows 10 Enterprise LTSC",
    ),
    ("windows-11", "win11-24h2", "Windows 10 Pro"),
    (
        "windows-11-iot-ltsc",
        "win11-iot-ltsc-2024",
        "Windows 11 IoT Enterprise LTSC",
    ),
];

/// The size of a disk that a spec says nothing of.
const DISK_MIB: u64 = 81920;

/// A folder of the tests beside this package.
fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let names = entries.map(|entry| entry.expect("the folder can be listed").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.into_string().expect("names are UTF-8"))
        .collect();
    names.sort();
    names
}

/// What Setup asks of every pass, and of the partitions on the case's disk.
fn check_tables(spec: &Json, answer: &Answer, pe: &windows_pe::Wish) -> Result<()> {
    for pass in PASSES {
        settings::check(answer, pass)?;
    }
    let mib = spec["disk"]["sizeMib"].as_u64().unwrap_or(DISK_MIB);
    let partitions = &pe.disk.partitions;
    let uefi = spec["firmware"]["type"] != "bios";
    let table = if uefi { Table::Gpt } else { Table::Mbr };
    layout::place(table, mib * 2048, partitions).map(drop)
}

/// Reads what the copies of a generalised image are told; no other has copies.
fn check_copies(folder: &Path, spec: &Json, release: &Release) -> Result<()> {
    let file = folder.join("generalize.xml");
    let has = file.try_exists()?;
    ensure!(
        has == (spec["generalize"] == true),
        "copies are told: {has}"
    );
    if !has {
        return Ok(());
    }
    copies::check(&Answer::read(&fs::read(file)?)?, release.client)
}

/// Reads one case's answer file as Setup does, pass by pass, and runs its commands.
fn check(folder: &Path, release: &Release, language: &str) -> Result<windows_pe::Wish> {
    let spec: Json = serde_json::from_slice(&fs::read(folder.join("spec.json"))?)?;
    let answer = Answer::read(&fs::read(folder.join("Autounattend.xml"))?)?;
    let pe = windows_pe::wish(&answer, release, &[language.to_owned()])?;
    check_tables(&spec, &answer, &pe)?;
    check_copies(folder, &spec, release)?;
    let later = specialize::wish(&answer)?;
    let oobe = oobe::wish(&answer, release.client)?;
    let first = oobe.commands.len();
    ensure!(first == 1, "{first} first-logon commands start all at once");
    ensure!(oobe.logon.0 == "lucarne", "`{}` is logged on", oobe.logon.0);
    let is_on = |name: &str| spec["defaults"][name] != false;
    let prevents = specialize::prevents_encryption(&answer)?;
    ensure!(prevents == is_on("preventDeviceEncryption"), "encryption");

    let machine = tempfile::tempdir()?;
    let registry = run(machine.path(), pe.commands.iter().chain(&later.commands))?;
    for copied in [
        "Lucarne/lucarne.json",
        "Lucarne/lucarne-guest.exe",
        "Setup/Scripts/ErrorHandler.cmd",
    ] {
        let copied = machine.path().join("c/Windows").join(copied);
        ensure!(copied.is_file(), "no {}", copied.display());
    }
    let has_drivers = !pe.drivers.is_empty();
    let store = machine.path().join("c/Windows/System32/DriverStore");
    ensure!(store.is_dir() == has_drivers, "drivers are taken");
    for name in DISKS_DRIVERS {
        let key = format!(r"{SERVICES}\{name}");
        let passed_over = registry.contains_key(&format!(r"{key}\startoverride"));
        ensure!(passed_over != has_drivers, "{name} is passed over");
        ensure!(registry[&key]["start"].data == "0", "{name} starts late");
    }
    let clock = registry.get(r"hklm\system\currentcontrolset\control\timezoneinformation");
    let is_universal = clock.is_some_and(|values| values.contains_key("realtimeisuniversal"));
    ensure!(is_universal == is_on("realTimeIsUniversal"), "the clock");
    Ok(pe)
}

/// Runs commands on a machine in a folder, and gives its registry.
fn run<'a>(folder: &Path, commands: impl Iterator<Item = &'a Command>) -> Result<Registry> {
    let mut drives = Drives::default();
    for (letter, name) in [('C', "c"), ('D', "windows"), ('Q', "answer")] {
        let root = folder.join(name);
        fs::create_dir_all(&root)?;
        drives.assign(letter, root);
    }
    fs::create_dir_all(folder.join("c/Windows/Setup"))?;
    let media = folder.join("answer/lucarne");
    fs::create_dir_all(&media)?;
    for file in ["lucarne.json", "lucarne-guest.exe", "ErrorHandler.cmd"] {
        fs::write(media.join(file), file)?;
    }
    let card = media.with_file_name("drivers-windows/card");
    fs::create_dir_all(&card)?;
    fs::write(card.join("card.inf"), INF)?;
    fs::write(card.join("card.cat"), "")?;
    let mut registry = disks_drivers();
    for Command { line, .. } in commands {
        let code = cmd::run(&mut Machine::new(&drives, &mut registry), line);
        let code = code.with_context(|| format!("`{line}`"))?;
        ensure!(code == 0, "`{line}` ends with {code}");
    }
    Ok(registry)
}

#[test]
fn the_generators_answer_files_are_what_setup_wants() {
    let mut all = names(&beside("cases"));
    all.retain(|name| name != FOREIGN);
    assert_eq!(all, CASES.map(|(case, ..)| case), "each case is read");
    for (case, release, language) in CASES {
        let release = release::find(release).expect("a release");
        let folder = beside("cases").join(case);
        check(&folder, release, language).unwrap_or_else(|error| panic!("{case}: {error:#}"));
    }
}

/// Every release on every layout with every group of options, and the image is the one that was
/// asked for. What was refused has no answer file.
#[test]
fn the_products_answer_files_are_what_setup_wants() {
    let product = beside("product/cases");
    assert_eq!(
        names(&product),
        RELEASES.map(|(name, ..)| name),
        "each release is read"
    );
    let mut read = 0;
    for (name, id, image) in RELEASES {
        let release = release::find(id).expect("a release");
        for layout in names(&product.join(name)) {
            for group in names(&product.join(name).join(&layout)) {
                let folder = product.join(name).join(&layout).join(&group);
                if folder.join("problems.txt").exists() {
                    continue;
                }
                let wish = check(&folder, release, "en-US").and_then(|pe| chosen(release, &pe));
                let edition =
                    wish.unwrap_or_else(|error| panic!("{name}/{layout}/{group}: {error:#}"));
                assert_eq!(edition.name, image, "{name}/{layout}/{group}");
                read += 1;
            }
        }
    }
    assert!(read > 200, "{read} were read");
}

/// The image that Setup installs: the index and the key's edition must agree.
fn chosen(release: &Release, pe: &windows_pe::Wish) -> Result<Edition> {
    let index = pe.image.index.context("no index")?;
    let edition = release.editions.get(index as usize - 1);
    let edition = edition.with_context(|| format!("there is no image {index}"))?;
    let of_key = pe.image.edition.as_deref().unwrap_or(edition.edition_id);
    ensure!(of_key == edition.edition_id, "a key of `{of_key}`");
    Ok(*edition)
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
