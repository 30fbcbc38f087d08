//! What a user wrote into Nix is in the spec, and then where it is needed: nowhere else.
//!
//! A spec with a secret in each place that can hold one, and a search for each of them, in every
//! form that Windows writes, through all that an install leaves.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use serde_json::{Value, json};

use super::run::{End, LIMIT};
use crate::test::Context;

/// A secret, and what it is.
#[derive(Clone, Debug)]
pub(in crate::real) struct Secret {
    what: &'static str,
    text: String,
}

/// No two alike, none a part of another, and each what its place takes.
fn secret(what: &'static str) -> Secret {
    let letters = what.bytes().filter(u8::is_ascii_alphabetic);
    let letters: String = letters.map(char::from).collect();
    Secret {
        what,
        text: format!("Qz7-{letters}-K4w9"),
    }
}

/// Own keys have a form; this one is nobody's, and the stand-in takes it.
const KEY: &str = "BCDFG-HJKMP-QRTVW-XY234-6789B";
/// The one that has to stay: a machine's start needs what its steps say.
const STAYS: &str = "argument at each start";

/// What `djoin` would write.
fn blob() -> String {
    let bytes: Vec<u8> = (0..180_u8).map(|n| n.wrapping_mul(73) ^ 0x5a).collect();
    STANDARD.encode(bytes)
}

/// The places that can hold a secret in a list of steps.
const IN_STEPS: [&str; 9] = [
    "registry",
    "text of a file",
    "variable",
    "new account",
    "argument of cmd",
    "text of cmd",
    "argument of PowerShell",
    "argument of a program",
    "variable of a program",
];

/// Steps with a secret in each place.
pub(in crate::real) fn steps() -> Vec<Value> {
    let text = |what| secret(what).text;
    vec![
        json!({ "registry": {
            "key": r"HKLM\Software\Example", "values": { "ApiToken": text("registry") },
        } }),
        json!({ "file": { "path": r"C:\Example\token.txt", "text": text("text of a file") } }),
        json!({ "environment": { "name": "API_TOKEN", "value": text("variable") } }),
        json!({ "user": { "name": "grace", "password": text("new account") } }),
        json!({ "cmd": {
            "text": format!("rem {}\r\n", text("text of cmd")),
            "arguments": [text("argument of cmd")],
        } }),
        json!({ "powerShell": {
            "text": "exit 0", "arguments": [text("argument of PowerShell")],
        } }),
        json!({ "program": {
            "path": r"C:\Windows\System32\whoami.exe",
            "arguments": [format!("/token={}", text("argument of a program"))],
            "environment": { "API_KEY": text("variable of a program") },
        } }),
    ]
}

/// The secrets of [`steps`].
pub(in crate::real) fn of_steps() -> Vec<Secret> {
    IN_STEPS.into_iter().map(secret).collect()
}

/// A spec with all of them.
pub(super) fn spec() -> Value {
    let mut steps = steps();
    steps.push(json!({ "phase": "boot", "cmd": {
        "text": "exit /b 0\r\n", "arguments": [secret(STAYS).text],
    } }));
    json!({
        "users": { "demo": { "password": secret("account").text } },
        "administrator": { "password": secret("built-in account").text },
        "autoLogon": "demo",
        "productKey": KEY,
        "domain": { "offlineJoin": blob() },
        "steps": steps,
    })
}

/// Those of [`spec`].
fn all() -> Vec<Secret> {
    let mut all = of_steps();
    all.extend(["account", "built-in account", STAYS].map(secret));
    for (what, text) in [("product key", KEY.to_owned()), ("domain join", blob())] {
        all.push(Secret { what, text });
    }
    all
}

/// A secret as text, as Windows' UTF-16, in base64, and as answer files have passwords: base64 of
/// UTF-16 with the element's name behind; and each of those as UTF-16 too.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut texts = vec![
        text.to_owned(),
        STANDARD.encode(text),
        STANDARD.encode(utf16(text)),
    ];
    for element in ["Password", "AdministratorPassword"] {
        texts.push(STANDARD.encode(utf16(&format!("{text}{element}"))));
    }
    let wide = texts.iter().map(|text| utf16(text));
    let mut forms: Vec<_> = wide.collect();
    forms.extend(texts.into_iter().map(String::into_bytes));
    // A blob is known by what it stands for too.
    forms.extend(STANDARD.decode(text).ok().filter(|bytes| bytes.len() > 16));
    forms
}

/// Looks for secrets.
pub(in crate::real) struct Search {
    /// Whose form each pattern is.
    owners: Vec<&'static str>,
    longest: usize,
    finder: AhoCorasick,
}

impl Search {
    pub(in crate::real) fn new(secrets: &[Secret]) -> Result<Self> {
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        for secret in secrets {
            for form in forms(&secret.text) {
                owners.push(secret.what);
                patterns.push(form);
            }
        }
        Ok(Self {
            owners,
            longest: patterns.iter().map(Vec::len).max().unwrap_or_default(),
            finder: AhoCorasick::new(patterns).context("secrets are short")?,
        })
    }

    /// What is found in a text.
    fn in_bytes(&self, bytes: &[u8], found: &mut Vec<&'static str>) {
        for hit in self.finder.find_iter(bytes) {
            let owner = self.owners[hit.pattern().as_usize()];
            if !found.contains(&owner) {
                found.push(owner);
            }
        }
    }

    /// What is found in a file, whose holes are passed over.
    fn in_file(&self, path: &Utf8Path) -> Result<Vec<&'static str>> {
        let file = File::open(path).with_context(|| format!("cannot open `{path}`"))?;
        let (mut found, mut at) = (Vec::new(), 0);
        let mut buffer = vec![0; (4 << 20) + self.longest];
        loop {
            let from = match seek(&file, SeekFrom::Data(at)) {
                Err(Errno::NXIO) => return Ok(found),
                from => from.context("cannot tell data from holes")?,
            };
            let end = seek(&file, SeekFrom::Hole(from)).context("cannot tell holes from data")?;
            at = from;
            while at < end {
                let left = usize::try_from(end - at).unwrap_or(usize::MAX);
                let length = left.min(buffer.len());
                file.read_exact_at(&mut buffer[..length], at)?;
                self.in_bytes(&buffer[..length], &mut found);
                // A secret across the border is found in the next part.
                let overlap = if length < left { self.longest } else { 0 };
                at += (length - overlap) as u64;
            }
        }
    }

    /// That a text holds none of them.
    pub(in crate::real) fn none_in(&self, what: &str, bytes: &[u8]) -> Result<()> {
        let mut found = Vec::new();
        self.in_bytes(bytes, &mut found);
        ensure!(found.is_empty(), "{what} holds the secrets {found:?}");
        Ok(())
    }

    /// That no file of a folder does, whatever its name.
    pub(in crate::real) fn none_below(&self, folder: &Utf8Path) -> Result<()> {
        for entry in folder.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.is_dir() {
                self.none_below(&path)?;
            } else if path.is_file() {
                let found = self.in_file(&path)?;
                ensure!(found.is_empty(), "`{path}` holds the secrets {found:?}");
            }
        }
        Ok(())
    }
}

/// Runs an install with each program's arguments and variables written down.
pub(super) const TRACED: &str = "strace --follow-forks --seccomp-bpf --trace=execve \
    --no-abbrev --string-limit=1048576 --output=started \"$@\"; code=$?";

/// Looks through all that an install with [`spec`] left.
pub(super) fn nowhere_else(context: &Context, end: &End) -> Result<()> {
    let search = Search::new(&all())?;
    let mut wrote = search.in_file(&context.folder.join("spec.json"))?;
    wrote.sort_unstable();
    let mut wanted: Vec<_> = all().iter().map(|secret| secret.what).collect();
    wanted.sort_unstable();
    ensure!(wrote == wanted, "the spec has the secrets {wrote:?} alone");

    search.none_in("the log", end.stderr.as_bytes())?;
    search.none_in("what is told programs", end.stdout.as_bytes())?;
    let started = fs::read(context.folder.join("started")).context("nothing was traced")?;
    search.none_in("an argument list", &started)?;
    let started = String::from_utf8_lossy(&started);
    for program in ["qemu-system-x86_64", "qemu-img", "guard"] {
        ensure!(started.contains(program), "the trace has no `{program}`");
    }
    let out = context.folder.join("out");
    search.none_below(&out)?;
    on_disk(context, &search, &out.join("disk.qcow2"))
}

/// The sealed disk as the machine sees it. What stays of the user's secrets on a real one, besides
/// what his steps were to write: hashes of passwords, the LSA secret of the automatic logon, which
/// is encrypted, the key that Windows activates with, the computer account's password. None of
/// them is in the stand-in. What stays here too is what each start needs.
fn on_disk(context: &Context, search: &Search, disk: &Utf8Path) -> Result<()> {
    let raw = context.folder.join("sealed.raw");
    let convert = [
        "qemu-img",
        "convert",
        "-O",
        "raw",
        disk.as_str(),
        raw.as_str(),
    ];
    context.read(LIMIT, &convert)?;
    let found = search.in_file(&raw)?;
    fs::remove_file(&raw)?;
    ensure!(
        found == [STAYS],
        "on the sealed disk are the secrets {found:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn every_form_is_found() {
        let search = Search::new(&[secret("account")]).expect("short");
        // What others encode, so that the encoder is not its own judge.
        let answer = "UQB6ADcALQBhAGMAYwBvAHUAbgB0AC0ASwA0AHcAOQBQAGEAcwBzAHcAbwByAGQA";
        let wide = |text: &str| text.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>();
        let text = "Qz7-account-K4w9";
        for bytes in [
            text.as_bytes().to_vec(),
            wide(text),
            answer.as_bytes().to_vec(),
            wide(answer),
        ] {
            let bytes = [b"<Value>", &bytes[..], b"</Value>"].concat();
            assert!(search.none_in("it", &bytes).is_err());
        }
        assert!(search.none_in("it", b"Qz7-account-K4w8").is_ok());
    }

    #[test]
    fn a_file_is_searched_across_parts_and_holes() {
        let folder = std::env::temp_dir().join(format!("secrets-{}", std::process::id()));
        let path = Utf8Path::from_path(&folder).expect("UTF-8").to_owned();
        let search = Search::new(&all()).expect("short");
        let border = (4 << 20) + search.longest as u64;
        for at in [0, border - 5, (64 << 20) + 1] {
            let mut file = File::create(&path).expect("writable");
            file.set_len(128 << 20).expect("sparse");
            file.write_all(&vec![b'x'; 9 << 20]).expect("writable");
            file.write_all_at(KEY.as_bytes(), at).expect("writable");
            assert_eq!(
                search.in_file(&path).expect("read"),
                ["product key"],
                "{at}"
            );
        }
        fs::remove_file(&path).expect("removable");
    }
}
