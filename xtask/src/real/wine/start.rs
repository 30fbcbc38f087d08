//! A machine's start by its settings, and the making of an identity.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::course::{mark, words};
use super::document::{document, step_of};
use super::machine::{Doing, Machine, STATE, Went, guest, run};
use crate::parts;
use crate::test::{Check, Context, Outcome, Ran};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "wine/start",
        shows: "a start's settings are applied in order, and whoever lets somebody in comes last",
        run: start,
    },
    Check {
        name: "wine/start-fails",
        shows: "what a start cannot do is told, the rest is done, and no secret is anywhere",
        run: fails,
    },
    Check {
        name: "wine/start-unread",
        shows: "settings that are none are told without a word of theirs",
        run: unread,
    },
    Check {
        name: "wine/identity",
        shows: "an identity restarts Windows once, is looked at, and switches off",
        run: super::identity::identity,
    },
    Check {
        name: "wine/start-not-run",
        shows: "what of a start Wine has not",
        run: not_run,
    },
];

/// Where the settings are, in the medium's place.
pub(super) const FILE: &str = r"C:\machine.json";
const ADMINISTRATORS: &str = "ProgramData/ssh/administrators_authorized_keys";
pub(super) const HOST_KEY: &str = "ProgramData/ssh/ssh_host_ed25519_key";
const SSHD: &str = r"HKLM\System\CurrentControlSet\Services\sshd";
/// All that quoting could get wrong.
const SECRET: &str = "s3cret \"of\" %PATH% 'the' $start & \\\n^|<>";

/// A sealed image with a step of its own.
pub(super) fn sealed(context: &Context) -> Result<Machine<'_>> {
    seal(Machine::new(context, &document(&[mark("image", "boot")]))?)
}

/// A machine whose image is sealed.
pub(super) fn seal(machine: Machine<'_>) -> Result<Machine<'_>> {
    let state =
        json!({ "schema": "lucarne.state/1", "starts": 4, "stage": "sealed", "results": [] });
    machine.write(STATE, state.to_string())?;
    Ok(machine)
}

/// A service `sshd` that there is: its program is another's, and it knows no name.
pub(super) fn ssh(machine: &Machine<'_>) -> Result<()> {
    let probe = parts::guest()?.probe;
    std::fs::copy(probe, machine.file("ssh/ssh-keygen.exe")?)?;
    let server = r"C:\ssh\sshd.exe";
    let spooler = machine.file("windows/system32/spoolsv.exe")?;
    std::fs::copy(spooler, machine.file("ssh/sshd.exe")?)?;
    let made = machine.start(&[run(&["sc", "create", "sshd", "binPath=", server])])?;
    ensure!(made.ran[0].code == 0, "{:?}", made.ran[0]);
    Ok(())
}

/// Says how `sshd` starts, by winnt.h's number: 2 by itself, 3 by hand, 4 not at all.
fn starts_ssh(how: &str) -> Doing<'_> {
    let number = ["/v", "Start", "/t", "REG_DWORD", "/d", how, "/f"];
    run(&[&["reg", "add", SSHD], &number[..]].concat())
}

pub(super) fn how_ssh_starts<'a>() -> Doing<'a> {
    run(&["reg", "query", SSHD, "/v", "Start"])
}

pub(super) fn is_disabled(how: &Ran) -> Result<()> {
    ensure!(how.stdout.contains("0x4"), "{how:?}");
    Ok(())
}

/// The least that settings say, and more.
pub(super) fn settings(more: &Value) -> Value {
    let mut settings = json!({
        "schema": "lucarne.guest/1",
        "instance": "office",
        "purpose": "start",
    });
    let all = settings.as_object_mut().expect("an object");
    all.extend(more.as_object().expect("an object").clone());
    settings
}

/// One start, as the service makes it.
pub(super) fn begin(machine: &Machine, settings: &str, then: &[Doing<'_>]) -> Result<Went> {
    machine.write("machine.json", settings)?;
    let mut doings = vec![guest(&["run", "--settings", FILE])];
    doings.extend(then.iter().cloned());
    let went = machine.start(&doings)?;
    ensure!(went.ran[0].code == 0, "{:?}", went.ran[0]);
    Ok(went)
}

/// A script that says what it finds, with a file beside it.
fn script() -> Value {
    let script = json!({ "cmd": {
        "script": r"start\look.cmd",
        "arguments": ["a \"b\" %PATH%"],
        "exitCodes": { "success": [0], "reboot": [] },
    } });
    step_of("script", "boot", &script)
}

fn all() -> Value {
    // `@if exist C:\work echo script>>C:\marks`, and whether sshd runs already.
    let look = "QGlmIGV4aXN0IEM6XHdvcmsgZWNobyBzY3JpcHQ+PkM6XG1hcmtzDQo=";
    settings(&json!({
        "authorizedKeys": [
            { "account": "Administrator", "keys": ["ssh-ed25519 AAAA it's \"me\" %PATH%"] },
        ],
        "payloads": [{ "name": "look.cmd", "data": look }],
        "steps": [
            step_of("folder", "boot", &json!({ "directory": { "path": r"C:\work" } })),
            script(),
        ],
        "services": ["sshd", "nobodys"],
    }))
}

fn start(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    ssh(&machine)?;
    let text = all().to_string();
    // As the plan has it of whoever lets somebody in: it is started nevertheless, and stays so.
    machine.start(&[starts_ssh("4")])?;
    // Whatever is in the file's place goes.
    machine.write(&format!("{ADMINISTRATORS}/folder/file"), "")?;
    let look = [run(&["sc", "query", "sshd"]), how_ssh_starts()];
    let went = begin(&machine, &text, &look)?;
    let done = [
        "hello 5",
        "image 1/10 start",
        "image 1/10 ok",
        "start.administrators-keys 2/10 start",
        "start.administrators-keys 2/10 ok",
        "start.earlier-keys 3/10 start",
        "start.earlier-keys 3/10 ok",
        "start.authorized-keys 4/10 start",
        "start.authorized-keys 4/10 ok",
        "start.files 5/10 start",
        "start.files 5/10 ok",
        "folder 6/10 start",
        "folder 6/10 ok",
        "script 7/10 start",
        "script 7/10 ok",
        "start.no-files 8/10 start",
        "start.no-files 8/10 ok",
        "start.host-keys 9/10 start",
        "start.host-keys 9/10 ok",
        "start.services 10/10 start",
        "start.services 10/10 ok",
        "applied",
        "ready",
    ];
    ensure!(words(&went) == done, "{}", went.told());
    ensure!(went.ran[1].stdout.contains("RUNNING"), "{:?}", went.ran[1]);
    is_disabled(&went.ran[2])?;
    let told = went
        .events
        .iter()
        .filter_map(|event| event["text"].as_str());
    let told: Vec<&str> = told.collect();
    ensure!(told == ["the image has no service `nobodys`"], "{told:?}");
    let keys = String::from_utf8(machine.read(ADMINISTRATORS)?)?;
    ensure!(keys == "ssh-ed25519 AAAA it's \"me\" %PATH%\n", "{keys}");
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().map(str::trim_end).collect();
    ensure!(marks == ["image", "script"], "{marks:?}");
    let left = machine.file("windows/Lucarne/start")?;
    ensure!(!left.exists(), "`{left}` is left");
    again(&machine, &text)
}

/// The same settings once more change nothing but what is in the way, and host keys that there are
/// stay where they are whole.
fn again(machine: &Machine, text: &str) -> Result<Outcome> {
    let key = machine.read(HOST_KEY)?;
    let link = machine.file(ADMINISTRATORS)?;
    std::fs::remove_file(&link)?;
    machine.write("target/kept.txt", "x")?;
    // Wine shows a link to a folder as a folder, so that only one to a file can be tried.
    std::os::unix::fs::symlink(machine.file("target/kept.txt")?, &link)?;
    // The last one was killed between two words about how `sshd` starts.
    machine.start(&[starts_ssh("3")])?;
    let went = begin(machine, text, &[how_ssh_starts()])?;
    is_disabled(&went.ran[1])?;
    let told = words(&went);
    ensure!(told[0] == "hello 6", "{}", went.told());
    ensure!(
        told[told.len() - 2..] == ["applied", "ready"],
        "{}",
        went.told()
    );
    ensure!(machine.read(HOST_KEY)? == key, "the host key is another");
    // A link goes as itself.
    ensure!(link.symlink_metadata()?.is_file(), "`{link}` is no file");
    let kept = machine.read("target/kept.txt")?;
    ensure!(kept == b"x", "what a link leads to is {kept:?}");
    // A kill left one that holds nothing.
    machine.write(HOST_KEY, "")?;
    let went = begin(machine, text, &[])?;
    ensure!(
        went.end_of("start.host-keys")?["status"] == "ok",
        "{}",
        went.told()
    );
    ensure!(!machine.read(HOST_KEY)?.is_empty(), "no host key is made");
    Ok(Outcome::Passed)
}

fn fails(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    ssh(&machine)?;
    let text = settings(&json!({
        "dataDisk": { "serial": "lucarne-data", "letter": "D", "label": "Data" },
        "adapters": [{ "mac": "52:54:00:12:34:56", "addresses": ["192.0.2.10/24"] }],
        "passwords": [{ "account": "Administrator", "password": SECRET }],
        "services": ["Spooler"],
    }));
    let text = text.to_string();
    let look = "grep -rl s3cret prefix/drive_c prefix/system.reg prefix/user.reg out \
                --exclude=machine.json";
    let then = [
        run(&["sc", "query", "Spooler"]),
        Doing::Shell(look.to_owned()),
        run(&["sc", "query", "sshd"]),
        how_ssh_starts(),
    ];
    machine.write("machine.json", &text)?;
    // Windows has started them by itself, one of which the settings do not name.
    let mut doings = vec![
        run(&["sc", "start", "sshd"]),
        run(&["sc", "start", "Spooler"]),
        guest(&["run", "--settings", FILE]),
    ];
    doings.extend(then);
    let mut went = machine.start(&doings)?;
    for started in went.ran.drain(..2) {
        ensure!(started.code == 0, "{started:?}");
    }
    ensure!(went.ran[0].code == 0, "{:?}", went.ran[0]);
    let message = |id: &str| -> Result<String> {
        let end = went.end_of(id)?;
        ensure!(end["status"] == "failed", "{end}");
        Ok(end["message"].as_str().unwrap_or_default().to_owned())
    };
    let disk = message("start.data-disk")?;
    ensure!(disk == "there is no disk `lucarne-data`", "{disk}");
    let adapter = message("start.adapters")?;
    ensure!(
        adapter.contains("no network adapter 52:54:00:12:34:56"),
        "{adapter}"
    );
    ensure!(went.end_of("image")?["status"] == "ok", "{}", went.told());
    let passwords = message("start.passwords")?;
    ensure!(passwords.contains("Wine"), "{passwords}");
    let services = went.end_of("start.services")?;
    ensure!(services["status"] == "skipped", "{services}");
    for shut in [&went.ran[1], &went.ran[3]] {
        ensure!(shut.stdout.contains("STOPPED"), "{shut:?}");
    }
    is_disabled(&went.ran[4])?;
    let last = went.events.last().context("no event")?;
    let said = last["message"].as_str().unwrap_or_default();
    ensure!(last["event"] == "failed", "{last}");
    ensure!(
        said.contains("`Data disk`, `Network adapters`, `Passwords`"),
        "{said}"
    );
    ensure!(went.ran[2].code == 1, "a secret is in {:?}", went.ran[2]);
    let heard = String::from_utf8_lossy(&went.bytes);
    ensure!(!heard.contains("s3cret"), "a secret was told");
    Ok(Outcome::Passed)
}

fn unread(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    let mut long = settings(&json!({}));
    long["passwords"] = json!([{ "account": "a", "password": "s3cret".repeat(2_000) }]);
    let mut odd = settings(&json!({}));
    odd["passwords"] = json!([{ "account": "a", "password": ["s3cret"] }]);
    for (text, why) in [
        (long.to_string(), "1 to 256 characters"),
        (odd.to_string(), "not as its schema has it"),
        ("s3cret".to_owned(), "no JSON"),
    ] {
        let went = begin(&machine, &text, &[])?;
        let told = went.told();
        ensure!(told.contains(why), "{told}");
        ensure!(!told.contains("s3cret"), "a secret was told");
        let last = went.events.last().context("no event")?;
        ensure!(last["event"] == "failed", "{last}");
        ensure!(went.end_of("image")?["status"] == "ok", "{told}");
    }
    // A drive without a medium has no such file.
    let went = machine.start(&[guest(&["run", "--settings", r"C:\nothing.json"])])?;
    let told = words(&went);
    ensure!(told[told.len() - 1] == "ready", "{}", went.told());
    // What starts the program otherwise must not name its settings.
    let went = machine.start(&[guest(&["service", "--settings", FILE])])?;
    ensure!(
        went.ran[0].code == 1 && went.events.is_empty(),
        "{:?}",
        went.ran[0]
    );
    Ok(Outcome::Passed)
}

/// What none of these checks has shown.
const LACKING: [&str; 11] = [
    "the CD on port 1 of an AHCI controller, and its file system without a letter",
    "disks: serial numbers, tables, sectors, format.com, growth",
    "letters of volumes, and moving them",
    "addresses that netsh gives, and DNS servers",
    "passwords of accounts",
    "profiles and groups of accounts, so keys of others than the Administrator",
    "who may read a file of keys, as Win32-OpenSSH judges it",
    "host keys on the data disk",
    "a name of the computer in force after a restart",
    "joining a domain",
    "sysprep",
];

/// A join is tried nevertheless: an identity that fails must be told, and sealed by nobody.
fn not_run(context: &Context) -> Result<Outcome> {
    let machine = sealed(context)?;
    let text = settings(&json!({ "purpose": "identity", "domainJoin": "czNjcmV0" }));
    let went = begin(&machine, &text.to_string(), &[])?;
    let end = went.end_of("start.domain-join")?;
    ensure!(
        end["status"] == "failed" && end["message"].is_string(),
        "{end}"
    );
    let last = went.events.last().context("no event")?;
    ensure!(last["event"] == "failed", "{last}");
    ensure!(
        went.ran[0].stdout.trim() == "power off",
        "{:?}",
        went.ran[0]
    );
    ensure!(!went.told().contains("czNjcmV0"), "a secret was told");
    Ok(Outcome::Skipped(format!("not run: {}", LACKING.join("; "))))
}
