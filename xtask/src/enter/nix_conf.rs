//! How Nix is set up inside: the real sandbox, nothing from the network, and in the sandbox no
//! file but those that the named tools need.

/// What a sandbox sees beside its inputs: Debian's programs and libraries stand in for the store
/// paths that nixpkgs' tools are. No shell is among them.
const SANDBOX_PATHS: &[&str] = &[
    // The loader, which every program names by a path in `/lib64`, and where it looks for
    // libraries. The first two are links, and Nix copies a link instead of following it.
    "/lib",
    "/lib64",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    // The tools themselves.
    "/usr/bin/qemu-system-x86_64",
    "/usr/bin/qemu-img",
    "/usr/bin/qemu-io",
    "/usr/bin/qemu-nbd",
    "/usr/bin/swtpm",
    "/usr/bin/wimlib-imagex",
    // Firmware, and what QEMU loads beside it.
    "/usr/share/OVMF",
    "/usr/share/qemu",
    "/usr/share/seabios",
];

/// As `NIX_CONFIG`, which wins over files.
pub(super) fn text() -> String {
    let paths = SANDBOX_PATHS.join(" ");
    format!(
        "sandbox = true\n\
         sandbox-fallback = false\n\
         sandbox-paths = {paths}\n\
         build-users-group =\n\
         experimental-features = nix-command flakes\n\
         substituters =\n\
         system-features = big-parallel\n\
         flake-registry =\n\
         warn-dirty = false\n"
    )
}
