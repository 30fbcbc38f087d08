//! What the demo asks for: the spec's fields, and the tools by their paths in the tool root.

use serde_json::{Value, json};

use super::Inputs;

/// Debian's variables with Microsoft's keys, for a real Windows ISO.
pub(super) const MICROSOFT_VARS: &str = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";

/// The spec without its ISOs. Everything that is not said is the plan's default.
pub(crate) fn spec(inputs: &Inputs) -> Value {
    let mut spec = json!({
        "name": "demo",
        "edition": inputs.edition,
        "users": { "demo": { "groups": ["Administrators"] } },
        "machine": { "cores": 2 },
        "install": { "accel": inputs.accel },
    });
    if inputs.virtio_win.is_none() {
        // Windows has drivers of its own for this one.
        spec["disk"] = json!({ "bus": "sata" });
    }
    spec
}

/// The names are those of `src/tools.rs`.
pub(crate) fn tools(vars_ms: &str) -> Value {
    json!({
        "qemu": "/usr/bin/qemu-system-x86_64",
        "qemuImg": "/usr/bin/qemu-img",
        "qemuIo": "/usr/bin/qemu-io",
        "qemuNbd": "/usr/bin/qemu-nbd",
        "swtpm": "/usr/bin/swtpm",
        "wimlib": "/usr/bin/wimlib-imagex",
        "code": "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
        "vars": "/usr/share/OVMF/OVMF_VARS_4M.fd",
        "varsMs": vars_ms,
    })
}
