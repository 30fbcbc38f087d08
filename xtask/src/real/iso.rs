//! What `lucarne iso` reads, beside what wimlib and 7z read of the same files.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::parts;
use crate::room::{GIB, MIB};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "iso/formats",
        shows: "UDF, Joliet, plain ISO 9660 and a folder, with a WIM, a solid and a split one: as \
                wimlib and 7z tell",
        run: formats,
    },
    Check {
        name: "iso/large",
        shows: "`lucarne iso` reads less than 8 MiB of a UDF ISO of 6 GB, in less than 16 MiB",
        run: large,
    },
];

const LIMIT: Duration = Duration::from_secs(600);
const READ_BYTES_MAX: u64 = 8 << 20;
/// Too many for 32 bits, as a real one.
const LARGE_BYTES: u64 = 6 * GIB;
/// Beside the program itself. All in all an optimised one had 9 MiB (`docs/benchmarks.md`).
const MEMORY_KIB_MAX: u64 = 7 << 10;

/// How genisoimage is asked for each file system, and its name in the JSON.
const SYSTEMS: [(&str, &[&str]); 3] = [
    ("udf", &["-udf"]),
    ("joliet", &["-J"]),
    ("iso9660", &["-iso-level", "3"]),
];

/// A property of an image: its place in the WIM's XML, a value, and its name in the JSON.
const PROPERTIES: [(&str, &str, &str); 9] = [
    ("DISPLAYNAME", "Windows Server & Co", "displayName"),
    ("DESCRIPTION", "With \"quotes\" and ümlauts", "description"),
    ("WINDOWS/ARCH", "12", ""),
    ("WINDOWS/EDITIONID", "ServerStandardEval", "edition"),
    (
        "WINDOWS/INSTALLATIONTYPE",
        "Server Core",
        "installationType",
    ),
    ("WINDOWS/LANGUAGES/DEFAULT", "de-DE", "defaultLanguage"),
    ("WINDOWS/VERSION/MAJOR", "10", ""),
    ("WINDOWS/VERSION/BUILD", "26100", "build"),
    ("WINDOWS/VERSION/SPBUILD", "1742", ""),
];

fn formats(context: &Context) -> Result<Outcome> {
    let lucarne = parts::lucarne()?;
    let sources = sources(context)?;
    let whole = sources.join("install.wim");
    let tree = context.folder.join("tree");
    for form in ["install.wim", "install.esd", "install.swm"] {
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        let folder = tree.join("sources");
        fs::create_dir_all(&folder)?;
        // Names of 8.3 characters are the same on every file system.
        fs::write(
            folder.join("ei.cfg"),
            "[Channel]\r\nRetail\r\n[VL]\r\n0\r\n",
        )?;
        pack(context, &whole, &folder.join(form))?;
        let told = iso(context, &lucarne, &tree)?;
        ensure!(told["files"] == "directory", "{form}: {}", told["files"]);
        same(context, &whole, &told)?;
        let bare = iso(context, &lucarne, &folder.join(form))?;
        ensure!(bare["files"] == "wim", "{form}: {}", bare["files"]);
        ensure!(bare["images"] == told["images"], "{form}: by itself");
        for (system, options) in SYSTEMS {
            let disc = context.folder.join("disc.iso");
            write(context, options, &tree, &disc)?;
            let told = iso(context, &lucarne, &disc)?;
            let what = format!("{form}, {system}");
            ensure!(told["files"] == system, "{what}: {}", told["files"]);
            ensure!(told["volume"] == "CHECK", "{what}: {}", told["volume"]);
            ensure!(told["images"] == bare["images"], "{what}: the images");
            ensure!(told["eiCfg"]["channel"] == "Retail", "{what}: ei.cfg");
            let bytes = fs::metadata(&disc)?.len();
            ensure!(told["sizeBytes"] == bytes, "{what}: the size");
            listed(context, &disc, &told).context(what)?;
        }
    }
    Ok(Outcome::Passed)
}

/// A WIM of two images, the first with every property that is told.
fn sources(context: &Context) -> Result<Utf8PathBuf> {
    let folder = context.folder.join("made");
    let files = folder.join("files");
    fs::create_dir_all(&files)?;
    // More than a part of the split WIM holds, and no compression makes it less.
    let noise = files.join("noise");
    let from = format!("head --bytes=3M /dev/urandom >{noise}");
    context.read(LIMIT, &["sh", "-c", &from])?;
    let wim = folder.join("install.wim");
    let capture = ["wimlib-imagex", "capture", files.as_str(), wim.as_str()];
    context.read(LIMIT, &[&capture[..], &["Windows Server 2025"]].concat())?;
    let export = ["wimlib-imagex", "export", wim.as_str(), "1", wim.as_str()];
    context.read(LIMIT, &[&export[..], &["Another"]].concat())?;
    let properties: Vec<_> = PROPERTIES
        .iter()
        .map(|(place, value, _)| format!("--image-property={place}={value}"))
        .collect();
    for image in ["1", "2"] {
        let mut command = vec!["wimlib-imagex", "info", wim.as_str(), image];
        command.extend(properties.iter().map(String::as_str));
        context.read(LIMIT, &command)?;
    }
    Ok(folder)
}

/// Writes the WIM anew in the form that a name's ending says.
fn pack(context: &Context, whole: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let (whole, place) = (whole.as_str(), to.as_str());
    let command: &[&str] = match to.extension() {
        Some("esd") => &["export", whole, "all", place, "--solid"],
        // In MiB.
        Some("swm") => &["split", whole, place, "1"],
        _ => &["export", whole, "all", place],
    };
    context.read(LIMIT, &[&["wimlib-imagex"], command].concat())?;
    Ok(())
}

fn write(context: &Context, options: &[&str], tree: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let head = ["genisoimage", "-quiet", "-V", "CHECK"];
    let rest = ["-o", to.as_str(), tree.as_str()];
    context.read(LIMIT, &[&head[..], options, &rest].concat())?;
    Ok(())
}

fn iso(context: &Context, lucarne: &Utf8Path, file: &Utf8Path) -> Result<Value> {
    let command = [lucarne.as_str(), "iso", "--json", file.as_str()];
    Ok(serde_json::from_str(&context.read(LIMIT, &command)?)?)
}

/// What wimlib's copy of the XML says, by a reader that is not ours.
fn same(context: &Context, wim: &Utf8Path, told: &Value) -> Result<()> {
    let xml = context.folder.join("wim.xml");
    let extract = format!("--extract-xml={xml}");
    context.read(LIMIT, &["wimlib-imagex", "info", wim.as_str(), &extract])?;
    let read = |place: &str| -> Result<String> {
        let query = format!("string(/WIM/{place})");
        let text = context.read(LIMIT, &["xmllint", "--xpath", &query, xml.as_str()])?;
        Ok(text.trim_end_matches('\n').to_owned())
    };
    let images = told["images"].as_array().context("no images")?;
    ensure!(images.len() == 2, "there are {} images", images.len());
    for image in images {
        let place = format!("IMAGE[@INDEX='{}']", image["index"]);
        let named = PROPERTIES.iter().map(|(place, _, name)| (*place, *name));
        let named = named.filter(|(_, name)| !name.is_empty());
        for (property, name) in named.chain([("NAME", "name"), ("TOTALBYTES", "totalBytes")]) {
            let wanted = read(&format!("{place}/{property}"))?;
            let found = match &image[name] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            ensure!(
                found == wanted,
                "{name} is `{found}`, wimlib has `{wanted}`"
            );
        }
        ensure!(
            image["version"] == "10.0.26100.1742",
            "{}",
            image["version"]
        );
        ensure!(
            image["architecture"] == "arm64",
            "{}",
            image["architecture"]
        );
        ensure!(image["evaluation"] == true, "it is an evaluation");
    }
    ensure!(
        told["kind"] == "server" && told["release"] == "2025",
        "{told}"
    );
    Ok(())
}

/// 7z finds the file of the images too, and as long.
fn listed(context: &Context, disc: &Utf8Path, told: &Value) -> Result<()> {
    let path = told["installFile"].as_str().context("no file")?;
    let list = context.read(LIMIT, &["7z", "l", "-slt", disc.as_str()])?;
    let same = |line: &str| {
        let found = line.strip_prefix("Path = ");
        found.is_some_and(|found| found.eq_ignore_ascii_case(path))
    };
    ensure!(list.lines().any(same), "7z does not list `{path}`");
    Ok(())
}

fn large(context: &Context) -> Result<Outcome> {
    // The ISO, and a little for its parts.
    context.ensure_room(LARGE_BYTES + 256 * MIB)?;
    let lucarne = parts::lucarne()?;
    let tree = context.folder.join("tree");
    let folder = tree.join("sources");
    fs::create_dir_all(&folder)?;
    let wim = sources(context)?.join("install.wim");
    let install = folder.join("install.wim");
    fs::copy(&wim, &install)?;
    // What follows a WIM's end is nobody's.
    fs::File::options()
        .write(true)
        .open(&install)?
        .set_len(LARGE_BYTES)?;
    for n in 0..900 {
        fs::write(folder.join(format!("file-{n:04}.dll")), "MZ")?;
    }
    let disc = context.folder.join("large.iso");
    write(
        context,
        &["-udf", "-iso-level", "3", "-allow-limited-size"],
        &tree,
        &disc,
    )?;
    fs::remove_dir_all(&tree)?;
    let done = costs(context, &lucarne, &disc);
    fs::remove_file(&disc)?;
    done
}

fn costs(context: &Context, lucarne: &Utf8Path, disc: &Utf8Path) -> Result<Outcome> {
    let bytes = fs::metadata(disc)?.len();
    ensure!(bytes > LARGE_BYTES, "the ISO has {bytes} bytes");
    let command = [lucarne.as_str(), "iso", "--json", disc.as_str()];
    let told = iso(context, lucarne, disc)?;
    ensure!(
        told["files"] == "udf" && told["sizeBytes"] == bytes,
        "{told}"
    );
    same(context, &context.folder.join("made/install.wim"), &told)?;
    // With the names of the files that are read.
    let trace = context.folder.join("trace");
    let strace = ["strace", "-f", "-y", "-e", "trace=read,pread64,readv", "-o"];
    context.read(LIMIT, &[&strace[..], &[trace.as_str()], &command].concat())?;
    let read = read_bytes(&fs::read_to_string(&trace)?, disc)?;
    context.log(&format!("{read} bytes were read"))?;
    ensure!(read < READ_BYTES_MAX, "{read} bytes were read");
    // A program that is not optimised has some 10 MiB of pages before it does anything.
    let idle = peak_kib(context, &[lucarne.as_str(), "--version"])?;
    let peak = peak_kib(context, &command)?;
    ensure!(
        peak.saturating_sub(idle) < MEMORY_KIB_MAX,
        "it took {peak} KiB of memory, and {idle} to do nothing"
    );
    Ok(Outcome::Passed)
}

/// The most memory that a command had.
fn peak_kib(context: &Context, command: &[&str]) -> Result<u64> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let own = own.to_str().context("its path is not UTF-8")?;
    let cost = context.read(LIMIT, &[&[own, "measure", "--"], command].concat())?;
    let cost: Value = serde_json::from_str(&cost)?;
    cost["peakKib"].as_u64().context("no memory")
}

/// The sum of what calls gave that read a file.
fn read_bytes(trace: &str, file: &Utf8Path) -> Result<u64> {
    let name = format!("<{file}>");
    let calls = trace.lines().filter(|line| line.contains(&name));
    let given = calls.filter_map(|line| line.rsplit_once(" = ")?.1.parse::<u64>().ok());
    let sum = given.sum();
    ensure!(sum > 0, "the trace tells nothing of `{file}`");
    Ok(sum)
}
