//! Runs one install and looks at what it leaves.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::demo::{self, Inputs};
use crate::parts::{self, Order};
use crate::test::Context;

/// No install of the stand-in takes longer, even when another one runs beside it.
pub(super) const LIMIT: Duration = Duration::from_secs(600);

/// What is installed from, and how.
#[derive(Default)]
pub(super) struct Setup {
    pub(super) order: Order,
    /// Merged into the spec, field by field.
    pub(super) spec: Value,
    /// Merged into the table of tools.
    pub(super) tools: Value,
    /// Another virtio-win ISO than the stand-in's.
    pub(super) virtio_win: Option<Utf8PathBuf>,
    /// Asks for an object a line on stdout.
    pub(super) json: bool,
    /// A shell's way to run the install, `"$@"`, with what goes wrong around it.
    pub(super) around: Option<String>,
    /// Where the image goes, in the check's folder; else `out`.
    pub(super) out: Option<&'static str>,
    /// Another `lucarne`, with what is put before it on the command line.
    pub(super) program: Option<Vec<String>>,
    /// The work folder, in the check's folder; else beside the image.
    pub(super) work: Option<&'static str>,
}

impl Setup {
    /// A release that asks for neither a TPM nor Secure Boot, on a machine without them: the
    /// firmware then measures nothing, and a start takes half the time. `image/nix` has both. One
    /// core, for two installs run at a time: emulated cores wait for each other busily.
    pub(super) fn light(mut order: Order, mut spec: Value) -> Self {
        order.release = Some("win10-22h2".into());
        let mut light = json!({
            "edition": "Windows 10 Pro",
            "firmware": { "secureBoot": false },
            "machine": { "cores": 1, "memoryMib": 2048 },
            "tpm": false,
        });
        merge(&mut light, &spec.take());
        Self {
            order,
            spec: light,
            ..Self::default()
        }
    }
}

/// How it ended.
pub(in crate::real) struct End {
    pub(in crate::real) code: u8,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Installs, and fails when a process is left over.
pub(super) fn ended(context: &Context, setup: &Setup) -> Result<End> {
    watched(context, &command(context, setup)?, setup.around.as_deref())
}

/// Runs what makes an image, with a shell's commands around it, and fails when a process is left
/// over.
pub(in crate::real) fn watched(
    context: &Context,
    making: &[String],
    around: Option<&str>,
) -> Result<End> {
    let look = looks_around(around.unwrap_or(r#""$@"; code=$?"#));
    forget_look(&context.folder)?;
    let mut command = vec!["sh", "-c", &look, "sh"];
    command.extend(making.iter().map(String::as_str));
    let ran = context.inside(LIMIT, &command)?;
    nothing_left(&context.folder)?;
    Ok(End {
        code: ran.code,
        stdout: ran.stdout,
        stderr: ran.stderr,
    })
}

/// The command line of an install into `out` of the check's folder, its files made.
pub(super) fn command(context: &Context, setup: &Setup) -> Result<Vec<String>> {
    let mut inputs = Inputs::standin(&setup.order, demo::EDITION)?;
    if let Some(own) = &setup.virtio_win {
        inputs.virtio_win = Some(own.clone());
    }
    let virtio_win = inputs.drivers()?;
    let mut spec = demo::spec(&inputs);
    spec["schema"] = json!("lucarne.spec/1");
    merge(&mut spec, &setup.spec);
    let file = |name: &str, value: &Value| -> Result<String> {
        let path = context.folder.join(name);
        fs::write(&path, format!("{value:#}\n"))
            .with_context(|| format!("cannot write `{path}`"))?;
        Ok(path.into_string())
    };
    let spec = file("spec.json", &spec)?;
    let mut tools = demo::tools(inputs.vars.as_str());
    merge(&mut tools, &setup.tools);
    let tools = file("tools.json", &tools)?;
    let lucarne = match &setup.program {
        Some(words) => words.clone(),
        None => vec![parts::lucarne()?.into_string()],
    };
    let out = context.folder.join(setup.out.unwrap_or("out"));
    let mut words: Vec<&str> = lucarne.iter().map(String::as_str).collect();
    words.extend(["install", &spec, "--tools", &tools]);
    words.extend(["--iso", inputs.iso.as_str()]);
    words.extend(["--virtio-win", virtio_win.as_str()]);
    words.extend(["--out", out.as_str()]);
    let work = setup.work.map(|name| context.folder.join(name));
    words.extend(work.iter().flat_map(|work| ["--work", work.as_str()]));
    words.extend(setup.json.then_some("--json"));
    Ok(words.into_iter().map(Into::into).collect())
}

/// What the install made beside its output: `out.work`, `out.N-0.part`, and the output itself.
pub(super) fn made(context: &Context) -> Result<Vec<String>> {
    let mut made = Vec::new();
    for entry in context.folder.read_dir_utf8()? {
        let name = entry?.file_name().to_owned();
        made.extend(name.starts_with("out").then_some(name));
    }
    Ok(made)
}

/// The file by which a check says that it killed something.
pub(in crate::real) const KILLED: &str = "killed";
/// The processes that were there at the end.
const LEFT: &str = "left";

/// A shell's commands that end with an exit code in `code`, and a look around when they have:
/// nothing else is in the namespace.
pub(in crate::real) fn looks_around(commands: &str) -> String {
    // Children of one that a signal ended are killed by the kernel, which may take a moment, on a
    // busy machine seconds. Who ended by himself has waited for his.
    let ours = OURS.join("|");
    format!(
        "{commands}
if test $code -ge 128 || test -e {KILLED}; then
    for n in $(seq 100); do
        ps -e -o comm= | grep --quiet --invert-match --line-regexp -E '{ours}|grep' || break
        sleep 0.1
    done
fi
ps -e -o comm= > {LEFT}; exit $code"
    )
}

/// Removes what an earlier look in the same folder left.
pub(in crate::real) fn forget_look(folder: &Utf8Path) -> Result<()> {
    for name in [KILLED, LEFT] {
        let file = folder.join(name);
        if file.exists() {
            fs::remove_file(&file).with_context(|| format!("cannot remove `{file}`"))?;
        }
    }
    Ok(())
}

/// Process 1, the time limit, the shell and `ps` itself.
const OURS: [&str; 4] = ["xtask", "timeout", "sh", "ps"];

/// That nothing but ours was there.
pub(in crate::real) fn nothing_left(folder: &Utf8Path) -> Result<()> {
    let text = fs::read_to_string(folder.join(LEFT)).context("no list of processes")?;
    let left: Vec<&str> = text.lines().filter(|name| !OURS.contains(name)).collect();
    ensure!(left.is_empty(), "processes are left: {left:?}");
    ensure!(
        text.lines().count() >= OURS.len(),
        "the list of processes is not whole: {text:?}"
    );
    Ok(())
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, from) => *into = from.clone(),
    }
}
