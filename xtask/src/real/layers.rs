//! Layers: five on one base in the sandbox, one changed, a chain made flat; and what goes wrong.

mod chain;
mod run;
mod stopped;
mod wrong;

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use crate::demo::{self, Inputs};
use crate::parts::Order;
use crate::root;
use crate::test::{Check, Context};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "layers/five",
        shows: "five layers are five differences, a changed one builds alone, flat has equal bytes",
        run: chain::five,
    },
    Check {
        name: "layers/wrong",
        shows: "a base that is gone or changed is an error, a failing step is told with its words",
        run: wrong::wrong,
    },
    Check {
        name: "layers/stopped",
        shows: "SIGTERM while a layer is sealed ends it with 143, and nothing of it is left",
        run: stopped::stopped,
    },
    Check {
        name: "layers/run",
        shows: "a command in Windows is a derivation: files in, files out, or its exit code",
        run: run::run,
    },
];

pub(super) use chain::listed;

const LIMIT: Duration = Duration::from_secs(1800);

/// The names of the layers, from the base up.
const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];

/// Whether the layers of an earlier run were taken out of the store: once, for another check may
/// use them from then on.
static FORGOTTEN: Mutex<bool> = Mutex::new(false);

/// An image with five layers, as an expression in a file.
pub(super) struct Subject {
    file: Utf8PathBuf,
}

impl Subject {
    /// A machine without TPM and Secure Boot, whose firmware measures nothing: each layer starts it
    /// twice, and one of them three times.
    ///
    /// Its layers are made in this run. All checks of a run have the same base and layers: Nix
    /// makes each once, and whoever comes second waits for it.
    pub(super) fn new(context: &Context) -> Result<Self> {
        let subject = Self::with(context, &NAMES)?;
        let mut forgotten = FORGOTTEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !*forgotten {
            chain::forget(context, &subject)?;
            *forgotten = true;
        }
        Ok(subject)
    }

    /// The image alone.
    fn without_layers(context: &Context) -> Result<Self> {
        Self::with(context, &[])
    }

    fn with(context: &Context, layers: &[&str]) -> Result<Self> {
        let order = Order {
            release: Some("win10-22h2".into()),
            ..Order::default()
        };
        let inputs = Inputs::standin(&order, "Windows 10 Pro")?;
        let mut spec = demo::spec(&inputs);
        spec["name"] = "check-layers".into();
        spec["firmware"] = json!({ "secureBoot": false });
        spec["tpm"] = false.into();
        spec["machine"] = json!({ "cores": 1, "memoryMib": 2048 });
        spec["layers"] = layers.iter().copied().map(layer).collect();
        let file = context.folder.join("layers.nix");
        fs::write(&file, demo::expression(&root::ensure()?, &inputs, &spec)?)?;
        Ok(Self { file })
    }

    /// An expression of Nix about the image with all layers.
    pub(super) fn about(&self, rest: &str) -> String {
        format!("let image = import {}; in {rest}", self.file)
    }

    /// Builds what an expression gives: its store path.
    pub(super) fn build(&self, context: &Context, rest: &str) -> Result<String> {
        let expression = self.about(rest);
        let command = [
            "nix",
            "build",
            "--impure",
            "--no-link",
            "--print-out-paths",
            "--print-build-logs",
            "--expr",
            &expression,
        ];
        let ran = context.inside(LIMIT, &command)?;
        ensure!(
            ran.code == 0,
            "`nix build` of `{rest}` ended with {}",
            ran.code
        );
        Ok(ran.stdout.trim().to_owned())
    }

    /// A text that an expression gives.
    pub(super) fn text(&self, context: &Context, rest: &str) -> Result<String> {
        let expression = self.about(rest);
        let command = [
            "nix-instantiate",
            "--eval",
            "--strict",
            "--raw",
            "--expr",
            &expression,
        ];
        Ok(context.read(LIMIT, &command)?.trim().to_owned())
    }
}

/// The attribute path from the last layer down to one of them; 0 is the base.
pub(super) fn below(level: usize) -> String {
    format!("image{}", ".base".repeat(NAMES.len() - level))
}

/// A layer: a folder and a file of its own. The third restarts Windows in the middle, the fourth
/// removes what the first one made.
fn layer(name: &str) -> Value {
    let folder = format!(r"C:\Layers\{name}");
    let mut steps = vec![
        json!({ "directory": { "path": folder } }),
        json!({ "file": {
            "path": format!(r"{folder}\data.txt"),
            // As long as several clusters, and no two alike.
            "text": (0..9000).map(|n| format!("{name} {n}\n")).collect::<Vec<_>>().concat(),
        }}),
    ];
    match name {
        "three" => {
            steps.insert(
                1,
                json!({ "cmd": { "text": "exit /b 3010\r\n", "exitCodes": {
                    "success": [0], "reboot": [3010],
                }}}),
            );
        }
        "four" => steps.push(json!({ "delete": r"C:\Layers\one" })),
        _ => {}
    }
    json!({ "name": name, "steps": steps })
}
