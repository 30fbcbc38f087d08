//! Which Windows an image is, as virtio-win's folders name it.

use crate::windows_iso::Image;

/// A Windows as virtio-win tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Windows10,
    Windows11,
    Server2016,
    Server2019,
    Server2022,
    Server2025,
}

/// The first build of each; what lies between is the one below. Client builds end where Windows 11
/// begins, Server has releases of its own.
const CLIENTS: [(u32, System); 2] = [(22000, System::Windows11), (10240, System::Windows10)];
const SERVERS: [(u32, System); 4] = [
    (26040, System::Server2025),
    (20348, System::Server2022),
    (17763, System::Server2019),
    (14393, System::Server2016),
];

impl System {
    /// The system of an image; `None` for one that is older than Windows 10, or not known.
    pub(super) fn of(image: &Image) -> Option<Self> {
        let builds: &[_] = if is_server(image) { &SERVERS } else { &CLIENTS };
        let (_, _, build) = image.version;
        let found = builds.iter().find(|(first, _)| build >= *first);
        found.map(|(_, system)| *system)
    }

    pub(super) fn is_server(self) -> bool {
        !matches!(self, Self::Windows10 | Self::Windows11)
    }

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

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Windows10 => "Windows 10",
            Self::Windows11 => "Windows 11",
            Self::Server2016 => "Windows Server 2016",
            Self::Server2019 => "Windows Server 2019",
            Self::Server2022 => "Windows Server 2022",
            Self::Server2025 => "Windows Server 2025",
        }
    }
}

fn is_server(image: &Image) -> bool {
    let starts = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.get(..6)
            .is_some_and(|s| s.eq_ignore_ascii_case("server"))
    };
    starts(&image.installation_type) || starts(&image.edition_id)
}

#[cfg(test)]
mod tests {
    use super::System;
    use crate::windows_iso::Image;

    #[test]
    fn builds_are_told_apart() {
        let check = |kind: &str, build: u32, system: Option<System>| {
            let image = Image {
                installation_type: Some(kind.to_owned()),
                version: (10, 0, build),
                ..Image::default()
            };
            assert_eq!(System::of(&image), system, "{kind} {build}");
        };
        check("Client", 26100, Some(System::Windows11));
        check("Client", 22000, Some(System::Windows11));
        check("Client", 19045, Some(System::Windows10));
        check("Client", 17763, Some(System::Windows10));
        check("Client", 9600, None);
        check("Server", 26100, Some(System::Server2025));
        check("Server Core", 25398, Some(System::Server2022));
        check("Server Core", 20348, Some(System::Server2022));
        check("Server", 17763, Some(System::Server2019));
        check("Server", 14393, Some(System::Server2016));
        check("Server", 9600, None);
    }
}
