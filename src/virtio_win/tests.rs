//! The layout of a virtio-win ISO, small.

use super::*;
use crate::optical::fixture;
use proptest::prelude::*;

const INF: &[u8] = b"[Version]\r\nCatalogFile = netkvm.cat\r\n[SourceDisksFiles]\r\n\
    NETKVM.sys = 1,,\r\nnetkvmco.exe=1\r\n[Strings]\r\nNotes = \"like netkvmp.exe.txt\"\r\n";

fn disc() -> Vec<u8> {
    fixture::joliet(&[
        ("NetKVM/w11/amd64/netkvm.inf", INF),
        ("NetKVM/w11/amd64/netkvm.cat", b"signature"),
        ("NetKVM/w11/amd64/netkvm.sys", b"driver"),
        ("NetKVM/w11/amd64/netkvm.pdb", b"symbols"),
        ("NetKVM/w11/amd64/netkvmco.exe", b"helper"),
        ("NetKVM/w11/amd64/netkvmp.exe", b"not named"),
        ("NetKVM/w11/amd64/netkvm.DVL.XML", b"not for Windows"),
        ("NetKVM/2k12R2/amd64/netkvm.inf", INF),
        (
            "vioscsi/w11/ARM64/vioscsi.inf",
            b"\xff\xfev\0i\0o\0.\0s\0y\0s\0",
        ),
        ("vioscsi/w11/ARM64/vio.sys", b"driver"),
        (
            "qemufwcfg/w11/amd64/qemufwcfg.inf",
            b"[Version]\r\nCatalogFile=qemufwcfg.cat",
        ),
        ("qemufwcfg/w11/amd64/qemufwcfg.cat", b"signature"),
        ("amd64/w11/vioscsi.inf", b""),
        ("guest-agent/qemu-ga-x86_64.msi", b"big"),
        ("data/info.json", b"{}"),
    ])
}

#[test]
fn folders_are_found_as_the_disc_spells_them() {
    let facts = facts(&mut fixture::volume(disc()).expect("a disc")).expect("virtio-win");
    let folders: Vec<_> = facts.folders.iter().map(String::as_str).collect();
    assert_eq!(
        folders,
        [
            "NetKVM/2k12R2/amd64",
            "NetKVM/w11/amd64",
            "qemufwcfg/w11/amd64",
            "vioscsi/w11/ARM64"
        ]
    );
    assert_eq!(facts.label, "virtio-win-0.1.285");
}

#[test]
fn only_what_the_inf_names_is_taken() {
    let mut volume = fixture::volume(disc()).expect("a disc");
    let found = files(&mut volume, "netkvm/W11/AMD64").expect("a driver");
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["netkvm.cat", "netkvm.inf", "netkvm.sys", "netkvmco.exe"]
    );
    assert_eq!(found["netkvm.sys"], b"driver");
    let utf16 = files(&mut volume, "vioscsi/w11/ARM64").expect("a driver");
    assert!(utf16.contains_key("vio.sys"));
}

#[test]
fn what_is_wrong_is_said() {
    let mut volume = fixture::volume(disc()).expect("a disc");
    let mut says = |path: &str, what: &str| {
        let error = files(&mut volume, path).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    };
    says("vioscsi/w11/amd64", "no folder `vioscsi/w11/amd64`");
    says("data", "no `.inf`");
    says("NetKVM/2k12R2/amd64", "no `netkvm.sys`");
    let mut other = fixture::volume(fixture::joliet(&[("a/b.txt", b"")])).expect("a disc");
    let error = facts(&mut other).expect_err("other").to_string();
    assert!(error.contains("such as `vioscsi/w11/amd64`"), "{error}");
}

#[test]
fn a_driver_may_have_no_program() {
    let mut volume = fixture::volume(disc()).expect("a disc");
    let found = files(&mut volume, "qemufwcfg/w11/amd64").expect("a driver");
    assert!(found.keys().eq(["qemufwcfg.cat", "qemufwcfg.inf"]));
}

#[test]
fn the_label_tells_the_release() {
    let version = |label: &str| {
        let iso = VirtioWin {
            label: label.to_owned(),
            ..VirtioWin::default()
        };
        iso.version()
    };
    assert_eq!(version("virtio-win-0.1.285"), Some([0, 1, 285]));
    assert_eq!(version("virtio-win-1.9.60-2"), Some([1, 9, 60]));
    assert_eq!(version("virtio-win-1.9"), None);
    assert_eq!(version("Drivers"), None);
    assert!(version("virtio-win-0.1.258") < version("virtio-win-1.9.60"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_panics(
        damage in proptest::collection::vec((16usize * 2048..100 * 2048, any::<u8>()), 1..200)
    ) {
        let mut disc = disc();
        for (at, with) in damage {
            if let Some(byte) = disc.get_mut(at) {
                *byte = with;
            }
        }
        if let Ok(mut volume) = fixture::volume(disc) {
            let _ = facts(&mut volume);
            let _ = files(&mut volume, "NetKVM/w11/amd64");
        }
    }
}

#[test]
fn a_disc_that_is_cut_off_says_so() {
    let mut disc = disc();
    let count = 16 * 2048 + 80;
    let sectors = u32::from_le_bytes(disc[count..count + 4].try_into().expect("four bytes"));
    disc.truncate((sectors as usize - 1) * 2048);
    let error = fixture::volume(disc).and_then(|mut volume| facts(&mut volume));
    let error = format!("{:#}", error.expect_err("is cut off"));
    assert!(error.contains("cut off"), "{error}");
}
