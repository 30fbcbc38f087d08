//! Nix: new enough, with what flakes need, and willing to let a build use KVM.

use super::super::seen::Nix;
use super::tools::number;
use super::{Finding, Level, Seen};

const ABOUT: &str = "nix";
/// The oldest Nix.
const VERSION_MIN: (u32, u32) = (2, 24);

pub(super) fn judge(seen: &Seen, found: &mut Vec<Finding>) {
    let Some(nix) = &seen.nix else {
        let what =
            "there is no Nix: `lucarne install` works without it, images as Nix values do not";
        let none = Finding::new(ABOUT, Level::Note, what)
            .hint("https://nixos.org/download")
            .debian("`apt install nix-setup-systemd` (trixie has 2.26)");
        found.push(none);
        return;
    };
    let said = nix.version.as_deref().unwrap_or_default();
    // The number is the last word: others are names.
    let version = said.split_whitespace().next_back().and_then(number);
    let (major, minor) = VERSION_MIN;
    found.push(match version {
        Some(version) if version >= VERSION_MIN => {
            Finding::new(ABOUT, Level::Ok, format!("`{}` is {said}", nix.path))
        }
        _ => {
            let what = format!(
                "`{}` says `{said}`: {major}.{minor} or newer is needed",
                nix.path
            );
            Finding::new(ABOUT, Level::Problem, what)
                .hint("`nix upgrade-nix`, or a newer release of the system")
                .nixos("`nix.package = pkgs.nixVersions.latest;`")
        }
    });
    if let Some(trouble) = &nix.trouble {
        let what = format!("what Nix is set to is not known: {trouble}");
        let hint = "run the command by hand, as this user: it may say more";
        found.push(Finding::new(ABOUT, Level::Warning, what).hint(hint));
        return;
    }
    found.extend([flakes(nix), kvm(seen, nix), sandbox(nix)]);
    found.extend(group(seen, nix));
}

fn conf(line: &str) -> String {
    format!("`{line}` in `/etc/nix/nix.conf`, then `systemctl restart nix-daemon`")
}

fn flakes(nix: &Nix) -> Finding {
    let is_off = |name: &&str| !nix.experimental_features.iter().any(|known| known == name);
    let lacks: Vec<_> = ["nix-command", "flakes"]
        .into_iter()
        .filter(is_off)
        .collect();
    if lacks.is_empty() {
        return Finding::new(ABOUT, Level::Ok, "flakes are on");
    }
    let what = format!(
        "`experimental-features` lacks {}: the guides' commands need them",
        crate::problem::operands(lacks)
    );
    Finding::new(ABOUT, Level::Warning, what)
        .nixos("`nix.settings.experimental-features = [ \"nix-command\" \"flakes\" ];`")
        .debian(conf("extra-experimental-features = nix-command flakes"))
}

/// Nix lets `/dev/kvm` into its sandbox by itself where `kvm` is one of its features, and counts it
/// to them where the process that asks may open the device (`getDefaultSystemFeatures` of Nix). So
/// the settings of a user who may not say nothing of the daemon's.
fn kvm(seen: &Seen, nix: &Nix) -> Finding {
    if nix.system_features.iter().any(|known| known == "kvm") {
        let what = "`system-features` has `kvm`: images are built here, and their sandbox has \
                    `/dev/kvm`";
        return Finding::new(ABOUT, Level::Ok, what);
    }
    let device = seen.kvm.device.as_ref();
    if !seen.system.root && device.is_some_and(|device| device.refused.is_some()) {
        let what = "whether Nix's daemon has the feature `kvm` is not known: this user cannot open \
                    `/dev/kvm`, and so does not have it";
        return Finding::new(ABOUT, Level::Note, what)
            .hint("ask as a user who can, or as root: `nix config show system-features`");
    }
    let level = if nix.has_builders {
        Level::Warning
    } else {
        Level::Problem
    };
    let what = "`system-features` lacks `kvm`: Nix builds no image here unless a builder of its \
                own has it";
    Finding::new(ABOUT, level, what)
        .hint("Nix has it by itself where the daemon can open `/dev/kvm`: see to that first")
        .nixos("`nix.settings.extra-system-features = [ \"kvm\" ];`")
        .debian(conf("extra-system-features = kvm"))
}

fn sandbox(nix: &Nix) -> Finding {
    if nix.sandbox != "false" {
        return Finding::new(ABOUT, Level::Ok, "builds are in the sandbox");
    }
    let what = "`sandbox` is off: a build sees the host, and may find there what others lack";
    Finding::new(ABOUT, Level::Warning, what)
        .nixos("`nix.settings.sandbox = true;`")
        .debian(conf("sandbox = true"))
}

/// Debian opens the device to its group alone, and the users of builds are in their own.
fn group(seen: &Seen, nix: &Nix) -> Option<Finding> {
    let device = seen.kvm.device.as_ref()?;
    if device.for_all || nix.builds_in_group != Some(false) {
        return None;
    }
    let group = &device.group;
    let what = format!(
        "`/dev/kvm` is open to the group `{group}` alone, and not every user of builds is in it"
    );
    let rule = r#"KERNEL=="kvm", GROUP="kvm", MODE="0666""#;
    Some(
        Finding::new(ABOUT, Level::Warning, what)
            .hint(format!(
                "open the device to all, or add each user of the group `nixbld` to `{group}`"
            ))
            .nixos(format!("`services.udev.extraRules = ''{rule}'';`"))
            .debian(format!(
                "`{rule}` in `/etc/udev/rules.d/99-kvm.rules`, then `udevadm trigger /dev/kvm`"
            )),
    )
}
