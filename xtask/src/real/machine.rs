//! A machine as a derivation: checked against its image in the sandbox, and what others run.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::nix_build;
use crate::expression::json;
use crate::test::{Check, Context, Outcome, Ran};
use crate::{demo, parts, root, store};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "nix/machine",
    shows: "a machine is checked against its image in the sandbox, and is what others run",
    run: machine,
}];

const LIMIT: Duration = Duration::from_secs(300);

/// A machine's derivation over an image that is a manifest alone.
fn machine(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let right = json!({
        "name": "office",
        "network": { "mode": "bridge", "tap": "vm-office", "bridge": "br0" },
        "dataDisk": { "sizeGib": 100 },
    });
    let built = subject.build(context, &right)?;
    ensure!(built.code == 0, "a machine is refused:\n{}", built.stderr);
    let folder = built.stdout.trim();
    let look = "cd \"$1\" && cat machine.json && \
                for f in bin/*; do test -x $f && echo \"$f $(head -n 1 $f)\"; done && \
                readlink share/microvm/system && cat share/microvm/*s";
    let seen = context.read(LIMIT, &["sh", "-c", look, "sh", folder])?;
    let lucarne = &subject.lucarne;
    for wanted in [
        "\"schema\": \"lucarne.machine/1\"",
        &format!("bin/microvm-run #!{lucarne} run --tools {folder}/tools.json --below ."),
        &format!("bin/microvm-shutdown #!{lucarne} stop --below ."),
        &format!("bin/tap-up #!{lucarne} tap up --user microvm --tools {folder}/tools.json"),
        &format!("bin/tap-down #!{lucarne} tap down --tools {folder}/tools.json"),
        &format!("\n{folder}\n"),
        "vm-office",
        "vnet_hdr",
    ] {
        ensure!(seen.contains(wanted), "no `{wanted}` in\n{seen}");
    }
    // The image stays in the store for as long as the machine does.
    let references = nix_build::references(context, folder)?;
    ensure!(
        references.iter().any(|path| path.ends_with("-image")),
        "the machine does not keep its image: {references:?}"
    );
    refused(context, &subject)
}

/// Everything that is wrong with one is told before anything starts, at its option.
fn refused(context: &Context, subject: &Subject) -> Result<Outcome> {
    let wrong = json!({
        "name": "office",
        "machine": { "cores": 1 },
        "dataDsik": { "sizeGib": 100 },
    });
    let built = subject.build(context, &wrong)?;
    ensure!(built.code != 0, "a wrong machine is built");
    for wanted in [
        "2 problems in the machine's spec",
        "dataDsik: no such option",
        "did you mean `dataDisk`?",
        "machine.cores: 1 is not from",
    ] {
        ensure!(built.stderr.contains(wanted), "`{wanted}` is not said");
    }
    let built = subject.build_with(
        context,
        &json!({ "name": "office" }),
        &json!({ "qemu": "/q" }),
    )?;
    let says = built.stderr.contains("missing field `qemuImg`");
    ensure!(built.code != 0 && says, "a table of one tool will do");
    Ok(Outcome::Passed)
}

/// What machines are made of here.
struct Subject {
    /// A folder with a manifest.
    image: Utf8PathBuf,
    lucarne: Utf8PathBuf,
}

impl Subject {
    fn new(context: &Context) -> Result<Self> {
        let image = context.folder.join("image");
        fs::create_dir(&image)?;
        let manifest = context.repository.join("tests/machines/manifest.json");
        fs::copy(manifest, image.join("manifest.json"))?;
        let lucarne = store::add(&root::ensure()?, &parts::lucarne()?, "lucarne")?;
        Ok(Self { image, lucarne })
    }

    fn build(&self, context: &Context, machine: &Value) -> Result<Ran> {
        let tools = demo::tools("/usr/share/OVMF/OVMF_VARS_4M.ms.fd");
        self.build_with(context, machine, &tools)
    }

    fn build_with(&self, context: &Context, machine: &Value, tools: &Value) -> Result<Ran> {
        let Self { image, lucarne } = self;
        let (repository, machine) = (&context.repository, json(machine));
        let tools = json(tools);
        let expression = format!(
            "import {repository}/nix/lib/machine/make-machine.nix {{
              system = \"x86_64-linux\";
              tools = {tools} // {{ lucarne = builtins.storePath {lucarne}; }};
            }} ({machine} // {{ image = {image}; }})"
        );
        let file = context.folder.join("machine.nix");
        fs::write(&file, expression)?;
        context.inside(LIMIT, &["nix-build", "--no-out-link", file.as_str()])
    }
}
