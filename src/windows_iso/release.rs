//! Which Windows an image is, from its kind and its build.

use serde::{Deserialize, Serialize};

use super::{Image, WindowsIso};

/// For whom a Windows is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Client,
    Server,
}

/// A Windows by the name that people call it. Releases between two of them count as the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Release {
    #[serde(rename = "10")]
    Windows10,
    #[serde(rename = "11")]
    Windows11,
    #[serde(rename = "2016")]
    Server2016,
    #[serde(rename = "2019")]
    Server2019,
    #[serde(rename = "2022")]
    Server2022,
    #[serde(rename = "2025")]
    Server2025,
}

/// The first build of each; what lies between is the one below. Client builds end where Windows 11
/// begins, Server has releases of its own.
const CLIENTS: [(u32, Release); 2] = [(22000, Release::Windows11), (10240, Release::Windows10)];
const SERVERS: [(u32, Release); 4] = [
    (26040, Release::Server2025),
    (20348, Release::Server2022),
    (17763, Release::Server2019),
    (14393, Release::Server2016),
];

impl Kind {
    /// The kind of an image; one that says nothing is a client's.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let starts = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            text.get(..6)
                .is_some_and(|s| s.eq_ignore_ascii_case("server"))
        };
        if starts(&image.installation_type) || starts(&image.edition_id) {
            Self::Server
        } else {
            Self::Client
        }
    }
}

impl Release {
    /// The release of an image; `None` for one that is older than Windows 10, or not known.
    #[must_use]
    pub fn of(image: &Image) -> Option<Self> {
        let builds: &[_] = match Kind::of(image) {
            Kind::Client => &CLIENTS,
            Kind::Server => &SERVERS,
        };
        let (_, _, build) = image.version;
        let found = builds.iter().find(|(first, _)| build >= *first);
        found.map(|(_, release)| *release)
    }

    #[must_use]
    pub fn is_server(self) -> bool {
        !matches!(self, Self::Windows10 | Self::Windows11)
    }

    /// The name with all its words.
    #[must_use]
    pub fn name(self) -> &'static str {
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

impl WindowsIso {
    /// The kind of all its images; `None` where they differ.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        common(&self.images, |image| Some(Kind::of(image)))
    }

    /// The release of all its images; `None` where they differ, or it is not known.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        common(&self.images, Release::of)
    }

    /// The architecture of all its images; `None` where they differ.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        common(&self.images, |image| Some(image.architecture.as_str()))
    }
}

fn common<'a, T: PartialEq>(images: &'a [Image], of: impl Fn(&'a Image) -> Option<T>) -> Option<T> {
    let (first, rest) = images.split_first()?;
    let first = of(first)?;
    let same = |image| of(image).as_ref() == Some(&first);
    rest.iter().all(same).then_some(first)
}

/// Whether an image ends working after its trial. Microsoft's evaluation editions have `Eval` in
/// their identifier (`ServerStandardEval`, `EnterpriseSEval`, `ServerStandardEvalCor`), and
/// `Evaluation` in the names of those whose identifier is the full edition's.
pub(super) fn is_evaluation(image: &Image) -> bool {
    let named = [
        Some(&image.name),
        image.display_name.as_ref(),
        image.description.as_ref(),
    ];
    let edition = image.edition_id.as_deref().unwrap_or_default();
    edition.contains("Eval")
        || named
            .into_iter()
            .flatten()
            .any(|name| name.split(' ').any(|word| word == "Evaluation"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(kind: &str, build: u32) -> Image {
        Image {
            installation_type: Some(kind.to_owned()),
            version: (10, 0, build),
            ..Image::default()
        }
    }

    #[test]
    fn builds_are_told_apart() {
        let check = |kind: &str, build: u32, release: Option<Release>| {
            assert_eq!(Release::of(&image(kind, build)), release, "{kind} {build}");
        };
        check("Client", 26100, Some(Release::Windows11));
        check("Client", 22000, Some(Release::Windows11));
        check("Client", 19045, Some(Release::Windows10));
        check("Client", 17763, Some(Release::Windows10));
        check("Client", 9600, None);
        check("Server", 26100, Some(Release::Server2025));
        check("Server Core", 25398, Some(Release::Server2022));
        check("Server Core", 20348, Some(Release::Server2022));
        check("Server", 17763, Some(Release::Server2019));
        check("Server", 14393, Some(Release::Server2016));
        check("Server", 9600, None);
    }

    #[test]
    fn an_iso_is_what_all_its_images_are() {
        let iso = |images: Vec<Image>| WindowsIso {
            images,
            ..WindowsIso::default()
        };
        let servers = iso(vec![image("Server Core", 20348), image("Server", 20348)]);
        assert_eq!(servers.kind(), Some(Kind::Server));
        assert_eq!(servers.release(), Some(Release::Server2022));
        let mixed = iso(vec![image("Client", 26100), image("Server", 26100)]);
        assert_eq!((mixed.kind(), mixed.release()), (None, None));
        let clients = iso(vec![image("Client", 19045), image("Client", 22631)]);
        assert_eq!(clients.kind(), Some(Kind::Client));
        assert_eq!(clients.release(), None);
        assert_eq!(iso(Vec::new()).kind(), None);
    }

    #[test]
    fn evaluations_are_told_by_identifier_or_name() {
        let check = |edition: Option<&str>, name: &str, evaluation: bool| {
            let image = Image {
                name: name.to_owned(),
                edition_id: edition.map(str::to_owned),
                ..Image::default()
            };
            assert_eq!(is_evaluation(&image), evaluation, "{edition:?} {name}");
        };
        check(Some("ServerStandardEval"), "Windows Server 2022", true);
        check(Some("EnterpriseSNEval"), "Windows 10 Enterprise LTSC", true);
        let desktop = "Windows Server 2025 Standard Evaluation (Desktop Experience)";
        check(Some("ServerStandard"), desktop, true);
        check(None, "Windows 11 Enterprise Evaluation", true);
        check(Some("Professional"), "Windows 11 Pro", false);
        check(None, "Medieval Evaluations", false);
    }
}
