//! The Windows releases that the stand-in can pretend to be.
//!
//! Names, builds and edition ids are those of Microsoft's own media; nothing of theirs is inside.

use serde::{Deserialize, Serialize};

/// One image inside `install.wim`.
#[derive(Clone, Copy, Debug)]
pub struct Edition {
    /// The WIM's `NAME`: what `/IMAGE/NAME` in an answer file is compared with.
    pub name: &'static str,
    /// The WIM's `DISPLAYNAME`, which is what people see, and not always the same.
    pub display_name: &'static str,
    pub edition_id: &'static str,
    /// `Client`, `Server` or `Server Core`.
    pub installation_type: &'static str,
}

/// One release: what tells it apart on the medium and in the contract.
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "a table of facts, each by itself"
)]
pub struct Release {
    pub id: &'static str,
    /// The medium's volume label.
    pub label: &'static str,
    pub build: u32,
    pub service_pack_build: u32,
    pub client: bool,
    /// Setup checks TPM, Secure Boot, memory, cores and disk before it goes on.
    pub checks_hardware: bool,
    /// From 24H2 on a client encrypts C: by itself where TPM 2.0 and Secure Boot are there.
    pub encrypts_by_itself: bool,
    /// From 25H2 on an empty product key opens the page that asks for one.
    pub asks_for_empty_key: bool,
    pub editions: &'static [Edition],
}

const fn client(
    name: &'static str,
    display_name: &'static str,
    edition_id: &'static str,
) -> Edition {
    Edition {
        name,
        display_name,
        edition_id,
        installation_type: "Client",
    }
}

const fn server(
    name: &'static str,
    display_name: &'static str,
    edition_id: &'static str,
    installation_type: &'static str,
) -> Edition {
    Edition {
        name,
        display_name,
        edition_id,
        installation_type,
    }
}

/// Server's four images, whose names and display names differ.
macro_rules! servers {
    ($release:literal) => {
        &[
            server(
                concat!($release, " SERVERSTANDARDCORE"),
                concat!($release, " Standard"),
                "ServerStandard",
                "Server Core",
            ),
            server(
                concat!($release, " SERVERSTANDARD"),
                concat!($release, " Standard (Desktop Experience)"),
                "ServerStandard",
                "Server",
            ),
            server(
                concat!($release, " SERVERDATACENTERCORE"),
                concat!($release, " Datacenter"),
                "ServerDatacenter",
                "Server Core",
            ),
            server(
                concat!($release, " SERVERDATACENTER"),
                concat!($release, " Datacenter (Desktop Experience)"),
                "ServerDatacenter",
                "Server",
            ),
        ]
    };
}

/// A release of Server.
const fn server_release(id: &'static str, build: u32, editions: &'static [Edition]) -> Release {
    Release {
        id,
        label: "SSS_X64FREE_EN-US_DV9",
        build,
        service_pack_build: 1742,
        client: false,
        checks_hardware: false,
        encrypts_by_itself: false,
        asks_for_empty_key: false,
        editions,
    }
}

/// A release of Windows for desktops that is served for long, with its one image.
const fn long_term(id: &'static str, build: u32, editions: &'static [Edition]) -> Release {
    Release {
        id,
        label: "CES_X64FREV_EN-US_DV5",
        build,
        service_pack_build: 1,
        client: true,
        checks_hardware: false,
        encrypts_by_itself: false,
        asks_for_empty_key: false,
        editions,
    }
}

const LTSC: &str = "Windows 10 Enterprise LTSC";
const LTSC_EVALUATION: &str = "Windows 11 Enterprise LTSC Evaluation";
const IOT_LTSC: &str = "Windows 11 IoT Enterprise LTSC";

/// Every release, the default first.
pub const RELEASES: &[Release] = &[
    Release {
        id: "win11-25h2",
        label: "CCCOMA_X64FRE_EN-US_DV9",
        build: 26200,
        service_pack_build: 6584,
        client: true,
        checks_hardware: true,
        encrypts_by_itself: true,
        asks_for_empty_key: true,
        editions: &[
            client("Windows 11 Home", "Windows 11 Home", "Core"),
            client("Windows 11 Pro", "Windows 11 Pro", "Professional"),
            client("Windows 11 Education", "Windows 11 Education", "Education"),
            client(
                "Windows 11 Enterprise",
                "Windows 11 Enterprise",
                "Enterprise",
            ),
        ],
    },
    // Up to 24H2 the NAME of an 11 image said 10: a generator that trusts DISPLAYNAME fails here.
    Release {
        id: "win11-24h2",
        label: "CCCOMA_X64FRE_EN-US_DV9",
        build: 26100,
        service_pack_build: 1742,
        client: true,
        checks_hardware: true,
        encrypts_by_itself: true,
        asks_for_empty_key: false,
        editions: &[
            client("Windows 10 Home", "Windows 11 Home", "Core"),
            client("Windows 10 Pro", "Windows 11 Pro", "Professional"),
        ],
    },
    Release {
        id: "win10-22h2",
        label: "CCCOMA_X64FRE_EN-US_DV9",
        build: 19045,
        service_pack_build: 2006,
        client: true,
        checks_hardware: false,
        encrypts_by_itself: false,
        asks_for_empty_key: false,
        editions: &[
            client("Windows 10 Home", "Windows 10 Home", "Core"),
            client("Windows 10 Pro", "Windows 10 Pro", "Professional"),
            client(
                "Windows 10 Enterprise",
                "Windows 10 Enterprise",
                "Enterprise",
            ),
        ],
    },
    long_term(
        "win10-ltsc-2019",
        17763,
        &[client(LTSC, LTSC, "EnterpriseS")],
    ),
    long_term(
        "win10-ltsc-2021",
        19044,
        &[client(LTSC, LTSC, "EnterpriseS")],
    ),
    Release {
        checks_hardware: true,
        encrypts_by_itself: true,
        ..long_term(
            "win11-ltsc-2024-eval",
            26100,
            &[client(LTSC_EVALUATION, LTSC_EVALUATION, "EnterpriseSEval")],
        )
    },
    // Of Windows 11 the one for which TPM and Secure Boot are optional.
    Release {
        encrypts_by_itself: true,
        ..long_term(
            "win11-iot-ltsc-2024",
            26100,
            &[client(IOT_LTSC, IOT_LTSC, "IoTEnterpriseS")],
        )
    },
    server_release("server2016", 14393, servers!("Windows Server 2016")),
    server_release("server2019", 17763, servers!("Windows Server 2019")),
    server_release("server2022", 20348, servers!("Windows Server 2022")),
    server_release("server2025", 26100, servers!("Windows Server 2025")),
];

/// The release of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.id == id)
}

/// The variants of the medium's boot images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// `efisys.bin` and `efisys_noprompt.bin` as files.
    Default,
    /// The `_EX` generation is there too, and the default entry is of it.
    Ex,
    /// The no-prompt images exist only inside `boot.wim`.
    Bootwim,
    /// The no-prompt images exist nowhere: the medium waits for a key.
    #[serde(rename = "noprompt-missing")]
    NoPromptMissing,
}

impl Variant {
    /// Every variant with its name on the command line.
    pub const ALL: [(&'static str, Self); 4] = [
        ("default", Self::Default),
        ("ex", Self::Ex),
        ("bootwim", Self::Bootwim),
        ("noprompt-missing", Self::NoPromptMissing),
    ];
}

/// The public setup keys that Microsoft prints; they select an edition and activate nothing.
const SETUP_KEYS: &[(&str, &str)] = &[
    ("YTMG3-N6DKC-DKB77-7M9GH-8HVX7", "Core"),
    ("VK7JG-NPHTM-C97JM-9MPGT-3V66T", "Professional"),
    ("W269N-WFGWX-YVC9B-4J6C9-T83GX", "Professional"),
    ("YNMGQ-8RYV3-4PGQ3-C8XTP-7CFBY", "Education"),
    ("NW6C2-QMPVW-D7KKK-3GKT6-VCFB2", "Education"),
    ("XGVPP-NMH47-7TTHJ-W3FW7-8HV2C", "Enterprise"),
    ("NPPR9-FWDCX-D2C8J-H872K-2YT43", "Enterprise"),
    ("CGK42-GYN6Y-VD22B-BX98W-J8JXD", "IoTEnterpriseS"),
    ("WX4NM-KYWYW-QJJR4-XV3QB-6VM33", "ServerDatacenter"),
    ("TVRH6-WHNXV-R9WG3-9XRFY-MY832", "ServerStandard"),
    ("D764K-2NDRG-47T6Q-P8T8W-YP6DF", "ServerDatacenter"),
];

/// Stands for a key that somebody bought, which is a secret: checks look whether it goes astray. It
/// is the letters of keys in their order, so Microsoft never printed it.
const MADE_UP_KEY: (&str, &str) = ("BCDFG-HJKMP-QRTVW-XY234-6789B", "Professional");

/// The edition that a key selects; `None` for a key that is not known.
#[must_use]
pub fn edition_of_key(key: &str) -> Option<&'static str> {
    SETUP_KEYS
        .iter()
        .chain([&MADE_UP_KEY])
        .find(|(known, _)| known.eq_ignore_ascii_case(key))
        .map(|(_, edition)| *edition)
}
