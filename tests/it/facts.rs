//! What the ISOs hold that the specs of the tests name: facts of real ISOs' kind, by file name.

use lucarne::virtio_win::VirtioWin;
use lucarne::windows_iso::{Image, WindowsIso};

/// The Windows ISO of a path, as a reader of the real one would tell it. A path below `/absent`
/// was not read.
pub(crate) fn windows(path: Option<&str>) -> Option<WindowsIso> {
    let path = path.filter(|path| !path.is_empty() && !path.starts_with("/absent/"))?;
    let (_, name) = path.rsplit_once('/').expect("an absolute path");
    // A store path's name begins with a hash.
    let name = match name.split_once('-') {
        Some((hash, name)) if hash.len() == 32 => name,
        _ => name,
    };
    let client = |edition, build, language| image(edition, "Client", build, language);
    let server = |edition, kind, build| image(edition, kind, build, "en-US");
    let images = match name {
        "Win11_24H2_English_x64.iso" => windows_11("en-US"),
        "Win11_24H2_German_x64.iso" => windows_11("de-DE"),
        "Win10_22H2_English_x64.iso" => [
            "Windows 10 Home",
            "Windows 10 Home N",
            "Windows 10 Home Single Language",
            "Windows 10 Education",
            "Windows 10 Education N",
            "Windows 10 Pro",
        ]
        .map(|edition| client(edition, 19045, "en-US"))
        .to_vec(),
        "SERVER_EVAL_x64FRE_en-us.iso" => vec![
            server(
                "Windows Server 2025 SERVERSTANDARDCORE",
                "Server Core",
                26100,
            ),
            server("Windows Server 2025 SERVERSTANDARD", "Server", 26100),
        ],
        "server-2019.iso" => vec![server(
            "Windows Server 2019 SERVERSTANDARD",
            "Server",
            17763,
        )],
        "windows-8.iso" => vec![Image {
            version: (6, 3, 9600),
            ..client("Windows 8.1 Pro", 9600, "en-US")
        }],
        "arm64.iso" => vec![Image {
            architecture: "arm64".to_owned(),
            ..client("Windows 11 Pro", 26100, "en-US")
        }],
        "twice.iso" => ["Windows 11 Pro", "Windows 11 Pro"]
            .map(|edition| client(edition, 26100, "en-US"))
            .to_vec(),
        "empty.iso" => Vec::new(),
        "no-languages.iso" => vec![Image {
            languages: Vec::new(),
            default_language: None,
            ..client("Windows 11 Pro", 26100, "en-US")
        }],
        other => panic!("no facts of `{other}`"),
    };
    let images = (1..).zip(images);
    Some(WindowsIso {
        label: "CCCOMA_X64FRE_EN-US_DV9".to_owned(),
        install_file: "sources/install.wim".to_owned(),
        images: images
            .map(|(index, image)| Image { index, ..image })
            .collect(),
        ..WindowsIso::default()
    })
}

/// The virtio-win ISO of a path.
pub(crate) fn virtio_win(path: Option<&str>) -> Option<VirtioWin> {
    let path = path.filter(|path| !path.is_empty() && !path.starts_with("/absent/"))?;
    let systems: &[_] = if path.ends_with("virtio-win-old.iso") {
        &["w10", "2k16", "2k19"]
    } else {
        &["w10", "2k16", "2k19", "2k22", "w11", "2k25"]
    };
    let drivers = [
        "Balloon",
        "NetKVM",
        "pvpanic",
        "qemupciserial",
        "viofs",
        "viogpudo",
        "viorng",
        "vioscsi",
        "vioserial",
        "viostor",
    ];
    let folders = drivers
        .iter()
        .flat_map(|driver| systems.iter().map(move |s| format!("{driver}/{s}/amd64")))
        // One driver of later releases, under a name that lucarne does not know.
        .chain(["viofuture/w11/amd64".to_owned()]);
    Some(VirtioWin {
        label: "virtio-win-0.1.285".to_owned(),
        folders: folders.collect(),
    })
}

fn windows_11(language: &str) -> Vec<Image> {
    [
        "Windows 11 Home",
        "Windows 11 Home N",
        "Windows 11 Home Single Language",
        "Windows 11 Education",
        "Windows 11 Education N",
        "Windows 11 Pro",
    ]
    .map(|edition| image(edition, "Client", 26100, language))
    .to_vec()
}

fn image(name: &str, kind: &str, build: u32, language: &str) -> Image {
    Image {
        name: name.to_owned(),
        installation_type: Some(kind.to_owned()),
        architecture: "amd64".to_owned(),
        version: (10, 0, build),
        languages: vec![language.to_owned()],
        default_language: Some(language.to_owned()),
        total_bytes: 20 << 30,
        hard_link_bytes: 8 << 30,
        ..Image::default()
    }
}
