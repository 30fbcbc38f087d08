//! `cargo xtask record`: what the stand-in plays in the guest program's place is what that program
//! said, under Wine.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::document::{document, program, set, step, step_of};
use super::machine::{Doing, Machine, PROBE, PROGRAM, Went, guest};
use crate::root;
use crate::test::Context;

/// Where the recordings lie.
const FOLDER: &str = "tests/standin/transcripts";

/// How a start of the machine ends in a recording.
const RESET: &str = "!reset";
const OFF: &str = "!power-off";
/// From the second start on both CDs are empty.
const NO_MEDIA: &str = "!no-media";

/// Records all of them.
pub(crate) fn record() -> Result<()> {
    let context = Context::alone(root::cache()?.join("record"))?;
    let head = format!(
        "# recorded under Wine by `cargo xtask record`; source {}",
        source()?
    );
    let whole = whole(&context)?;
    let [build, settle, boot] = &whole[..] else {
        unreachable!("a build has three starts")
    };
    let early = &settle[..1];
    write(
        "normal",
        &head,
        &[
            (build, RESET),
            (&behind(NO_MEDIA, settle), OFF),
            (&pressed(behind(NO_MEDIA, boot)), OFF),
        ],
    )?;
    write(
        "early-poweroff",
        &head,
        &[(build, RESET), (&behind(NO_MEDIA, early), OFF)],
    )?;
    write(
        "noise",
        &head,
        &[(&noisy(build), RESET), (&behind(NO_MEDIA, settle), OFF)],
    )?;
    let generalized = generalized(&context)?;
    let [build, settle] = &generalized[..] else {
        unreachable!("it has two starts")
    };
    write(
        "generalized",
        &head,
        &[(build, RESET), (&behind(NO_MEDIA, settle), OFF)],
    )?;
    write("step-fails", &head, &[(&fails(&context)?, OFF)])?;
    write("step-hangs", &head, &[(&hangs(&context)?, "")])
}

/// A name for the program's source. The stand-in's tests make the same one.
fn source() -> Result<String> {
    let repository = root::repository();
    let mut hash = Sha256::new();
    for folder in ["guest/src", "protocol/src"] {
        for file in crate::parts::files(&repository.join(folder))? {
            let bytes = fs::read(&file).with_context(|| format!("cannot read `{file}`"))?;
            hash.update(format!(
                "{} {}\n",
                file.strip_prefix(&repository)?,
                bytes.len()
            ));
            hash.update(bytes);
        }
    }
    Ok(crate::parts::name_of(hash))
}

/// The steps of all recordings; the third is another in each.
fn steps(third: &Value) -> Value {
    let named = |id: &str, name: &str, action: &Value| {
        let mut step = step(id, action);
        step["name"] = json!(name);
        step
    };
    let name = json!({ "computerName": "STANDIN" });
    let value = set(
        "machine",
        r"Software\Example",
        "Version",
        &json!({ "string": "1.0" }),
    );
    document(&[
        named("step-1", "Set the host name", &name),
        named("step-2", "Write the registry", &value),
        named("step-3", "Install the example program", third),
        step_of(
            "boot-1",
            "boot",
            &program(PROBE, &["mark", r"C:\marks", "boot"]),
        ),
    ])
}

/// The lines of each start of a build that ends well, and of the image's first.
fn whole(context: &Context) -> Result<Vec<Vec<String>>> {
    let machine = Machine::new(context, &steps(&installs()))?;
    starts(context, &machine, 3)
}

/// Those of a build that sysprep has the last word in: what stands in its place does its work.
fn generalized(context: &Context) -> Result<Vec<Vec<String>>> {
    let mut steps = steps(&installs());
    steps["finish"]["generalizeSec"] = json!(1800);
    let machine = Machine::new(context, &steps)?;
    super::generalize::stand_in(&machine)?;
    machine.write(super::generalize::HOW, "well")?;
    starts(context, &machine, 2)
}

/// A program whose installer says something.
fn installs() -> Value {
    let said = "Das Programm für »Müller« ist installiert.";
    program(PROBE, &["say", "0", said])
}

fn starts(context: &Context, machine: &Machine<'_>, number: usize) -> Result<Vec<Vec<String>>> {
    let starts = (0..number).map(|_| Ok(lines(&machine.start(&[guest(&["run"])])?)));
    let starts = starts.collect();
    remove(context)?;
    starts
}

fn fails(context: &Context) -> Result<Vec<String>> {
    let said = "Zugriff verweigert für `Müller`";
    let machine = Machine::new(context, &steps(&program(PROBE, &["say", "1603", said])))?;
    let lines = lines(&machine.start(&[guest(&["run"])])?);
    remove(context)?;
    Ok(lines)
}

/// Up to the third step's begin, its seventh event.
fn hangs(context: &Context) -> Result<Vec<String>> {
    let machine = Machine::new(context, &steps(&program(PROBE, &["tree", "0", r"C:\beat"])))?;
    let killed = Doing::KillAfter(vec![PROGRAM, "run"], 7);
    let lines = lines(&machine.start(&[killed])?);
    remove(context)?;
    Ok(lines
        .into_iter()
        .filter(|line| !line.contains("\"output\""))
        .collect())
}

/// The next recording has a prefix of its own.
fn remove(context: &Context) -> Result<()> {
    let prefix = context.folder.join("prefix");
    fs::remove_dir_all(&prefix).with_context(|| format!("cannot remove `{prefix}`"))
}

/// The events' lines, with what the steps do to the disk.
fn lines(went: &Went) -> Vec<String> {
    let text = String::from_utf8_lossy(&went.bytes);
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| line.contains("@lucarne ")) {
        lines.push(line.trim().to_owned());
        if line.contains("\"status\":\"start\"") {
            let does = [
                ("\"step-1\"", "!write ProgramData/Lucarne/hostname.txt 4"),
                ("\"step-3\"", "!write Program Files/Example/example.exe 512"),
            ];
            let does = does.iter().filter(|(id, _)| line.contains(id));
            lines.extend(does.map(|(_, does)| (*does).to_owned()));
        }
    }
    lines
}

fn behind(first: &str, lines: &[String]) -> Vec<String> {
    [&[first.to_owned()], lines].concat()
}

fn pressed(mut lines: Vec<String>) -> Vec<String> {
    lines.push("!power-button".to_owned());
    lines
}

/// The same with what firmware, and who plays tricks, write between.
fn noisy(lines: &[String]) -> Vec<String> {
    let mut noisy = vec![
        r"!raw \e[2J\e[01;01HBdsDxe: half a line".to_owned(),
        r"!raw \r\nM\xc3\xbcller \xff\xfe\x00\x07".to_owned(),
    ];
    for (number, line) in lines.iter().enumerate() {
        noisy.push(line.clone());
        match number {
            0 => noisy.push(r#"!raw @lucarne {"seq":"#.to_owned()),
            1 => noisy.push(r"!raw @nix {\e[31m}\r\n".to_owned()),
            _ => {}
        }
    }
    noisy
}

fn write(name: &str, head: &str, parts: &[(&[String], &str)]) -> Result<()> {
    let mut text = format!("{head}\n");
    for (lines, end) in parts {
        for line in lines.iter().map(String::as_str).chain([*end]) {
            if !line.is_empty() {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let file = root::repository().join(FOLDER).join(format!("{name}.txt"));
    fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    println!("{file}");
    Ok(())
}
