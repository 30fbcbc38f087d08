//! Windows ISOs, made small, and damaged.

use std::os::unix::ffi::OsStrExt as _;

use super::*;
use crate::optical::fixture;
use crate::optical::large::Sparse;
use proptest::prelude::*;

fn disc() -> Vec<u8> {
    let wim = fixture::wim_of(&["Windows 11 Pro", "Windows 11 Home"]);
    let files: [(&str, &[u8]); 3] = [
        ("Sources/Install.WIM", &wim),
        ("boot/etfsboot.com", b"bios image"),
        ("efi/microsoft/boot/efisys.bin", b"waits for a key"),
    ];
    fixture::windows(&files, b"bios image", b"waits for a key")
}

fn facts_of(disc: Vec<u8>) -> anyhow::Result<WindowsIso> {
    facts(&mut fixture::volume(disc)?)
}

#[test]
fn the_facts_of_a_disc() {
    let facts = facts_of(disc()).expect("a Windows ISO");
    assert_eq!(facts.label, "UDF_VOLUME");
    assert_eq!(facts.install_file, "Sources/Install.WIM");
    let names: Vec<_> = facts.images.iter().map(|image| &*image.name).collect();
    assert_eq!(names, ["Windows 11 Pro", "Windows 11 Home"]);
    let boot: Vec<_> = facts
        .boot_images
        .iter()
        .map(|image| (&*image.platform, image.count, image.file.as_deref()))
        .collect();
    assert_eq!(
        boot,
        [
            ("bios", 1, Some("boot/etfsboot.com")),
            ("uefi", 1, Some("efi/microsoft/boot/efisys.bin"))
        ]
    );
}

#[test]
fn an_esd_and_a_joliet_disc_do_too() {
    let wim = fixture::wim_of(&["Windows Server 2025 SERVERSTANDARD"]);
    let disc = fixture::joliet(&[("sources/install.esd", &wim)]);
    let facts = facts_of(disc).expect("a Windows ISO");
    assert_eq!(facts.install_file, "sources/install.esd");
    assert_eq!(facts.images[0].name, "Windows Server 2025 SERVERSTANDARD");
    assert_eq!(facts.boot_images, []);
}

#[test]
fn what_is_wrong_is_said() {
    let says = |disc: Vec<u8>, what: &str| {
        let error = format!("{:#}", facts_of(disc).expect_err(what));
        assert!(error.contains(what), "{error}");
    };
    says(vec![0; 1 << 20], "not an ISO image");
    says(Vec::new(), "not an ISO image");
    says(
        fixture::joliet(&[("README.TXT", b"")]),
        "no `sources/install.wim`",
    );
    says(fixture::joliet(&[("README.TXT", b"")]), "holds: README.TXT");
    says(
        fixture::joliet(&[("sources/install.wim", b"<html>")]),
        "no WIM",
    );
    let empty = fixture::wim("<WIM></WIM>", 0);
    says(
        fixture::joliet(&[("sources/install.wim", &empty)]),
        "no image",
    );
    let bare = fixture::wim("<WIM><IMAGE INDEX=\"1\"></IMAGE></WIM>", 1);
    says(
        fixture::joliet(&[("sources/install.wim", &bare)]),
        "image 1 of `sources/install.wim` is no Windows",
    );
    let other = fixture::wim("<WIM></WIM>", 7);
    says(
        fixture::joliet(&[("sources/install.wim", &other)]),
        "7 images",
    );
}

#[test]
fn a_disc_that_is_cut_off_says_so() {
    let whole = disc();
    let mut volume = fixture::volume(whole.clone()).expect("a disc");
    let wim = volume.find("sources/install.wim").expect("readable");
    let start = volume.contiguous(&wim.expect("there")).expect("readable");
    let start = usize::try_from(start.expect("in one piece")).expect("small");
    let cut = |bytes: usize| {
        format!(
            "{:#}",
            facts_of(whole[..bytes].to_vec()).expect_err("cut off")
        )
    };
    assert!(cut(start).contains("cut off"), "{}", cut(start));
    assert!(cut(200 * 2048).contains("cut off"), "{}", cut(200 * 2048));
    assert!(cut(20 * 2048).contains("cut off"), "{}", cut(20 * 2048));
}

#[test]
fn what_setup_reads_beside_the_images() {
    let wim = fixture::wim_of(&["Windows 11 Pro"]);
    let files: [(&str, &[u8]); 3] = [
        ("sources/install.wim", &wim),
        ("sources/EI.CFG", b"[Channel]\r\nRetail\r\n[VL]\r\n0\r\n"),
        ("sources/pid.txt", b"[PID]\r\nValue=AAAAA\r\n"),
    ];
    let facts = facts_of(fixture::joliet(&files)).expect("a Windows ISO");
    let ei_cfg = facts.ei_cfg.expect("it is there");
    assert_eq!(ei_cfg.channel.as_deref(), Some("Retail"));
    assert_eq!(ei_cfg.volume_license, Some(false));
    assert_eq!(facts.pid.as_deref(), Some("AAAAA"));
    assert_eq!(facts.files, Files::Joliet);
    assert_eq!(facts.passed_over, [""; 0]);
}

/// The images are there whatever lies beside them.
#[test]
fn what_is_strange_beside_the_images_is_passed_over() {
    let wim = fixture::wim_of(&["Windows 11 Pro"]);
    let says = |name: &str, bytes: &[u8], what: &str| {
        let files: [(&str, &[u8]); 2] = [("sources/install.wim", &wim), (name, bytes)];
        let facts = facts_of(fixture::joliet(&files)).expect("a Windows ISO");
        assert_eq!((facts.ei_cfg, facts.pid), (None, None), "{what}");
        let [told] = facts.passed_over.as_slice() else {
            panic!("{:?}", facts.passed_over);
        };
        assert!(told.contains(what), "{told}");
    };
    let ei_cfg = "sources/ei.cfg";
    says(
        ei_cfg,
        b"[VL]\n0 ; no",
        "`sources/ei.cfg`: line 2: `[VL]` is `0 ; no`",
    );
    says(ei_cfg, b"[Channel]\nOEM\tx", "control characters");
    says(
        ei_cfg,
        &b"x".repeat(70_000),
        "has 70000 bytes, more than 65536",
    );
    let long = format!("[PID]\nValue={}", "A".repeat(300));
    says(
        "sources/PID.txt",
        long.as_bytes(),
        "line 2: a value has 300 bytes",
    );
}

#[test]
fn what_nobody_installs_is_left_out() {
    let of = |kind: &str| {
        format!("<WINDOWS><ARCH>9</ARCH><INSTALLATIONTYPE>{kind}</INSTALLATIONTYPE></WINDOWS>")
    };
    let image = |index: u32, inside: &str| {
        format!("<IMAGE INDEX=\"{index}\"><NAME>{index}</NAME>{inside}</IMAGE>")
    };
    // Microsoft's ESDs: "Windows Setup Media", "Microsoft Windows PE", "Microsoft Windows Setup".
    let (pe, client) = (of("WindowsPE"), of("Client"));
    let media = [image(1, ""), image(2, &pe), image(3, &pe)].concat();
    let indexes = |images: &str, count: u32| {
        let wim = fixture::wim(&format!("<WIM>{images}</WIM>"), count);
        let facts = facts_of(fixture::joliet(&[("sources/install.esd", &wim)]))?;
        let indexes = facts.images.iter().map(|image| image.index);
        anyhow::Ok(indexes.collect::<Vec<_>>())
    };
    let whole = [media.as_str(), &image(4, &client), &image(5, &client)].concat();
    assert_eq!(indexes(&whole, 5).expect("a Windows"), [4, 5]);
    let error = indexes(&media, 3)
        .expect_err("nothing to install")
        .to_string();
    assert!(error.contains("is no Windows"), "{error}");
}

#[test]
fn which_boot_images_there_are() {
    let wim = fixture::wim_of(&["Windows 11 Pro"]);
    let boots = |name: &str| {
        let other = format!("efi/microsoft/boot/{name}");
        let files: [(&str, &[u8]); 3] = [
            ("sources/install.wim", &wim),
            ("efi/microsoft/boot/efisys_EX.bin", b"waits for a key"),
            (&other, b"does not"),
        ];
        let disc = fixture::windows(&files, b"bios image", b"waits for a key");
        facts_of(disc).expect("a Windows ISO").boots
    };
    let all = Boots {
        bios: true,
        uefi: true,
        uefi_no_prompt: true,
    };
    assert_eq!(boots("efisys_noprompt_ex.bin"), all);
    // The firmware may not trust the other generation.
    let none = boots("efisys_noprompt.bin");
    assert_eq!((none.uefi, none.uefi_no_prompt), (true, false));
}

#[test]
fn parts_of_a_split_wim_must_be_there() {
    let mut first = fixture::wim_of(&["Windows 11 Pro"]);
    first[42] = 3;
    let second = ("sources/INSTALL2.SWM", &b"part"[..]);
    let third = ("sources/install3.swm", &b"part"[..]);
    let first = ("sources/install.swm", &first[..]);
    let facts = facts_of(fixture::joliet(&[first, second, third])).expect("a Windows ISO");
    assert_eq!(facts.images[0].name, "Windows 11 Pro");
    for (there, lacks) in [(second, "install3.swm"), (third, "install2.swm")] {
        let error = facts_of(fixture::joliet(&[first, there])).expect_err("a part lacks");
        let what = format!("3 parts, and `sources/{lacks}` is missing");
        assert!(format!("{error:#}").contains(&what), "{error:#}");
    }
}

#[test]
fn a_folder_and_a_wim_by_itself_do_too() {
    let folder = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("is below")).expect("the test may write");
        std::fs::write(path, bytes).expect("the test may write");
    };
    let says = |path: &Utf8Path, what: &str| {
        let error = format!("{:#}", look(path).expect_err(what));
        assert!(error.contains(what), "{error}");
    };
    write("EFI/Microsoft/Boot/efisys.bin", b"waits for a key");
    says(folder, "its root holds: EFI");
    let wim = fixture::wim_of(&["Windows Server 2025 SERVERSTANDARD"]);
    write("Sources/Install.wim", &wim);
    write("Sources/ei.cfg", b"[VL]\n1\n");
    write("Boot/etfsboot.com", b"bios image");
    let facts = look(folder).expect("an unpacked ISO");
    assert_eq!(facts.install_file, "Sources/Install.wim");
    assert_eq!((facts.files, facts.bytes), (Files::Directory, None));
    assert_eq!((facts.boots.bios, facts.boots.uefi), (true, true));
    assert!(!facts.boots.uefi_no_prompt);
    assert_eq!(facts.ei_cfg.expect("is there").volume_license, Some(true));
    write("efi-is-not-it", b"");
    let odd = std::ffi::OsStr::from_bytes(b"Sources/\xff.dll");
    std::fs::write(folder.as_std_path().join(odd), b"").expect("the test may write");
    write("EFI/Microsoft/Boot/EFISYS_NOPROMPT_EX.BIN", b"does not");
    assert!(look(folder).expect("still one").boots.uefi_no_prompt);

    let bare = look(&folder.join("Sources/Install.wim")).expect("a WIM");
    assert_eq!(
        (bare.files, bare.bytes),
        (Files::Wim, Some(wim.len() as u64))
    );
    assert_eq!(bare.install_file, "Install.wim");
    assert_eq!(bare.images, facts.images);
    assert_eq!((bare.boots, bare.ei_cfg), (Boots::default(), None));
    // An install boots an ISO.
    let error = read(&folder.join("Sources/Install.wim")).expect_err("is no ISO");
    assert!(
        format!("{error:#}").contains("not an ISO image"),
        "{error:#}"
    );
    write("cut.wim", &wim[..210]);
    says(&folder.join("cut.wim"), "its XML lies outside of it");
    write("short.wim", &wim[..100]);
    says(
        &folder.join("short.wim"),
        "`short.wim` is no WIM: it has 100 bytes",
    );
}

/// What an install's ISO costs to be read: less than a thousandth of it.
#[test]
fn six_gigabytes_are_read_in_megabytes() {
    const BYTES: u64 = 6 << 30;
    let names: Vec<String> = (1..=11)
        .map(|n| format!("Windows 11 Edition {n}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // The head is in the first sectors, its XML at the very end, as DISM and wimlib write it.
    let mut head = fixture::wim_of(&names);
    let xml = head.split_off(208);
    head[80..88].copy_from_slice(&(BYTES - xml.len() as u64).to_le_bytes());
    head.resize(12_345, 0);
    // Boot images of a real one's size, alike up to their ends.
    let image = |last: u8| [vec![0; 1_474_559], vec![last]].concat();
    let (asks, asks_not, newer) = (image(1), image(2), image(3));
    let mut files: Vec<(String, &[u8])> = (0..900)
        .map(|n| (format!("sources/file-{n:04}.dll"), &b"MZ"[..]))
        .collect();
    for (path, bytes) in [
        ("sources/install.wim", &head[..]),
        ("sources/ei.cfg", b"[VL]\n0\n"),
        ("efi/microsoft/boot/efisys.bin", &asks),
        ("efi/microsoft/boot/efisys_ex.bin", &newer),
        ("efi/microsoft/boot/efisys_noprompt.bin", &asks_not),
    ] {
        files.push((path.to_owned(), bytes));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, b)| (path.as_str(), *b)).collect();
    let disc = fixture::windows(&files, b"bios image", &asks);
    let disc = Sparse::stretch(disc, 12_345, &xml, BYTES);
    let count = disc.count();
    let mut volume = Volume::mount(disc).expect("a disc");
    let facts = facts(&mut volume).expect("a Windows ISO");
    assert_eq!(facts.files, Files::Udf);
    assert!(facts.bytes.expect("a size") > BYTES);
    assert_eq!(facts.images.len(), 11);
    assert_eq!(facts.images[10].name, "Windows 11 Edition 11");
    assert!(facts.ei_cfg.is_some() && facts.boots.uefi_no_prompt);
    let read = count.load(std::sync::atomic::Ordering::Relaxed);
    assert!(read < 8 << 20, "{read} bytes are read");
    assert!(read > xml.len() as u64, "they are counted");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_panics(
        damage in proptest::collection::vec((16usize * 2048..600 * 2048, any::<u8>()), 1..200)
    ) {
        let mut disc = disc();
        for (at, with) in damage {
            if let Some(byte) = disc.get_mut(at) {
                *byte = with;
            }
        }
        let _ = facts_of(disc);
    }
}
