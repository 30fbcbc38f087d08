//! Specs by chance, over every option: what a seed gives is right, and always the same.

use std::sync::LazyLock;

use lucarne::windows_iso::{Image, Kind, Release};
use serde_json::{Map, Value, json};

use crate::answer_file::{Known, Table, table};
use crate::facts;

/// Chance that can be repeated: `SplitMix64`.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.below(of.len() as u64)).expect("small");
        of[index].clone()
    }

    /// A text of 1 to so many characters, with all that XML, cmd and NTFS could stumble over.
    pub(crate) fn text(&mut self, most: u64) -> String {
        let odd: Vec<char> = "aZ09 &<>\"'`%$^|;:=()[]{}~äßЖ漢é\u{1f600}\\/.,-_#+*?!@"
            .chars()
            .collect();
        // A space at the end of a text is no mistake, and no reader keeps it.
        let most = 1 + self.below(most.min(40));
        let mut text: String = (1..most).map(|_| self.pick(&odd)).collect();
        while text.encode_utf16().count() as u64 > most.saturating_sub(1) {
            text.pop();
        }
        format!("{}x", text.trim_start())
    }

    /// A password that is nowhere in an answer file by accident.
    fn password(&mut self) -> String {
        format!("Zq9-{:x}&<{}", self.next(), self.text(20))
    }

    /// Puts an option into a spec, every other time.
    fn maybe(&mut self, spec: &mut Value, name: &str, value: impl FnOnce(&mut Self) -> Value) {
        if self.coin() {
            spec[name] = value(self);
        }
    }

    /// Switches, each said or not.
    fn switches(&mut self, names: &[&str]) -> Value {
        let mut switches = json!({});
        for name in names {
            self.maybe(&mut switches, name, |dice| json!(dice.coin()));
        }
        switches
    }
}

/// A spec that is right, of any image of any ISO.
pub(crate) fn spec(dice: &mut Dice) -> Value {
    let bios = dice.below(4) == 0;
    let iso = format!("/iso/{}", dice.pick(&facts::ISOS));
    let images = facts::windows(Some(&iso)).expect("has facts").images;
    let image = dice.pick(&images);
    let mut spec = json!({
        "schema": lucarne::spec::SCHEMA, "name": "any",
        "windowsIso": iso, "virtioWinIso": "/iso/virtio-win.iso",
        "edition": if dice.coin() { json!(image.index) } else { json!(image.name) },
        "disk": disk(dice, bios, windows_mib(&image)),
    });
    if bios {
        spec["firmware"] = json!({"type": "bios"});
        spec["bypassChecks"] = json!(["tpm", "secureBoot"]);
    } else if dice.coin() {
        spec["bypassChecks"] = json!(["tpm", "cpu", "ram", "storage", "secureBoot"]);
        spec["tpm"] = json!(dice.coin());
        spec["firmware"] = json!({"secureBoot": dice.coin()});
    }
    names(dice, &mut spec, &image);
    accounts(dice, &mut spec);
    network(dice, &mut spec);
    switches(dice, &mut spec, &image);
    dice.maybe(&mut spec, "extraComponents", extra_components);
    spec
}

/// The least of Windows' own partition, in MiB.
fn windows_mib(image: &Image) -> u64 {
    match (Release::of(image), image.version.2) {
        (Some(Release::Windows11), _) | (Some(Release::Windows10), ..18362) => 19_968,
        _ => 32_256,
    }
}

fn names(dice: &mut Dice, spec: &mut Value, image: &Image) {
    let number = dice.below(10_000);
    dice.maybe(spec, "computerName", |_| json!(format!("PC-{number}")));
    let zones = [
        "UTC",
        "W. Europe Standard Time",
        "Europe/Vienna",
        "Asia/Kolkata",
    ];
    dice.maybe(spec, "timeZone", |dice| json!(dice.pick(&zones)));
    // One's own, or one of the edition; an evaluation takes none.
    let mut keys = vec!["BCDFG-HJKMN-PQRTV-WXY23-46789"];
    let is_pro = image.edition_id.as_deref() == Some("Professional");
    keys.extend(is_pro.then_some("VK7JG-NPHTM-C97JM-9MPGT-3V66T"));
    if !image.evaluation {
        dice.maybe(spec, "productKey", |dice| json!(dice.pick(&keys)));
    }
    dice.maybe(spec, "owner", |dice| {
        let mut owner = json!({});
        dice.maybe(&mut owner, "name", |dice| json!(dice.text(256)));
        dice.maybe(&mut owner, "organization", |dice| json!(dice.text(256)));
        owner
    });
    dice.maybe(spec, "locale", |dice| {
        let locales = ["en-US", "de-DE", "ja-JP", "sr-Latn-RS"];
        let keyboards = ["0409:00000409", "de-DE;0407:00000407", "en-GB"];
        json!({
            "ui": image.languages[0], "system": dice.pick(&locales), "user": dice.pick(&locales),
            "input": dice.pick(&keyboards),
        })
    });
}

fn accounts(dice: &mut Dice, spec: &mut Value) {
    let groups = [
        "Administrators",
        "Users",
        "Remote Desktop Users",
        "Backup Operators",
    ];
    let mut users = Map::new();
    for number in 0..dice.below(4) {
        let mut user = json!({});
        dice.maybe(&mut user, "password", |dice| json!(dice.password()));
        dice.maybe(&mut user, "displayName", |dice| json!(dice.text(256)));
        dice.maybe(&mut user, "description", |dice| json!(dice.text(256)));
        dice.maybe(&mut user, "groups", |dice| json!([dice.pick(&groups)]));
        users.insert(format!("user {number}.ä"), user);
    }
    dice.maybe(spec, "users", |_| Value::Object(users));
    dice.maybe(
        spec,
        "administrator",
        |dice| json!({"password": dice.password()}),
    );
}

fn disk(dice: &mut Dice, bios: bool, windows_mib: u64) -> Value {
    let size = 81_920 + dice.below(200_000);
    let mut disk = json!({
        "sizeMib": size, "bus": dice.pick(&["virtio-scsi", "virtio-blk", "nvme", "sata"]),
    });
    match dice.below(3) {
        0 => {}
        1 => disk["recoveryMib"] = json!(300 + dice.below(2000)),
        _ => disk["partitions"] = partitions(dice, bios, windows_mib),
    }
    disk
}

fn partitions(dice: &mut Dice, bios: bool, windows_mib: u64) -> Value {
    let mut partitions = Vec::new();
    if bios {
        let system = json!({"type": "system", "sizeMib": 100 + dice.below(900)});
        partitions.extend(dice.coin().then_some(system));
    } else {
        partitions.push(json!({"type": "efi", "sizeMib": 100 + dice.below(900), "label": "ESP"}));
        let msr = json!({"type": "msr", "sizeMib": 16});
        partitions.extend(dice.coin().then_some(msr));
    }
    let mut windows = json!({"type": "windows"});
    dice.maybe(&mut windows, "label", |dice| json!(dice.text(32)));
    if dice.coin() {
        partitions.push(windows);
        return partitions.into();
    }
    windows["sizeMib"] = json!(windows_mib + dice.below(20_000));
    partitions.push(windows);
    let mut data = json!({"type": "data"});
    dice.maybe(&mut data, "letter", |dice| {
        json!(dice.pick(&["D", "Q", "Z"]))
    });
    dice.maybe(&mut data, "sizeMib", |dice| json!(64 + dice.below(30_000)));
    dice.maybe(&mut data, "label", |_| json!("DATA 1"));
    // What is left may be more than FAT32 can have.
    if dice.coin() {
        data["format"] = json!("fat32");
    }
    partitions.push(data);
    partitions.into()
}

fn network(dice: &mut Dice, spec: &mut Value) {
    let in_domain = dice.below(4) == 0;
    if in_domain {
        spec["domain"] = json!({"offlineJoin": "QUJD".repeat(64)});
    }
    dice.maybe(spec, "network", |dice| {
        let mut network = json!({});
        if !in_domain {
            dice.maybe(&mut network, "workgroup", |_| json!("LAB & CO"));
        }
        dice.maybe(&mut network, "dnsSuffixes", |_| {
            json!(["a.example.org", "example.org"])
        });
        let name = dice.pick(&["Ethernet", "52:54:00:12:34:56", "Ethernet 2 & <3>"]);
        let name = name.replace(['<', '>'], "");
        let mut interface = json!({"addresses": ["192.0.2.10/24", "2001:db8::1/64"]});
        dice.maybe(&mut interface, "gateways", |_| json!(["192.0.2.1"]));
        dice.maybe(&mut interface, "dnsServers", |_| {
            json!(["192.0.2.53", "2001:db8::53"])
        });
        dice.maybe(&mut interface, "dnsSuffix", |_| json!("example.org"));
        dice.maybe(&mut network, "interfaces", |_| json!({ name: interface }));
        network
    });
    dice.maybe(
        spec,
        "remoteDesktop",
        |dice| json!({"enable": true, "networkLevelAuthentication": dice.coin()}),
    );
}

fn switches(dice: &mut Dice, spec: &mut Value, image: &Image) {
    dice.maybe(spec, "remoteManagement", |dice| json!(dice.coin()));
    dice.maybe(
        spec,
        "display",
        |dice| json!({"width": 640 + dice.below(2000), "height": 480 + dice.below(2000)}),
    );
    let mut windows = vec![
        "autoActivation",
        "customerExperience",
        "errorReporting",
        "uac",
    ];
    let core = image.installation_type.as_deref() == Some("Server Core");
    windows.extend(match Kind::of(image) {
        Kind::Server if core => &[][..],
        Kind::Server => &["enhancedSecurity", "serverManager"],
        Kind::Client => &["systemRestore"],
    });
    dice.maybe(spec, "windows", |dice| dice.switches(&windows));
    dice.maybe(spec, "defaults", |dice| {
        dice.switches(&[
            "preventDeviceEncryption",
            "realTimeIsUniversal",
            "noHibernation",
            "onlineAllDisks",
            "passwordsNeverExpire",
            "displayAlwaysOn",
            "shutdownWithoutLogon",
        ])
    });
    dice.maybe(spec, "drivers", |dice| {
        json!([dice.pick(&["Balloon", "viorng", "viofs"])])
    });
}

/// The table, and what in it is no group. Read once: it is long.
static TABLE: LazyLock<Table> = LazyLock::new(table);
static LEAVES: LazyLock<Vec<(&str, &Known)>> = LazyLock::new(|| {
    let leaves = TABLE.values().flat_map(|settings| {
        settings.iter().filter(|(path, _)| {
            let inside = format!("{path}/");
            !settings.keys().any(|other| other.starts_with(&inside))
        })
    });
    leaves.map(|(path, known)| (path.as_str(), known)).collect()
});

/// Up to six settings of the table, in passes where they may be. Some are Lucarne's own.
fn extra_components(dice: &mut Dice) -> Value {
    let mut extra = json!({});
    for _ in 0..=dice.below(6) {
        let (path, known) = dice.pick(&LEAVES);
        let passes: Vec<_> = known.passes.iter().cloned().collect();
        let pass = dice.pick(&passes);
        let most = known.length.unwrap_or(300);
        let value = match dice.below(16) {
            0..4 if most > 4 => json!(dice.coin()),
            4..8 if most > 8 => json!(dice.below(1_000_000)),
            // A mistake that nobody sees.
            8 => json!(" "),
            _ => json!(dice.text(most)),
        };
        let component = &mut extra[pass][known.component.as_str()];
        insert(component, known, path, value);
        // A command must start something.
        if let Some((list, _)) = path.split_once("Command/") {
            for starts in ["Path", "CommandLine"] {
                let starts = format!("{list}Command/{starts}");
                let known = TABLE[&known.component].get(&starts);
                if let Some(known) = known.filter(|_| starts != path) {
                    insert(component, known, &starts, json!("a.exe"));
                }
            }
        }
    }
    extra
}

/// Puts a value at a path, with a list wherever the table has one.
fn insert(component: &mut Value, known: &Known, path: &str, value: Value) {
    let mut here = component;
    let mut walked = String::new();
    for name in path.split('/') {
        if !walked.is_empty() {
            walked.push('/');
        }
        walked += name;
        here = &mut here[name];
        if TABLE[&known.component][&walked].list.is_some() {
            if here.is_null() {
                *here = json!([null]);
            }
            here = &mut here[0];
        }
    }
    *here = value;
}
