//! The stand-in's first boot image does wait for a key, as a real ISO's does: that installs pass
//! without a key is the boot overlay's work.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "prompt/waits",
    shows: "without the overlay the ISO waits for a key, and starts Setup when one comes",
    run: waits,
}];

const LIMIT: Duration = Duration::from_secs(240);

/// What the boot menu writes on COM1 while it waits.
const MENU: &str = "Reboot Into Firmware";

/// Waits for the menu, then long enough for a machine that goes on by itself (an install has left
/// the menu after 3 s), presses a key, and waits for what the started program changes.
const SCRIPT: &str = r#"
cp "$1.vars.fd" vars.fd
: > com1
talk() {
    until grep -aq "$2" com1; do sleep 1; done
    sleep 1; cp com1 menu
    sleep 30; cp com1 waited
    echo "sendkey ret"
    while cmp -s com1 waited; do sleep 1; done
    echo quit
}
talk "$@" | qemu-system-x86_64 -machine q35,smm=on,accel=tcg -cpu max -m 2048 \
    -nodefaults -no-user-config -vga std -display none -monitor stdio -serial file:com1 \
    -global driver=cfi.pflash01,property=secure,value=on \
    -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd \
    -drive if=pflash,format=raw,file=vars.fd \
    -drive if=none,id=cd,format=raw,readonly=on,media=cdrom,file="$1" -device ide-cd,drive=cd
"#;

fn waits(context: &Context) -> Result<Outcome> {
    let standin = parts::standin(&Order::default())?;
    context.read(
        LIMIT,
        &["sh", "-c", SCRIPT, "sh", standin.iso.as_str(), MENU],
    )?;
    let read = |name: &str| {
        fs::read(context.folder.join(name)).with_context(|| format!("no sample `{name}`"))
    };
    let (menu, waited, pressed) = (read("menu")?, read("waited")?, read("com1")?);
    ensure!(menu == waited, "the menu did not wait for a key");
    ensure!(pressed.len() > waited.len(), "the key changed nothing");
    Ok(Outcome::Passed)
}
