//! Seals a raw disk by hand, as the end of an install does: what the checks with real tools look
//! at. With the spec alone it prints the password that must not be on the disk.

#![allow(
    clippy::result_large_err,
    reason = "a failure ends the program; its size costs nothing"
)]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use lucarne::failure::Failure;
use lucarne::manifest::{Finish, Input, Inputs};
use lucarne::plan::{self, Firmware, Plan};
use lucarne::seal::{Facts, FirmwareFiles, SealInputs, seal};
use lucarne::spec::Spec;
use lucarne::tools::Tools;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((spec, rest)) = args.split_first() else {
        return Err(usage().into());
    };
    let spec: Spec = json(spec)?;
    let plan = plan::plan(&spec, &plan::Facts::default())?;
    match rest {
        [] => {
            println!("{}", plan.build_account.password.text);
            Ok(())
        }
        [tools, raw, out] => seal_it(
            &plan,
            &json(tools)?,
            raw.as_str().into(),
            out.as_str().into(),
        ),
        _ => Err(usage().into()),
    }
}

fn usage() -> anyhow::Error {
    anyhow::anyhow!("usage: seal SPEC [TOOLS.json RAW OUT]")
}

fn seal_it(plan: &Plan, tools: &Tools, raw: &Utf8Path, out: &Utf8Path) -> Result<(), Failure> {
    let vars = match plan.firmware {
        Firmware::Uefi { secure_boot: true } => Some(&tools.vars_ms),
        Firmware::Uefi { .. } => Some(&tools.vars),
        Firmware::Bios => None,
    };
    let input = |label: &str| Input {
        label: label.into(),
        sha256: "00".repeat(32),
    };
    let manifest = seal(&SealInputs {
        plan,
        tools,
        raw,
        firmware: vars.map(|vars| FirmwareFiles {
            code: &tools.code,
            vars,
        }),
        out,
        facts: Facts {
            machine_type: "pc-q35-10.0".into(),
            inputs: Inputs {
                media: input("LUCARNE"),
                windows_iso: input("WINDOWS"),
                virtio_win_iso: None,
                base: None,
            },
            phases: Vec::new(),
            steps: Vec::new(),
            finish: Finish::default(),
            installed_at: "2026-01-01T00:00:00Z".into(),
            sealed_at: "2026-01-01T01:00:00Z".into(),
            evaluation_ends: None,
        },
        deadline: Duration::from_secs(600),
    })?;
    print!("{}", manifest.to_json());
    Ok(())
}

fn json<T: serde::de::DeserializeOwned>(path: &str) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{path}`"))?;
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(value),
        Err(error) => bail!("`{path}`: {error}"),
    }
}
