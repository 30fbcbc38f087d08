//! What the tool root is made of.

use sha2::{Digest, Sha256};

/// Nix 2.26 and QEMU 10 come with this release; bookworm has neither.
pub(super) const SUITE: &str = "trixie";

/// Counted up when something else than the lists below changes how the root is made.
const VERSION: u32 = 1;

/// One line for each purpose.
pub(super) const PACKAGES: &[&[&str]] = &[
    // Nix, and what flakes need.
    &["nix-bin", "git", "ca-certificates"],
    // The install machine.
    &[
        "qemu-system-x86",
        "qemu-utils",
        "ovmf",
        "swtpm",
        "swtpm-tools",
    ],
    // Windows images, NTFS and FAT.
    &["wimtools", "ntfs-3g", "dosfstools", "mtools", "gdisk"],
    // ISO images: written, and read back by programs of others.
    &["genisoimage", "xorriso", "7zip"],
    // The stand-in's kernel, its signature and the key's enrolment.
    &[
        "linux-image-cloud-amd64",
        "systemd-boot-efi",
        "systemd-ukify",
        "cpio",
        "kmod",
    ],
    &["python3-virt-firmware", "sbsigntool", "openssl"],
    // The guest program: the library is built for Windows from its source, mingw-w64 links.
    &["rustc", "cargo", "rust-src", "gcc-mingw-w64-x86-64-win32"],
    // What runs it.
    &["wine64"],
    // What checks look with.
    &[
        "strace",
        "faketime",
        "iproute2",
        "libxml2-utils",
        "procps",
        "zstd",
        "xz-utils",
    ],
    // The network of machines: who gives addresses and names, and the rules of its traffic.
    &["dnsmasq-base", "nftables"],
    // Exports are opened by programs of those that they are for.
    &[
        "skopeo",
        "libvirt-clients",
        "libvirt-common",
        "python3-jsonschema",
        "python3-yaml",
    ],
    // A second machine that builds.
    &["openssh-client", "openssh-server"],
    // The book, and whether its links lead anywhere.
    &["mdbook", "linkchecker"],
];

/// Nobody reads these here, and they are a third of the files.
pub(super) const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
];

/// Every package of the recipe.
pub(super) fn packages() -> Vec<&'static str> {
    PACKAGES
        .iter()
        .flat_map(|line| line.iter().copied())
        .collect()
}

/// The folder's name: equal recipes share a root.
pub(super) fn folder() -> String {
    let text = format!("{VERSION} {SUITE} {:?} {LEFT_OUT:?}", packages());
    let hash = Sha256::digest(text);
    let [a, b, c, d, ..]: [u8; 32] = hash.into();
    format!("tools-{SUITE}-{a:02x}{b:02x}{c:02x}{d:02x}")
}
