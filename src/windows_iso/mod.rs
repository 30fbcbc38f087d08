//! What a Windows ISO holds, read without root, mount or extraction.

pub mod boot;
mod release;
mod setup_files;
mod wim;
mod xml;

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use hadris_storage::sync::BlockDevice;
use serde::Serialize;

use crate::optical::{self, Entry, Volume};

pub use release::{Kind, Release};
pub use setup_files::EiCfg;
#[doc(hidden)]
pub use xml::images as images_of;

/// Where the images may be: whole, in the stronger compression, or the first part of several.
const INSTALL_FILES: [&str; 3] = [
    "sources/install.wim",
    "sources/install.esd",
    "sources/install.swm",
];
const EI_CFG: &str = "sources/ei.cfg";
const PID_TXT: &str = "sources/PID.txt";

/// The facts that planning needs of a Windows ISO.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowsIso {
    /// The volume's label.
    pub label: String,
    /// The file that the images are in, as the ISO spells it, such as `sources/install.wim`.
    pub install_file: String,
    /// The images of `sources/install.wim` (or `.esd`), in the order of their indexes.
    pub images: Vec<Image>,
    /// What the boot catalogue offers, in its order.
    pub boot_images: Vec<BootImage>,
    /// What `sources/ei.cfg` says, where there is one.
    #[serde(skip)]
    pub ei_cfg: Option<EiCfg>,
    /// The product key of `sources/PID.txt`, where there is one: nobody is told it.
    #[serde(skip)]
    pub pid: Option<String>,
}

/// One entry of the boot catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BootImage {
    /// `bios`, `uefi`, or the platform's number in hexadecimal.
    pub platform: String,
    /// The sector of 2048 bytes where it starts.
    pub sector: u32,
    /// How many sectors of 512 bytes the catalogue says that it has; often 1, and then untrue.
    pub count: u16,
    /// The file of the ISO that holds the same bytes, where there is one.
    pub file: Option<String>,
}

/// One image of `sources/install.wim`, as its XML tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// From 1.
    pub index: u32,
    /// `NAME`: what the answer file selects by. Not always what Setup displays.
    pub name: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// `EDITIONID`, such as `Professional` or `ServerStandard`.
    pub edition_id: Option<String>,
    /// `INSTALLATIONTYPE`: `Client`, `Server`, `Server Core`.
    pub installation_type: Option<String>,
    /// The answer file's word for it: `x86`, `amd64`, `arm64`.
    pub architecture: String,
    /// Major, minor and build, such as 10, 0, 26100.
    pub version: (u32, u32, u32),
    /// `SPBUILD`: the update that it holds, such as 1742.
    pub revision: Option<u32>,
    pub languages: Vec<String>,
    pub default_language: Option<String>,
    /// `TOTALBYTES`, which counts a hard link as often as it occurs.
    pub total_bytes: u64,
    /// `HARDLINKBYTES`.
    pub hard_link_bytes: u64,
    /// Whether it ends working after its trial: it takes no product key.
    pub evaluation: bool,
}

/// Reads the facts of a Windows ISO.
pub fn read(path: &Utf8Path) -> anyhow::Result<WindowsIso> {
    let mut volume = optical::open(path)?;
    facts(&mut volume).with_context(|| format!("cannot read `{path}` as a Windows ISO"))
}

/// The file that the images are in.
fn install_file<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<Entry> {
    for path in INSTALL_FILES {
        if let Some(file) = volume.find(path)?.filter(|file| !file.is_folder) {
            return Ok(file);
        }
    }
    let root = volume.root();
    let mut names: Vec<_> = volume.list(&root)?.into_iter().take(8).collect();
    names.sort_by(|a, b| a.path.cmp(&b.path));
    let names: Vec<_> = names.iter().map(|entry| entry.path.as_str()).collect();
    bail!(
        "it has no `sources/install.wim`, nor one ending in `.esd` or `.swm`; its root holds: {}",
        names.join(", ").escape_debug()
    );
}

/// The same of an open disc.
pub fn facts<D: BlockDevice>(volume: &mut Volume<D>) -> anyhow::Result<WindowsIso> {
    let install = install_file(volume)?;
    let images = wim::images(volume, &install)?;
    if images.is_empty() {
        bail!("`{}` holds no image", install.path);
    }
    // A WIM may hold anything; what is no Windows has no architecture.
    if let Some(other) = images.iter().find(|image| image.architecture.is_empty()) {
        bail!(
            "image {} of `{}` is no Windows: it has no architecture",
            other.index,
            install.path
        );
    }
    Ok(WindowsIso {
        label: volume.label(),
        install_file: install.path,
        images,
        boot_images: boot::images(volume)?,
        ei_cfg: small(volume, EI_CFG, setup_files::ei_cfg)?,
        pid: small(volume, PID_TXT, setup_files::pid)?.flatten(),
    })
}

/// Reads a small file, where there is one.
fn small<D: BlockDevice, T>(
    volume: &mut Volume<D>,
    path: &str,
    parse: impl FnOnce(&[u8]) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let Some(file) = volume.find(path)?.filter(|file| !file.is_folder) else {
        return Ok(None);
    };
    let bytes = volume.read(&file, setup_files::BYTES_MAX)?;
    let parsed = parse(&bytes).with_context(|| format!("`{}`", file.path.escape_debug()))?;
    Ok(Some(parsed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optical::fixture;
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
}
