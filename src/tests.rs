//! The seeds of the fuzzers' corpora, made from the fixtures of the unit tests.
//!
//! `UPDATE_EXPECT=1 cargo test` writes them anew, as it does with golden texts.

use std::fs;
use std::path::{Path, PathBuf};

use lucarne_protocol::{Event, Kind, PROTOCOL, Status, encode};

use crate::disk::{ntfs, table};
use crate::optical::fixture;
use crate::secure_boot::fixture::{CA_2023, LEAF, SIGNED, boot_image, trusting};

#[path = "../fuzz/src/targets/sparse.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "the fuzzers' crate has the same file, and decodes"
)]
mod sparse;

/// Discs and disks begin with a byte that asks for their sums to be made right.
const SUMMED: u8 = 0;
/// What the inputs that stand for disks are made of.
const PIECE_BYTES: usize = 128;

#[test]
fn seeds_are_made_of_the_fixtures() {
    let mut stale = Vec::new();
    for (target, name, bytes) in seeds() {
        let path = repository("fuzz/corpus").join(target).join(name);
        if fs::read(&path).ok().as_ref() == Some(&bytes) {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(&path, bytes).expect("writable");
        } else {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "with UPDATE_EXPECT=1 these change: {stale:?}"
    );
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn file(path: &str) -> Vec<u8> {
    fs::read(repository(path)).expect(path)
}

type Seed = (&'static str, &'static str, Vec<u8>);

fn seeds() -> Vec<Seed> {
    let mut seeds = discs();
    seeds.extend(disks());
    seeds.extend(documents());
    seeds.extend(firmware());
    seeds.extend(said_by_guest());
    seeds.extend(said_by_qemu());
    seeds.extend(said_by_nbd());
    seeds
}

fn disc(bytes: &[u8]) -> Vec<u8> {
    [vec![SUMMED], sparse::encode(bytes, 2048)].concat()
}

const EI_CFG: &[u8] = b"[EditionID]\r\nProfessional\r\n[Channel]\r\nOEM\r\n[VL]\r\n0\r\n";

fn discs() -> Vec<Seed> {
    let wim = fixture::wim_of(&["Windows 11 Pro"]);
    let windows: [(&str, &[u8]); 5] = [
        ("sources/install.wim", &wim),
        ("sources/ei.cfg", EI_CFG),
        ("boot/etfsboot.com", b"bios image"),
        ("efi/microsoft/boot/efisys.bin", b"waits for a key"),
        ("efi/microsoft/boot/efisys_noprompt.bin", b"does not"),
    ];
    let inf: &[u8] = b"[SourceDisksFiles]\r\nvioscsi.sys=1\r\n";
    let drivers: [(&str, &[u8]); 3] = [
        ("vioscsi/w11/amd64/vioscsi.inf", inf),
        ("vioscsi/w11/amd64/vioscsi.sys", b"driver"),
        ("vioscsi/w11/amd64/vioscsi.cat", b"signature"),
    ];
    let bridge = fixture::windows(&windows, b"bios image", b"waits for a key");
    let joliet = fixture::joliet(&windows[..1]);
    vec![
        ("windows_iso", "bridge", disc(&bridge)),
        ("windows_iso", "joliet", disc(&joliet)),
        ("virtio_win", "joliet", disc(&fixture::joliet(&drivers))),
        ("wim_xml", "images", wim_xml().into_bytes()),
        ("wim", "images", fixture::wim(&wim_xml(), 2)),
        ("setup_files", "ei", EI_CFG.to_vec()),
        (
            "setup_files",
            "pid",
            b"[PID]\r\nValue=AAAAA-BBBBB\r\n".to_vec(),
        ),
    ]
}

fn wim_xml() -> String {
    let image = |index: u32, name: &str| {
        format!(
            "<IMAGE INDEX=\"{index}\"><TOTALBYTES>9000</TOTALBYTES>\
             <HARDLINKBYTES>4000</HARDLINKBYTES><WINDOWS><ARCH>9</ARCH>\
             <EDITIONID>Core</EDITIONID><INSTALLATIONTYPE>Client</INSTALLATIONTYPE>\
             <LANGUAGES><LANGUAGE>en-US</LANGUAGE><DEFAULT>en-US</DEFAULT></LANGUAGES>\
             <VERSION><MAJOR>10</MAJOR><MINOR>0</MINOR><BUILD>26100</BUILD></VERSION>\
             </WINDOWS><NAME>{name}</NAME><DISPLAYNAME>A &amp; &#66;</DISPLAYNAME></IMAGE>"
        )
    };
    let (home, other) = (image(1, "Windows 11 Home"), image(2, "<![CDATA[Other]]>"));
    format!("<WIM><TOTALBYTES>1</TOTALBYTES>{home}{other}</WIM>")
}

fn disks() -> Vec<Seed> {
    let volume = ntfs::fixture::volume();
    let behind = [vec![0; ntfs::fixture::CLUSTER], volume.clone()].concat();
    let mut gpt = table::tests::gpt_disk();
    forget_chance(&mut gpt);
    gpt[3 << 20..][..volume.len()].copy_from_slice(&volume);
    let signed = |disk: &[u8]| [vec![SUMMED], sparse::encode(disk, PIECE_BYTES)].concat();
    let mut mbr = vec![0; 1 << 20];
    mbr[446..462].copy_from_slice(&[0x80, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0]);
    mbr[510..512].copy_from_slice(&[0x55, 0xaa]);
    mbr[512..][..volume.len()].copy_from_slice(&volume);
    vec![
        ("ntfs", "volume", sparse::encode(&behind, PIECE_BYTES)),
        ("gpt", "gpt", signed(&gpt)),
        ("gpt", "mbr", signed(&mbr)),
    ]
}

/// The writer of the GPT takes its GUIDs by chance. The target makes the sums over them right.
fn forget_chance(disk: &mut [u8]) {
    let last = disk.len() - 512;
    for header in [512, last] {
        for part in [16..20, 56..72, 88..92] {
            disk[header..][part].fill(0);
        }
    }
    for entries in [1024, last - 32 * 512] {
        let entries = disk[entries..].chunks_exact_mut(128);
        entries.take(128).for_each(|entry| entry[16..32].fill(0));
    }
}

fn documents() -> Vec<Seed> {
    let minimal = file("tests/cases/minimal/spec.json");
    let text = String::from_utf8(minimal.clone()).expect("JSON");
    let tools = "\"qemu\":\"/q\",\"qemuImg\":\"/i\",\"qemuIo\":\"/o\",\"qemuNbd\":\"/n\",\
                 \"swtpm\":\"/s\",\"wimlib\":\"/w\",\"code\":\"/c\",\"vars\":\"/v\",\
                 \"varsMs\":\"/m\"";
    let attributes = format!(
        "{{\"name\":\"a.iso\",\"outputHash\":\"sha256-AA==\",\"outputs\":{{\"out\":\"/x\"}},\
         \"media\":\"/m\",\"tools\":{{{tools}}},\"spec\":{text}}}"
    );
    let manifest = crate::manifest::tests::example().to_json();
    vec![
        ("spec", "minimal", minimal),
        ("spec", "layer", file("tests/layers/full/spec.json")),
        ("spec", "full", file("tests/cases/full/spec.json")),
        ("spec", "bios-mbr", file("tests/cases/bios-mbr/spec.json")),
        ("manifest", "example", manifest.into_bytes()),
        ("attributes", "image", attributes.into_bytes()),
    ]
}

fn firmware() -> Vec<Seed> {
    let image = sparse::encode(&boot_image(SIGNED), PIECE_BYTES);
    vec![
        ("variables", "trusting", trusting(&[CA_2023, LEAF])),
        ("program", "signed", SIGNED.to_vec()),
        ("boot_image", "fat", image),
    ]
}

/// What the firmware says, and what QEMU does: see the target.
const CD: &str = "\u{1b}[2J\u{1b}[01;01HBdsDxe: starting Boot0002 \"UEFI QEMU DVD-ROM QM00001 \" \
                  from PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)\r\n~written 209715200\r\n";
const MANAGER: &str =
    "BdsDxe: starting Boot0004 \"Windows Boot Manager\" from HD(1,GPT,0,0x800,0x1)\r\n";
const REFUSED: &str = "BdsDxe: failed to load Boot0002 \"UEFI QEMU DVD-ROM QM00001 \" from \
                       PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0): Security Violation\r\n\
                       BdsDxe: No bootable option or device was found.\r\n~exited killed\r\n";
const RESET: &str =
    "~{\"event\":\"RESET\",\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}\r\n";
const OFF: &str =
    "~{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"guest-shutdown\"}}\r\n";
const PANIC: &str = "~{\"event\":\"GUEST_PANICKED\",\"data\":{\"info\":{\"type\":\"hyper-v\"}}}\r\n\
                     ~stopped guest-panicked\r\n";

fn event(seq: u64, kind: Kind) -> String {
    encode(&Event { seq, kind })
}

fn step(status: Status) -> Kind {
    Kind::Step {
        id: "a".into(),
        n: 1,
        of: 1,
        name: "Zeitzone f\u{fc}r M\u{fc}ller".into(),
        status,
        ms: Some(900),
        exit: Some(3010),
        message: Some("it failed".into()),
    }
}

/// What is heard on COM1.
fn said_by_guest() -> Vec<Seed> {
    let hello = |boot| Kind::Hello {
        protocol: PROTOCOL.into(),
        program: "0.1.0".into(),
        boot,
    };
    let settle = Kind::Phase {
        phase: "settle".into(),
    };
    let first = [hello(1), step(Status::Start), step(Status::Ok), settle];
    let first: String = (1..)
        .zip(first)
        .map(|(seq, kind)| event(seq, kind))
        .collect();
    let last = event(1, hello(2)) + &event(2, Kind::Done);
    let gave_up = Kind::Failed {
        message: "no".into(),
    };
    let failed = event(3, step(Status::Failed)) + &event(4, gave_up);
    let log = Kind::Log {
        name: "setup.log".into(),
        part: 1,
        of: 1,
        data: "ZXhpdA==".into(),
    };
    // The first byte of a story says how its bytes come: here 64 at a time.
    let story = |parts: &[&str]| [b" ", parts.concat().as_bytes()].concat();
    let success = [CD, RESET, MANAGER, &first, RESET, MANAGER, &last, OFF];
    vec![
        ("guest", "success", story(&success)),
        ("guest", "panic", story(&[CD, RESET, MANAGER, PANIC])),
        ("guest", "failed", story(&[CD, MANAGER, &first, &failed])),
        ("guest", "refused", story(&[REFUSED])),
        (
            "events",
            "step",
            event(1, step(Status::Skipped)).into_bytes(),
        ),
        ("events", "log", event(2, log).into_bytes()),
        ("events", "hello", event(3, hello(1)).into_bytes()),
    ]
}

fn said_by_qemu() -> Vec<Seed> {
    let reply = "{\"event\":\"STOP\"}
{\"return\":{\"status\":\"running\"},\"id\":2}
\
                 {\"return\":[{\"node-name\":\"system\",\"stats\":{\"wr_bytes\":1}}],\"id\":3}
";
    let error = "{\"id\":1,\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}
";
    // The first byte says whether QEMU greets first.
    vec![
        ("qmp", "reply", [&[0], reply.as_bytes()].concat()),
        ("qmp", "error", [&[1], error.as_bytes()].concat()),
    ]
}

fn said_by_nbd() -> Vec<Seed> {
    // The first byte says whether the server shakes hands first, and whether a read comes first.
    let answers = crate::disk::nbd::tests::answers();
    let refusal = b"\x67\x44\x66\x98\0\0\0\x05\0\0\0\0\0\0\0\x01";
    let half = b"NBDMAGICIHAVEOPT\0\x03\0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x08\0\0";
    vec![
        ("nbd", "answers", [&[0], &answers[..]].concat()),
        ("nbd", "refusal", [&[2], &refusal[..]].concat()),
        ("nbd", "half", [&[1], &half[..]].concat()),
    ]
}
