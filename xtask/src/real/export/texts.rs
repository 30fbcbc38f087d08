//! What exports tell other engines, read by these engines' own schemas and tools.
//!
//! The texts are the golden files of `tests/exports`, which cargo's tests hold against what the
//! code writes: no image is needed here, and every shape of one is there.

use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::enter;
use crate::test::{Context, Outcome, Ran};

const LIMIT: Duration = Duration::from_secs(60);
/// Names the folder with the schemas, which are others' to publish.
const SCHEMAS: &str = "LUCARNE_EXPORT_SCHEMAS";
/// Reads YAML, and holds it against schemas.
const READER: &str = include_str!("texts.py");
/// Shows what a domain needs for a folder of the host's.
const GUIDE: &str = "docs/engines.md";
/// Stands in for Proxmox' command: one argument on each line.
const QM: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n";

pub(super) fn texts(context: &Context) -> Result<Outcome> {
    let images = images(context)?;
    let mut passed = 0;
    for image in &images {
        let domain = image.join("libvirt/domain.xml");
        if domain.exists() {
            libvirt(context, &domain)?;
            passed += 1;
        }
        for format in ["libvirt", "lima", "proxmox"] {
            if image.join(format).join("config.json").exists() {
                config_cd(context, &image.join(format))?;
                passed += 1;
            }
        }
        if image.join("proxmox/qm.conf").exists() {
            proxmox(context, &image.join("proxmox"))?;
            passed += 1;
        }
    }
    ensure!(passed > images.len(), "the images have hardly any text");
    // Of one image: these parts of the texts are the same for all.
    let image = images.first().context("there is no image")?;
    odd_folders(context, &image.join("proxmox"))?;
    shared_folder(context, &image.join("libvirt/domain.xml"))?;
    passed += 2;
    let (of_yaml, skipped) = yaml(context, &images)?;
    passed += of_yaml;
    Ok(Outcome::Listed {
        passed: u32::try_from(passed)?,
        skipped,
    })
}

/// The folders of the golden files.
fn images(context: &Context) -> Result<Vec<Utf8PathBuf>> {
    let folder = context.repository.join("tests/exports");
    let entries = folder.read_dir_utf8();
    let entries = entries.with_context(|| format!("cannot list `{folder}`"))?;
    let mut images = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            images.push(entry.into_path());
        }
    }
    images.sort();
    Ok(images)
}

/// libvirt's schema takes the domain, and not one with an element that it does not know.
fn libvirt(context: &Context, domain: &Utf8Path) -> Result<()> {
    context.read(LIMIT, &["virt-xml-validate", domain.as_str(), "domain"])?;
    let broken = fs::read_to_string(domain)?.replace("<transient/>", "<thrownAway/>");
    let file = context.folder.join("broken.xml");
    fs::write(&file, broken).with_context(|| format!("cannot write `{file}`"))?;
    let ran = context.inside(LIMIT, &["virt-xml-validate", file.as_str(), "domain"])?;
    ensure!(ran.code != 0, "virt-xml-validate takes anything");
    Ok(())
}

/// The command that the texts name makes a CD with the one file, by the name that Windows reads.
fn config_cd(context: &Context, texts: &Utf8Path) -> Result<()> {
    let folder = context.folder.join("config");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    let text = texts.join("config.json");
    fs::copy(&text, folder.join("config.json")).with_context(|| format!("cannot copy `{text}`"))?;
    let command = ["domain.xml", "lima.yaml", "qm.conf"].map(|file| texts.join(file));
    let command = command.iter().find(|file| file.exists());
    let command = fs::read_to_string(command.context("no text says how")?)?;
    let command = command
        .lines()
        .find_map(|line| line.find("xorriso").map(|at| &line[at..]));
    let command = command.context("no text says how to make the CD")?;
    let script =
        format!("cd {folder} && rm -f config.iso && {command} && isoinfo -J -f -i config.iso");
    let listed = context.read(LIMIT, &["sh", "-c", &script])?;
    ensure!(listed.trim() == "/machine.json", "the CD holds `{listed}`");
    Ok(())
}

/// The script asks `qm` for what the configuration says, key by key.
fn proxmox(context: &Context, texts: &Utf8Path) -> Result<()> {
    let folder = of_disk(context, "proxmox")?;
    let ran = create(context, "sh", &folder, texts)?;
    ensure!(ran.code == 0, "the script ended so: {ran:?}");
    let said: Vec<_> = ran.stdout.lines().collect();
    ensure!(said[..2] == ["create", "100"], "`qm` is asked for {said:?}");
    let configuration = fs::read_to_string(texts.join("qm.conf"))?;
    let configuration = configuration.lines().filter(|line| !line.starts_with('#'));
    let configuration: Vec<_> = configuration
        .filter_map(|line| line.split_once(": "))
        .collect();
    ensure!(
        said.len() == 2 + 2 * configuration.len(),
        "`qm` is asked for {said:?}"
    );
    for (asked, (key, value)) in said[2..].chunks(2).zip(configuration) {
        ensure!(asked[0] == format!("--{key}"), "{asked:?} is no `{key}`");
        // Of a volume the options alone are the same: each text says where it comes from.
        let options = value.strip_prefix("STORAGE:").map(|volume| {
            let options = volume.split_once(',');
            options.map_or("", |(_, options)| options)
        });
        let same = options.map_or(asked[1] == value, |options| asked[1].ends_with(options));
        ensure!(same, "{asked:?} is not `{value}`");
    }
    Ok(())
}

/// Whatever a folder is called, `qm` is told of the disk in it, or of nothing.
fn odd_folders(context: &Context, texts: &Utf8Path) -> Result<()> {
    for name in [
        "a b  c",
        "it's",
        "a\"b",
        "-a;b&c|d",
        "$(id)`id`\\",
        "*?[a]~=#",
        "ä",
    ] {
        let folder = of_disk(context, name)?;
        let asked = format!("local-lvm:0,import-from={folder}/disk.qcow2,");
        for shell in ["dash", "bash"] {
            let ran = create(context, shell, &folder, texts)?;
            let told = ran.stdout.lines().any(|line| line.starts_with(&asked));
            ensure!(ran.code == 0 && told, "{shell}, `{name}`: {ran:?}");
        }
    }
    for (name, says) in [("a,b", "no path with a comma"), ("a\nb", "or a line end")] {
        let ran = create(context, "dash", &of_disk(context, name)?, texts)?;
        let refused = ran.stderr.contains(says) && ran.stdout.is_empty();
        ensure!(ran.code == 1 && refused, "`{name}`: {ran:?}");
    }
    let empty = of_disk(context, "empty")?;
    fs::remove_file(empty.join("disk.qcow2"))?;
    let ran = create(context, "dash", &empty, texts)?;
    let refused = ran.stderr.contains("there is no disk.qcow2") && ran.stdout.is_empty();
    ensure!(ran.code == 1 && refused, "an empty folder: {ran:?}");
    Ok(())
}

/// A folder with an export's disk.
fn of_disk(context: &Context, name: &str) -> Result<Utf8PathBuf> {
    let folder = context.folder.join("exports").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    fs::write(folder.join("disk.qcow2"), "")?;
    Ok(folder)
}

/// Runs the script where the disk lies, with a `qm` that says what it was asked for.
fn create(context: &Context, shell: &str, folder: &Utf8Path, texts: &Utf8Path) -> Result<Ran> {
    let tools = context.folder.join("bin");
    fs::create_dir_all(&tools)?;
    fs::write(tools.join("qm"), QM)?;
    let script = "chmod +x \"$1/qm\" && cd -- \"$2\" && PATH=$1:$PATH && \
                  exec \"$3\" \"$4/qm-create.sh\" 100 local-lvm";
    let words = [tools.as_str(), folder.as_str(), shell, texts.as_str()];
    context.inside(LIMIT, &[&["sh", "-c", script, "sh"], &words[..]].concat())
}

/// The elements that the guide names for a folder of the host's go into a domain.
fn shared_folder(context: &Context, domain: &Utf8Path) -> Result<()> {
    let guide = context.repository.join(GUIDE);
    let guide = fs::read_to_string(&guide).with_context(|| format!("cannot read `{guide}`"))?;
    let block = guide.split("```xml\n").nth(1);
    let block = block.and_then(|rest| rest.split("```").next());
    let (memory, folder) = block
        .and_then(|block| block.split_once("</memoryBacking>\n"))
        .context("the guide shows no memory and no folder")?;
    ensure!(folder.contains("<filesystem"), "the guide shows no folder");
    let own = fs::read_to_string(domain)?;
    let file = context.folder.join("shared.xml");
    let validate = |memory: &str| -> Result<u8> {
        let with = own.replace("</vcpu>", &format!("</vcpu>{memory}</memoryBacking>"));
        let with = with.replace("</devices>", &format!("{folder}</devices>"));
        ensure!(with.len() > own.len() + memory.len(), "they have no place");
        fs::write(&file, with).with_context(|| format!("cannot write `{file}`"))?;
        let ran = context.inside(LIMIT, &["virt-xml-validate", file.as_str(), "domain"])?;
        Ok(ran.code)
    };
    ensure!(
        validate(memory)? == 0,
        "libvirt's schema does not take them"
    );
    let other = memory.replace("\"shared\"", "\"lent\"");
    ensure!(
        validate(&other)? != 0,
        "the memory is not shared, or anything is taken"
    );
    Ok(())
}

/// Another reader of YAML reads each, and the engines' schemas take it where they are at hand.
fn yaml(context: &Context, images: &[Utf8PathBuf]) -> Result<(usize, Vec<String>)> {
    let mut files = Vec::new();
    for image in images {
        for format in ["kubevirt", "lima"] {
            let Ok(entries) = image.join(format).read_dir_utf8() else {
                continue;
            };
            let entries = entries.filter_map(Result::ok);
            let paths = entries.map(Utf8DirEntry::into_path);
            files.extend(paths.filter(|path| path.extension() == Some("yaml")));
        }
    }
    ensure!(!files.is_empty(), "there is no YAML");
    let folder = env::var(SCHEMAS).ok();
    let folder = folder.map(|folder| enter::absolute(Utf8Path::new(&folder)));
    let folder = folder.transpose()?;
    let mut command = vec!["python3", "-c", READER];
    command.push(folder.as_ref().map_or("-", |folder| folder.as_str()));
    command.extend(files.iter().map(|file| file.as_str()));
    let seen: Vec<_> = folder.clone().into_iter().collect();
    let ran = context.inside_seeing(LIMIT, &seen, &command)?;
    ensure!(ran.code == 0, "reading YAML ended with {}", ran.code);
    let read: Value = serde_json::from_str(&ran.stdout)?;
    report(&read, files.len(), folder.is_some())
}

/// How many are as they must be, and what could not be looked at.
fn report(read: &Value, files: usize, asked: bool) -> Result<(usize, Vec<String>)> {
    let all = read["files"].as_object().context("no `files`")?;
    ensure!(all.len() == files, "not every file was read");
    let mut without = Vec::new();
    for (file, found) in all {
        let wrong = found["wrong"].as_array().context("no `wrong`")?;
        ensure!(wrong.is_empty(), "`{file}`: {wrong:?}");
        let documents = found["documents"].as_array().context("no `documents`")?;
        ensure!(documents.len() == 1, "`{file}` is not one document");
        // A Secret is Kubernetes' own, and has no published definition.
        let own = documents[0]["kind"] == "Secret";
        if !own && found["bySchema"] != 1 {
            let place = Utf8Path::new(file);
            let name = place.file_name().unwrap_or(file);
            without.push(name.to_owned());
        }
    }
    without.sort();
    without.dedup();
    let why = |name: &String| {
        if asked {
            format!("the schema of `{name}`, which `{SCHEMAS}` has not")
        } else {
            format!("the schema of `{name}`: `{SCHEMAS}` names no folder (tests/exports/README.md)")
        }
    };
    Ok((files, without.iter().map(why).collect()))
}
