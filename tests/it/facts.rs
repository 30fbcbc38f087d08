//! What the ISOs hold that the specs of the tests name: facts of real ISOs' kind, by file name.

use lucarne::virtio_win::VirtioWin;
use lucarne::windows_iso::{EiCfg, Image, WindowsIso};

/// The ISOs of every release, client and server: each has facts below.
pub(crate) const ISOS: [&str; 18] = [
    "CLIENT_LTSC_EVAL_x64FRE_en-us.iso",
    "SERVER_EVAL_x64FRE_en-us.iso",
    "SW_DVD9_WIN_ENT_LTSC_2019_64BIT_English.iso",
    "SW_DVD9_WIN_ENT_LTSC_2021_64BIT_English.iso",
    "SW_DVD9_Win_Pro_11_24H2_64BIT_English.iso",
    "SW_DVD9_Win_Server_STD_CORE_2016_64Bit_English.iso",
    "SW_DVD9_Win_Server_STD_CORE_2019_64Bit_English.iso",
    "Win10_22H2_EnglishInternational_x64.iso",
    "Win10_22H2_English_x64.iso",
    "Win11_24H2_EnglishInternational_x64.iso",
    "Win11_24H2_English_Arm64.iso",
    "Win11_24H2_English_x64.iso",
    "Win11_24H2_German_x64.iso",
    "ltsc-2021-without-ei-cfg.iso",
    "server-2019.iso",
    "server-2022.iso",
    "server-2025.iso",
    "windows_11_iot_enterprise_ltsc_2024_x64.iso",
];

/// What `sources/ei.cfg` is like.
#[derive(Clone, Copy)]
enum Licence {
    Retail,
    Volume,
    /// There is no such file.
    Untold,
}

/// The Windows ISO of a path, as a reader of the real one would tell it. A path below `/absent`
/// was not read.
pub(crate) fn windows(path: Option<&str>) -> Option<WindowsIso> {
    let name = file_name(path)?;
    let found = clients(name).or_else(|| servers(name));
    let (images, licence) = found.unwrap_or_else(|| (odd(name), Licence::Retail));
    let volume_license = match licence {
        Licence::Retail => Some(false),
        Licence::Volume => Some(true),
        Licence::Untold => None,
    };
    let ei_cfg = volume_license.map(|volume| EiCfg {
        edition_id: None,
        channel: Some(if volume { "Volume" } else { "Retail" }.to_owned()),
        volume_license,
    });
    let pid = "BCDFG-HJKMN-PQRTV-WXY23-46789";
    let images = (1..).zip(images);
    Some(WindowsIso {
        label: "CCCOMA_X64FRE_EN-US_DV9".to_owned(),
        install_file: "sources/install.wim".to_owned(),
        images: images
            .map(|(index, image)| Image { index, ..image })
            .collect(),
        ei_cfg,
        pid: match name {
            "oem.iso" => Some(pid.to_owned()),
            // Of no product key's form.
            "oem-broken.iso" => Some(pid.replace('B', "0")),
            _ => None,
        },
        passed_over: match name {
            "oem-broken.iso" => vec!["`sources/ei.cfg`: line 2: `[VL]` is `no`".to_owned()],
            _ => Vec::new(),
        },
        ..WindowsIso::default()
    })
}

/// The name of a file that was read.
fn file_name(path: Option<&str>) -> Option<&str> {
    let path = path.filter(|path| !path.is_empty() && !path.starts_with("/absent/"))?;
    let (_, name) = path.rsplit_once('/').expect("an absolute path");
    // A store path's name begins with a hash.
    Some(match name.split_once('-') {
        Some((hash, name)) if hash.len() == 32 => name,
        _ => name,
    })
}

/// Windows 10 and 11.
fn clients(name: &str) -> Option<(Vec<Image>, Licence)> {
    let one = |name: &str, id: &str, build| vec![image(name, id, "Client", build)];
    let ltsc = "Windows 10 Enterprise LTSC";
    Some(match name {
        "Win11_24H2_English_x64.iso" => (consumer("Windows 11", 26100), Licence::Retail),
        "Win11_24H2_German_x64.iso" => {
            let images = consumer("Windows 11", 26100).into_iter();
            let images = images.map(|image| speaking(image, "de-DE"));
            (images.collect(), Licence::Retail)
        }
        "Win10_22H2_English_x64.iso" => (consumer("Windows 10", 19045), Licence::Retail),
        "Win10_22H2_EnglishInternational_x64.iso" => {
            let images = [
                ("Windows 10 Home", "Core"),
                ("Windows 10 Pro", "Professional"),
                ("Windows 10 Enterprise", "Enterprise"),
            ];
            let images = images.map(|(name, id)| image(name, id, "Client", 19045));
            (images.to_vec(), Licence::Retail)
        }
        // Up to 24H2 the names of its images say 10.
        "Win11_24H2_EnglishInternational_x64.iso" => {
            let images = [("Home", "Core"), ("Pro", "Professional")].map(|(name, id)| {
                let image = image(&format!("Windows 10 {name}"), id, "Client", 26100);
                showing(image, &format!("Windows 11 {name}"))
            });
            (images.to_vec(), Licence::Retail)
        }
        "SW_DVD9_Win_Pro_11_24H2_64BIT_English.iso" => {
            let images = [
                ("Windows 11 Education", "Education"),
                ("Windows 11 Enterprise", "Enterprise"),
                ("Windows 11 Pro", "Professional"),
            ];
            let images = images.map(|(name, id)| image(name, id, "Client", 26100));
            (images.to_vec(), Licence::Volume)
        }
        "SW_DVD9_WIN_ENT_LTSC_2019_64BIT_English.iso" => {
            (one(ltsc, "EnterpriseS", 17763), Licence::Volume)
        }
        "SW_DVD9_WIN_ENT_LTSC_2021_64BIT_English.iso" => {
            (one(ltsc, "EnterpriseS", 19044), Licence::Volume)
        }
        "ltsc-2021-without-ei-cfg.iso" => (one(ltsc, "EnterpriseS", 19044), Licence::Untold),
        "CLIENT_LTSC_EVAL_x64FRE_en-us.iso" => {
            let name = "Windows 11 Enterprise LTSC Evaluation";
            (one(name, "EnterpriseSEval", 26100), Licence::Untold)
        }
        "windows_11_iot_enterprise_ltsc_2024_x64.iso" => {
            let name = "Windows 11 IoT Enterprise LTSC";
            (one(name, "IoTEnterpriseS", 26100), Licence::Untold)
        }
        "Win11_24H2_English_Arm64.iso" => {
            let images = consumer("Windows 11", 26100).into_iter();
            let images = images.map(|image| Image {
                architecture: "arm64".to_owned(),
                ..image
            });
            (images.collect(), Licence::Retail)
        }
        _ => return None,
    })
}

/// Server, with and without a desktop. What Setup displays is not what the images are named.
fn servers(name: &str) -> Option<(Vec<Image>, Licence)> {
    let all = |release: &str, build| {
        let kinds = [
            ("SERVERSTANDARD", "Standard", "ServerStandard"),
            ("SERVERDATACENTER", "Datacenter", "ServerDatacenter"),
        ];
        let both = kinds.into_iter().flat_map(|(name, shown, id)| {
            let core = image(&format!("{release} {name}CORE"), id, "Server Core", build);
            let desktop = image(&format!("{release} {name}"), id, "Server", build);
            [
                showing(core, &format!("{release} {shown}")),
                showing(desktop, &format!("{release} {shown} (Desktop Experience)")),
            ]
        });
        both.collect::<Vec<_>>()
    };
    Some(match name {
        "SW_DVD9_Win_Server_STD_CORE_2016_64Bit_English.iso" => {
            (all("Windows Server 2016", 14393), Licence::Volume)
        }
        "SW_DVD9_Win_Server_STD_CORE_2019_64Bit_English.iso" => {
            (all("Windows Server 2019", 17763), Licence::Volume)
        }
        "server-2022.iso" => (all("Windows Server 2022", 20348), Licence::Retail),
        "server-2025.iso" => (all("Windows Server 2025", 26100), Licence::Retail),
        "SERVER_EVAL_x64FRE_en-us.iso" => {
            let name = "Windows Server 2025 Standard Evaluation";
            let id = "ServerStandardEval";
            let core = image(name, id, "Server Core", 26100);
            let desktop = format!("{name} (Desktop Experience)");
            let desktop = image(&desktop, id, "Server", 26100);
            (vec![core, desktop], Licence::Untold)
        }
        "server-2019.iso" => {
            let name = "Windows Server 2019 SERVERSTANDARD";
            let one = image(name, "ServerStandard", "Server", 17763);
            (vec![one], Licence::Retail)
        }
        _ => return None,
    })
}

/// What no shop sells, for one rule each.
fn odd(name: &str) -> Vec<Image> {
    let pro = image("Windows 11 Pro", "Professional", "Client", 26100);
    vec![match name {
        "windows-8.iso" => Image {
            version: (6, 3, 9600),
            ..image("Windows 8.1 Pro", "Professional", "Client", 9600)
        },
        "arm64.iso" => Image {
            architecture: "arm64".to_owned(),
            ..pro
        },
        "x86.iso" => Image {
            architecture: "x86".to_owned(),
            ..image("Windows 10 Pro", "Professional", "Client", 19045)
        },
        "twice.iso" => return vec![pro.clone(), pro],
        "empty.iso" => return Vec::new(),
        "no-languages.iso" => Image {
            languages: Vec::new(),
            default_language: None,
            ..pro
        },
        "oem.iso" | "oem-broken.iso" => image("Windows 11 SE", "CloudEdition", "Client", 26100),
        other => panic!("no facts of `{other}`"),
    }]
}

/// The virtio-win ISO of a path.
pub(crate) fn virtio_win(path: Option<&str>) -> Option<VirtioWin> {
    let name = file_name(path)?;
    let systems = ["w10", "2k16", "2k19", "2k22", "w11", "2k25"];
    let (label, systems) = match name {
        "virtio-win-old.iso" => ("virtio-win-0.1.141", &systems[..3]),
        "virtio-win-0.1.240.iso" => ("virtio-win-0.1.240", &systems[..]),
        _ => ("virtio-win-0.1.285", &systems[..]),
    };
    let drivers = [
        "Balloon",
        "NetKVM",
        "pvpanic",
        "qemufwcfg",
        "qemupciserial",
        "viofs",
        "viogpudo",
        "vioinput",
        "viorng",
        "vioscsi",
        "vioserial",
        "viostor",
    ];
    let folders = drivers
        .iter()
        .flat_map(|driver| systems.iter().map(move |s| format!("{driver}/{s}/amd64")))
        .chain(drivers.iter().map(|driver| format!("{driver}/w11/ARM64")))
        .chain(drivers.iter().map(|driver| format!("{driver}/w10/x86")))
        // One driver of later releases, under a name that lucarne does not know.
        .chain(["viofuture/w11/amd64".to_owned()]);
    Some(VirtioWin {
        label: label.to_owned(),
        folders: folders.collect(),
        guest_agent: (name != "virtio-win-old.iso")
            .then(|| "guest-agent/qemu-ga-x86_64.msi".to_owned()),
    })
}

/// The images that people buy.
fn consumer(release: &str, build: u32) -> Vec<Image> {
    [
        ("Home", "Core"),
        ("Home N", "CoreN"),
        ("Home Single Language", "CoreSingleLanguage"),
        ("Education", "Education"),
        ("Education N", "EducationN"),
        ("Pro", "Professional"),
    ]
    .map(|(name, id)| image(&format!("{release} {name}"), id, "Client", build))
    .to_vec()
}

fn image(name: &str, edition_id: &str, kind: &str, build: u32) -> Image {
    let image = Image {
        name: name.to_owned(),
        edition_id: Some(edition_id.to_owned()),
        installation_type: Some(kind.to_owned()),
        architecture: "amd64".to_owned(),
        version: (10, 0, build),
        evaluation: edition_id.ends_with("Eval"),
        total_bytes: 20 << 30,
        hard_link_bytes: 8 << 30,
        ..Image::default()
    };
    showing(speaking(image, "en-US"), name)
}

fn showing(image: Image, name: &str) -> Image {
    Image {
        display_name: Some(name.to_owned()),
        ..image
    }
}

fn speaking(image: Image, language: &str) -> Image {
    Image {
        languages: vec![language.to_owned()],
        default_language: Some(language.to_owned()),
        ..image
    }
}
