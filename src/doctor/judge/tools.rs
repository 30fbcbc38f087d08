//! Tools, their versions, and the firmware's keys.

use super::super::seen::{Keys, Tool};
use super::{Finding, Level, Seen};
use crate::problem::operands;
use crate::qemu::VERSION_MIN;
use crate::tools::is_always_needed;

const FIRMWARE: &str = "firmware";

/// What each tool is in Debian and in nixpkgs, and who needs those that not everybody does.
const PACKAGES: [(&str, &str, &str, &str); 12] = [
    ("qemu", "qemu-system-x86", "qemu_kvm", ""),
    ("qemuImg", "qemu-utils", "qemu_kvm", ""),
    ("qemuIo", "qemu-utils", "qemu_kvm", ""),
    ("qemuNbd", "qemu-utils", "qemu_kvm", ""),
    ("swtpm", "swtpm", "swtpm", ""),
    ("wimlib", "wimtools", "wimlib", ""),
    ("code", "ovmf", "OVMFFull.fd", ""),
    ("vars", "ovmf", "OVMFFull.fd", ""),
    ("varsMs", "ovmf", "OVMFFull.fd", ""),
    ("guest", "", "", "installs and layers by hand"),
    (
        "virtiofsd",
        "virtiofsd",
        "virtiofsd",
        "machines with shared folders",
    ),
    ("ip", "iproute2", "iproute2", "machines on a bridge"),
];

/// The certificates of 2023, each with its file in virt-firmware: Windows' own loader is signed
/// under the first one, those of others under the second.
const WINDOWS: Newer = ("Windows UEFI CA 2023", "WindowsUEFICA2023.pem");
const OTHERS: Newer = ("Microsoft UEFI CA 2023", "MicrosoftUEFICA2023.pem");
type Newer = (&'static str, &'static str);
/// The owner that Microsoft's certificates have.
const OWNER: &str = "77fa9abd-0359-4d32-bd60-28f4e78f784b";

pub(super) fn judge(seen: &Seen, found: &mut Vec<Finding>) {
    found.extend(seen.tools.iter().map(|tool| one(seen, tool)));
    found.extend(copies(seen));
}

/// What works where nothing else does: copies of images need no machine.
fn copies(seen: &Seen) -> Option<Finding> {
    let works = |tool: &&Tool| tool.path.is_some() && tool.trouble.is_none();
    let needed = seen.tools.iter();
    let mut needed = needed.filter(|tool| is_always_needed(&tool.name));
    let lacking = needed.any(|tool| !works(&tool));
    let mut tools = seen.tools.iter().filter(works);
    let has = tools.any(|tool| tool.name == "qemuImg");
    (lacking && has).then(|| {
        let what = "`lucarne export` and `flatten` need `qemuImg` alone, which is there";
        Finding::new("tools", Level::Ok, what)
    })
}

fn one(seen: &Seen, tool: &Tool) -> Finding {
    let name = &tool.name;
    let Some(path) = &tool.path else {
        return missing(seen, name);
    };
    if let Some(trouble) = &tool.trouble {
        let what = format!("the tool `{name}` at `{path}` does not do: {trouble}");
        return of_package(Finding::new("tools", broken(seen, name), what), name);
    }
    let version = tool.version.as_deref();
    if name == "qemu" {
        let (major, minor) = VERSION_MIN;
        let number = version.and_then(number);
        if number.is_none_or(|number| number < VERSION_MIN) {
            let what = format!(
                "QEMU at `{path}` says `{}`: {major}.{minor} or newer is needed",
                version.unwrap_or_default()
            );
            return Finding::new("tools", broken(seen, name), what)
                .hint("take it of a newer release of the system, or name another with `--tools`")
                .debian("trixie has QEMU 10");
        }
    }
    let version = version.map(|version| format!(": {version}"));
    let what = format!("`{name}` is `{path}`{}", version.unwrap_or_default());
    Finding::new("tools", Level::Ok, what)
}

/// How much it matters that a tool is there and does not do: not everybody needs each, and a build
/// brings its own.
fn broken(seen: &Seen, name: &str) -> Level {
    if is_always_needed(name) && (seen.nix.is_none() || seen.tools_given) {
        Level::Problem
    } else {
        Level::Warning
    }
}

fn missing(seen: &Seen, name: &str) -> Finding {
    let whom = PACKAGES.iter().find(|(known, ..)| *known == name);
    let whom = whom.map_or("", |(.., whom)| whom);
    if !is_always_needed(name) {
        let what = format!("the tool `{name}` is not there: only {whom} need it");
        if name == "guest" {
            // A build brings its own, and no other distribution has it.
            let level = if seen.nix.is_some() && !seen.tools_given {
                Level::Note
            } else {
                Level::Warning
            };
            let way = "it lies beside `lucarne` as `lucarne-guest.exe`, or is named with \
                       `--tools`: `cargo xtask guest --out FILE` in a checkout makes it, so does \
                       `nix build` of this flake's `lucarne-guest`";
            return Finding::new("tools", level, what).hint(way);
        }
        let finding = Finding::new("tools", Level::Note, what);
        return of_package(finding, name);
    }
    // A build brings its own tools.
    if seen.nix.is_some() && !seen.tools_given {
        let what = format!(
            "the tool `{name}` is not there: Nix builds bring theirs, `lucarne \
                            install` and `run` by hand need it"
        );
        let finding = Finding::new("tools", Level::Warning, what);
        return of_package(finding, name);
    }
    let what = format!("the tool `{name}` is not where Debian, Ubuntu or Fedora put it");
    of_package(Finding::new("tools", Level::Problem, what), name)
}

fn of_package(finding: Finding, name: &str) -> Finding {
    let known = PACKAGES.iter().find(|(known, ..)| *known == name);
    let Some((_, debian, nixpkgs, _)) = known.filter(|(_, debian, ..)| !debian.is_empty()) else {
        return finding;
    };
    finding
        .hint("install it, or name a file of all tools' paths with `--tools`")
        .nixos(format!(
            "`pkgs.{nixpkgs}` has it: name its path in the file of `--tools`"
        ))
        .debian(format!("`apt install {debian}`"))
}

/// The first two numbers of a version in a line.
pub(in crate::doctor) fn number(text: &str) -> Option<(u32, u32)> {
    let mut words = text.split_whitespace();
    words.find_map(|word| {
        let mut parts = word.split(|c: char| !c.is_ascii_digit());
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

/// Whether Secure Boot is on with the firmware's variables, and what it lets start.
pub(super) fn keys(seen: &Seen) -> Vec<Finding> {
    let Some(keys) = &seen.keys else {
        return Vec::new();
    };
    let problem = |what| Finding::new(FIRMWARE, Level::Problem, what);
    let path = &keys.path;
    if let Some(trouble) = &keys.trouble {
        let what = format!("the keys for Secure Boot cannot be read: {trouble}");
        return vec![of_package(problem(what), "varsMs")];
    }
    if let Some(off) = &keys.off {
        let what = format!("Secure Boot would be off with `{path}`: {off}");
        let hint =
            "name variables with enrolled keys, and Secure Boot on, as `varsMs` of the tools";
        return vec![problem(what).hint(hint)];
    }
    let barred = (!keys.revoked.is_empty()).then(|| barred(keys));
    std::iter::once(trusted(keys)).chain(barred).collect()
}

/// What the db has, and what of 2023 it lacks.
fn trusted(keys: &Keys) -> Finding {
    let path = &keys.path;
    let lacks: Vec<_> = [WINDOWS, OTHERS]
        .into_iter()
        .filter(|(name, _)| !keys.trusted.iter().any(|known| known == name))
        .collect();
    let names = keys
        .trusted
        .iter()
        .filter(|one| !keys.revoked.contains(one));
    let mut trusted = operands(names.map(String::as_str));
    if trusted.is_empty() {
        trusted.push_str("no certificate");
    }
    if lacks.is_empty() {
        let what = format!("`{path}` trusts {trusted}");
        return Finding::new(FIRMWARE, Level::Ok, what);
    }
    let (level, which, hint) = if lacks.contains(&WINDOWS) {
        (
            Level::Warning,
            "no media start whose loader is signed under the newer certificates alone",
            "older media start; `lucarne check SPEC --iso FILE --vars FILE` tells of an ISO",
        )
    } else {
        (
            Level::Note,
            "Windows' newer loader starts, and those of other systems that are signed under it \
             alone do not",
            "Windows by itself has no need of it",
        )
    };
    let what = format!(
        "the db of `{path}` lacks {}, and has {trusted}: with Secure Boot {which}",
        operands(lacks.iter().map(|(name, _)| *name))
    );
    let add = lacks
        .iter()
        .map(|(_, file)| format!(" --add-db {OWNER} {file}"));
    let add: String = add.collect();
    let way = format!(
        "`virt-fw-vars --input {path} --output vars.fd{add}`, and `vars.fd` as `varsMs` of the \
         tools"
    );
    Finding::new(FIRMWARE, level, what)
        .hint(hint)
        .nixos(format!("with `pkgs.python3Packages.virt-firmware`: {way}"))
        .debian(format!(
            "with the package `python3-virt-firmware`, which has them in \
             `/usr/lib/python3/dist-packages/virt/firmware/certs`: {way}"
        ))
}

/// What the db has in vain.
fn barred(keys: &Keys) -> Finding {
    let what = format!(
        "the dbx of `{}` bars {} of its db: with Secure Boot no media start whose loader is signed \
         under what is barred",
        keys.path,
        operands(keys.revoked.iter().map(String::as_str))
    );
    let hint = "take newer media, or name variables with another dbx as `varsMs` of the tools";
    Finding::new(FIRMWARE, Level::Warning, what).hint(hint)
}
