//! Seals an overlay by hand, as the end of a layer does: what the checks with real tools look at.

#![allow(
    clippy::result_large_err,
    reason = "a failure ends the program; its size costs nothing"
)]

use std::process::ExitCode;
use std::time::Duration;

use lucarne::failure::Failure;
use lucarne::layer::Image;
use lucarne::manifest::{Finish, Input};
use lucarne::seal::{FirmwareFiles, LayerSealInputs, seal_layer};
use lucarne::spec::Compression;
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
    let [tools, base, overlay, work, out] = args.as_slice() else {
        return Err(anyhow::anyhow!("usage: difference TOOLS.json BASE OVERLAY WORK OUT").into());
    };
    let base = Image::open(base.as_str().into())?;
    let firmware = base.firmware();
    let manifest = seal_layer(&LayerSealInputs {
        base: &base,
        name: "layer",
        compression: Compression::Zstd,
        tools: &Tools::read(tools.as_str().into())?,
        overlay: overlay.as_str().into(),
        work: work.as_str().into(),
        firmware: firmware
            .as_ref()
            .map(|(code, vars)| FirmwareFiles { code, vars }),
        out: out.as_str().into(),
        media: Input {
            label: "LUCARNE".into(),
            sha256: "00".repeat(32),
        },
        phases: Vec::new(),
        steps: Vec::new(),
        finish: Finish::default(),
        sealed_at: "2026-01-02T00:00:00Z".into(),
        deadline: Duration::from_secs(600),
    })?;
    print!("{}", manifest.to_json());
    Ok(())
}
