//! The media in the machine's drives, and the letters that they get.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context as _, Result, bail, ensure};

use super::platform::{fact, load, mount, names, random};
use crate::{
    config::Config,
    drives::{Drives, entry, shuffle},
};

/// Whether a stop is explained on COM2: known once the medium's order was read.
static EXPLAINS: OnceLock<bool> = OnceLock::new();

/// Remembers whether to explain.
pub(super) fn set_explains(explains: bool) {
    EXPLAINS.get_or_init(|| explains);
}

/// Whether to explain; before the order was read nobody could have forbidden it.
pub(super) fn explains() -> bool {
    EXPLAINS.get().copied().unwrap_or(true)
}

/// A medium with its mount point.
#[derive(Clone, Debug)]
pub(super) struct Medium {
    pub(super) root: PathBuf,
    /// Removable and writable: a stick or a floppy, which Setup looks at first.
    pub(super) writable: bool,
}

/// Mounts every medium: CDs, and removable disks. Loading a driver returns when it has probed
/// its devices, so there is nothing to wait for.
pub(super) fn mount_all() -> Result<Vec<Medium>> {
    load(&["ahci", "sd_mod", "sr_mod", "udf", "isofs", "nls_utf8"])?;
    let mut media = Vec::new();
    for name in names("/sys/block") {
        let root: PathBuf = format!("/mnt/{name}").into();
        let device = format!("/dev/{name}");
        if name.starts_with("sr") {
            if mount_cd(&device, &root).is_ok() {
                media.push(Medium {
                    root,
                    writable: false,
                });
            }
        } else if fact(format!("/sys/block/{name}/removable")) == "1" && !name.starts_with("loop") {
            load(&["vfat", "nls_ascii", "nls_cp437"])?;
            let first = format!("{device}1");
            let device = if Path::new(&first).exists() {
                first
            } else {
                device
            };
            if mount(&device, "vfat", &root, "").is_ok() {
                media.push(Medium {
                    root,
                    writable: true,
                });
            }
        }
    }
    Ok(media)
}

/// Windows takes UDF before ISO 9660, and of that the Joliet names; Rock Ridge says it nothing.
fn mount_cd(device: &str, root: &Path) -> Result<()> {
    mount(device, "udf", root, "iocharset=utf8")
        .or_else(|_| mount(device, "iso9660", root, "norock,iocharset=utf8"))
}

/// Whether a CD is in a drive: asking for its size opens the medium.
pub(super) fn cd_present() -> bool {
    names("/sys/block")
        .iter()
        .filter(|name| name.starts_with("sr"))
        .any(|name| {
            let mut byte = [0];
            let file = fs::File::open(format!("/dev/{name}"));
            file.is_ok_and(|mut file| std::io::Read::read_exact(&mut file, &mut byte).is_ok())
        })
}

/// Gives the media letters that nobody can foresee.
pub(super) fn letters(media: &[Medium]) -> Result<Drives> {
    let mut letters: Vec<char> = ('D'..='H').collect();
    ensure!(
        media.len() <= letters.len(),
        "more media than the stand-in has letters"
    );
    shuffle(&mut letters, &random::<8>()?);
    let mut drives = Drives::default();
    for (letter, medium) in letters.into_iter().zip(media) {
        drives.assign(letter, &medium.root);
    }
    Ok(drives)
}

/// The one answer file: removable writable media come first, then read-only ones; two files are
/// an error here, for nobody can foresee which letter is the lower one.
pub(super) fn answer_file(media: &[Medium]) -> Result<PathBuf> {
    let mut found = Vec::new();
    for writable in [true, false] {
        for medium in media.iter().filter(|medium| medium.writable == writable) {
            found.extend(entry(&medium.root, "Autounattend.xml"));
        }
    }
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => bail!(
            "no answer file on {} media: the first page asks",
            media.len()
        ),
        _ => bail!("{} answer files", found.len()),
    }
}

/// The stand-in's own medium and its order.
pub(super) fn own(media: &[Medium]) -> Result<(PathBuf, Config)> {
    let own = media
        .iter()
        .find(|medium| medium.root.join("standin/config.json").is_file());
    let own = own.context("the medium that started this machine is not in a drive")?;
    let text = fs::read_to_string(own.root.join("standin/config.json"));
    let text = text.context("cannot read the stand-in's order")?;
    let config: Config = serde_json::from_str(&text).context("the stand-in's order is broken")?;
    set_explains(config.explain);
    Ok((own.root.clone(), config))
}
