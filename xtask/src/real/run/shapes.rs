//! QEMU takes the arguments of runs: each golden list of `tests/machine/runs` starts a machine that
//! stands still, with the processes beside it that it needs.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;

use crate::root;
use crate::test::{Context, Outcome};

const LIMIT: Duration = Duration::from_secs(120);
/// So many need nothing that a machine may lack.
const STARTED_MIN: u32 = 8;
const GOLDENS: &str = "tests/machine/runs";
const SPICE: &str = "usr/lib/x86_64-linux-gnu/qemu/ui-spice-core.so";

/// Starts what a machine connects to, then the machine, and asks it over QMP. In a network of its
/// own, where ports are free and a TAP interface is nobody's business.
const SCRIPT: &str = r#"
set -e
ip link set lo up
qemu-img create -q -f qcow2 disk.qcow2 1G
qemu-img create -q -f qcow2 data.qcow2 1G
truncate -s 1M config.iso
cp /usr/share/OVMF/OVMF_CODE_4M.secboot.fd code.fd
cp /usr/share/OVMF/OVMF_VARS_4M.fd vars.fd
mkdir tpm shared
swtpm socket --tpm2 --tpmstate "dir=$PWD/tpm" \
    --ctrl type=unixio,path=tpm.sock --daemon
index=0
while [ "$index" -lt "$1" ]; do
    /usr/libexec/virtiofsd --shared-dir shared --socket-path "share$index.sock" \
        --sandbox none --log-level error &
    until test -S "share$index.sock"; do sleep 0.1; done
    index=$((index + 1))
done
shift
say() { for command; do echo "{\"execute\":\"$command\"}"; done; }
say qmp_capabilities query-status query-vnc query-block query-pci quit | qemu-system-x86_64 "$@"
"#;

/// A golden list.
struct Shape {
    name: String,
    args: Vec<String>,
}

impl Shape {
    /// QMP is read on stdin and nobody is on COM1; the folders are the check's own.
    fn read(path: &Utf8Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))?;
        let text = text
            .replace("socket,id=qmp,path=qmp.sock", "stdio,id=qmp")
            .replace("socket,id=com1,path=com1.sock", "null,id=com1")
            .replace("/cache/", "")
            .replace("/state/", "");
        let words = text.lines().flat_map(|line| line.splitn(2, ' '));
        Ok(Self {
            name: path
                .file_stem()
                .context("a golden list without a name")?
                .into(),
            args: words.map(str::to_owned).collect(),
        })
    }

    fn has(&self, text: &str) -> bool {
        self.args.iter().any(|arg| arg.contains(text))
    }

    fn count(&self, text: &str) -> usize {
        self.args.iter().filter(|arg| arg.starts_with(text)).count()
    }

    /// What this machine, or its tool root, lacks for it.
    fn lacks(&self, tools: &Utf8Path) -> Option<&'static str> {
        let no = |path: &str| !Utf8Path::new(path).exists();
        let no_tool = |path: &str| !tools.join(path).exists();
        if self.has("vfio-pci,") {
            Some("a PCI device that nobody needs")
        } else if self.args.iter().any(|arg| arg == "kvm") {
            Some("KVM")
        } else if self.has("tap,id=net") && no("/dev/net/tun") {
            Some("TAP interfaces")
        } else if self.has("vhost-user-fs-pci,") && no_tool("usr/libexec/virtiofsd") {
            Some("virtiofsd")
        } else if self.has("spicevmc,") && no_tool(SPICE) {
            Some("QEMU's module for SPICE")
        } else {
            None
        }
    }
}

pub(super) fn shapes(context: &Context) -> Result<Outcome> {
    let tools = root::ensure()?.tree;
    let goldens = context.repository.join(GOLDENS);
    let mut paths: Vec<_> = goldens
        .read_dir_utf8()?
        .map(|entry| Ok(entry?.into_path()))
        .collect::<Result<_>>()?;
    paths.sort();
    let (mut passed, mut skipped) = (0, Vec::new());
    for path in paths {
        let shape = Shape::read(&path)?;
        if let Some(what) = shape.lacks(&tools) {
            skipped.push(format!("`{}`, for want of {what}", shape.name));
            continue;
        }
        let said = start(context, &shape)?;
        judge(&shape, &said).with_context(|| format!("shape `{}`: {said}", shape.name))?;
        passed += 1;
    }
    ensure!(
        passed >= STARTED_MIN,
        "{passed} golden lists were started: {skipped:?}"
    );
    Ok(Outcome::Listed { passed, skipped })
}

/// What QEMU says of itself.
fn start(context: &Context, shape: &Shape) -> Result<String> {
    let folder = context.folder.join(&shape.name);
    fs::create_dir(&folder)?;
    let shares = shape.count("vhost-user-fs-pci,").to_string();
    let script = format!("cd '{folder}'\n{SCRIPT}");
    let mut command = vec!["unshare", "--net", "sh", "-c", &script, "sh", &shares];
    command.extend(shape.args.iter().map(String::as_str));
    context.read(LIMIT, &command)
}

/// Whether the machine stands still, whole.
fn judge(shape: &Shape, said: &str) -> Result<()> {
    ensure!(
        said.contains("\"status\": \"prelaunch\""),
        "it does not stand still"
    );
    let vnc = said.contains("\"enabled\": true");
    ensure!(vnc == shape.has("vnc"), "VNC is not as it was asked for");
    let node = said.contains("\"node-name\": \"data\"");
    ensure!(
        node == shape.has("serial=lucarne-data"),
        "its data disk is not there"
    );
    for id in ["vga", "nic0", "rng0", "usb", "ports"] {
        let quoted = format!("\"qdev_id\": \"{id}\"");
        ensure!(said.contains(&quoted), "no device `{id}`");
    }
    // What is behind a bridge is told when the firmware has numbered it.
    let folders = said.matches("\"qdev_id\": \"share-port").count();
    ensure!(
        folders == shape.count("vhost-user-fs-pci,"),
        "{folders} shared folders"
    );
    Ok(())
}
