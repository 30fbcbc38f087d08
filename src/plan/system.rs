//! Which Windows an image is, as virtio-win's folders name it.

/// A Windows as virtio-win tells them apart.
pub(super) use crate::windows_iso::Release as System;

impl System {
    /// The folders of virtio-win with drivers for it, the best first. Windows 11's drivers are
    /// built once for it and Server 2025, Windows 10's once for it and the older Servers
    /// (virtio-win-pkg-scripts, `util/filemap.py`); an older ISO may lack the copy of a later one.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Windows10 => &["w10"],
            Self::Windows11 => &["w11"],
            Self::Server2016 => &["2k16", "w10"],
            Self::Server2019 => &["2k19", "w10"],
            Self::Server2022 => &["2k22", "w10"],
            Self::Server2025 => &["2k25", "w11"],
        }
    }
}
