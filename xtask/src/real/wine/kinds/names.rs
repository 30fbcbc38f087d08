//! Names: the computer's, its zone's, those of other hosts; and certificates.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::real::wine::document::{document, step};
use crate::real::wine::machine::{Machine, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECK: Check = Check {
    name: "wine/names",
    shows: "the computer's name, its time zone and the file `hosts` are what was asked for",
    run: names,
};

pub(super) const CERTIFICATES: Check = Check {
    name: "wine/certificates",
    shows: "certificates of DER and PEM are in the machine's store under openssl's fingerprint",
    run: certificates,
};

pub(super) const NOT_RUN: Check = Check {
    name: "wine/not-run",
    shows: "what Wine has no counterpart of is told, and is not passed over",
    run: not_run,
};

fn names(context: &Context) -> Result<Outcome> {
    let hosts = |id, address, names: &[&str]| {
        step(
            id,
            &json!({ "hosts": { "address": address, "names": names } }),
        )
    };
    let steps = [
        step("name", &json!({ "computerName": "LUCARNE-7" })),
        hosts("host", "192.0.2.1", &["printer", "printer.example"]),
        hosts("of-6", "2001:db8::1", &["printer"]),
        hosts("other", "192.0.2.2", &["PRINTER"]),
    ];
    let machine = Machine::new(context, &document(&[]))?;
    machine.write(
        "windows/system32/drivers/etc/hosts",
        "# kept\r\n198.51.100.1 old\r\n",
    )?;
    let tcpip = r"HKLM\System\CurrentControlSet\Services\Tcpip\Parameters";
    let went = machine.build(&steps, &[run(&["reg", "query", tcpip])])?;
    went.all_done(&steps)?;
    ensure!(
        went.ran[0]
            .stdout
            .contains("Hostname    REG_SZ    LUCARNE-7"),
        "{:?}",
        went.ran[0]
    );
    let text = String::from_utf8(machine.read("windows/system32/drivers/etc/hosts")?)?;
    let wanted = "# kept\r\n198.51.100.1 old\r\n192.0.2.1 printer.example\r\n\
                  2001:db8::1 printer\r\n192.0.2.2 PRINTER\r\n";
    ensure!(text == wanted, "{text}");
    zone(&machine)
}

fn zone(machine: &Machine) -> Result<Outcome> {
    let wrong = [step(
        "zone",
        &json!({ "timeZone": "Nowhere Standard Time" }),
    )];
    let went = machine.build(&wrong, &[])?;
    let end = went.end_of("zone")?;
    let said = "Windows has no time zone `Nowhere Standard Time`";
    ensure!(end["status"] == "failed" && end["message"] == said, "{end}");
    let steps = [step(
        "zone",
        &json!({ "timeZone": "W. Europe Standard Time" }),
    )];
    let key = r"HKLM\System\CurrentControlSet\Control\TimeZoneInformation";
    let went = machine.build(&steps, &[run(&["reg", "query", key])])?;
    let end = went.end_of("zone")?;
    let message = end["message"].as_str().unwrap_or_default();
    // The zone is found and read; Wine's clock is the host's, and it cannot set one.
    let lacks = [
        "cannot set the time zone",
        "cannot have the privilege `SeTimeZone",
    ];
    if lacks.iter().any(|words| message.starts_with(words)) {
        return Ok(Outcome::Passed);
    }
    went.all_done(&steps)?;
    Ok(Outcome::Passed)
}

const LIMIT: Duration = Duration::from_secs(60);

/// Makes a certificate and gives its fingerprint.
fn make(context: &Context, name: &str) -> Result<String> {
    let subject = format!("/CN=Lucarne {name}");
    let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
    context.read(
        LIMIT,
        &[
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &pem,
        ],
    )?;
    let print = [
        "openssl",
        "x509",
        "-in",
        &pem,
        "-noout",
        "-fingerprint",
        "-sha1",
    ];
    let said = context.read(LIMIT, &print)?;
    let (_, digits) = said.trim().split_once('=').context("no fingerprint")?;
    Ok(digits.replace(':', ""))
}

fn certificates(context: &Context) -> Result<Outcome> {
    let (one, two, three) = (
        make(context, "one")?,
        make(context, "two")?,
        make(context, "three")?,
    );
    let der = [
        "openssl", "x509", "-in", "one.pem", "-outform", "DER", "-out", "one.der",
    ];
    context.read(LIMIT, &der)?;
    let file = |name: &str| std::fs::read(context.folder.join(name));
    let machine = Machine::new(context, &document(&[]))?;
    machine.write("windows/Lucarne/payload/one.der", file("one.der")?)?;
    let both = [file("two.pem")?, file("three.pem")?].concat();
    machine.write("windows/Lucarne/payload/both.pem", both)?;
    machine.write("windows/Lucarne/payload/none.pem", "no certificate")?;
    let certificate = |id: &str, from: &str, store: &str| -> Value {
        step(
            id,
            &json!({ "certificate": { "certificate": from, "store": store } }),
        )
    };
    let steps = [
        certificate("one", r"payload\one.der", "Root"),
        certificate("one-again", r"payload\one.der", "Root"),
        certificate("both", r"payload\both.pem", "TrustedPublisher"),
    ];
    let key =
        |store: &str| format!(r"HKLM\Software\Microsoft\SystemCertificates\{store}\Certificates");
    let (root, publisher) = (key("Root"), key("TrustedPublisher"));
    let reads = [
        run(&["reg", "query", &root]),
        run(&["reg", "query", &publisher]),
    ];
    let went = machine.build(&steps, &reads)?;
    went.all_done(&steps)?;
    for (ran, print) in [(0, &one), (1, &two), (1, &three)] {
        let said = &went.ran[ran].stdout;
        ensure!(
            said.to_uppercase().contains(print),
            "`{print}` is not in\n{said}"
        );
    }
    // The build before has taken its payload out.
    machine.write("windows/Lucarne/payload/none.pem", "no certificate")?;
    let went = machine.build(&[certificate("none", r"payload\none.pem", "Root")], &[])?;
    let end = went.end_of("none")?;
    let said = "it is no certificate in DER or PEM";
    let message = end["message"].as_str().unwrap_or_default();
    ensure!(end["status"] == "failed" && message.contains(said), "{end}");
    Ok(Outcome::Passed)
}

/// Nothing of this can be read back here, so nothing of it may count as passed.
const LACKING: &[&str] = &[
    "accounts and groups",
    "shares over SMB",
    "the default user's hive as a file",
    "LSA's secrets, letters of CD drives",
    "setting the clock's time zone",
    "dism, pnputil, powercfg, defrag, the firewall",
    "PowerShell, app packages",
    "tasks that run",
    "logons, restarts and power-off by Windows itself",
];

/// Each is tried nevertheless: the program must end a step somehow, and say how.
fn not_run(context: &Context) -> Result<Outcome> {
    let codes = json!({ "success": [0], "reboot": [] });
    let machine = Machine::new(context, &document(&[]))?;
    machine.write("windows/Lucarne/payload/x.ps1", "exit 0")?;
    for (kind, action) in [
        ("group", json!({ "name": "staff", "add": [], "remove": [] })),
        (
            "share",
            json!({ "name": "data", "path": r"C:\data", "grants": [] }),
        ),
        ("feature", json!({ "name": "NetFx3", "enable": true })),
        (
            "capability",
            json!({ "name": "OpenSSH.Server~~~~0.0.1.0", "add": true }),
        ),
        ("appx", json!({ "remove": ["Microsoft.BingNews"] })),
        ("driver", json!({ "folder": r"payload" })),
        ("power", json!({ "hibernation": false, "timeOuts": [] })),
        (
            "firewall",
            json!({ "group": { "group": "@FirewallAPI.dll,-28752", "enabled": true } }),
        ),
        (
            "powerShell",
            json!({ "script": r"payload\x.ps1", "arguments": [], "exitCodes": codes }),
        ),
    ] {
        let went = machine.build(&[step(kind, &json!({ kind: action }))], &[])?;
        let end = went.end_of(kind)?;
        context.log(&format!("{kind}: {} {}", end["status"], end["message"]))?;
        ensure!(end["status"] == "ok" || end["message"].is_string(), "{end}");
    }
    Ok(Outcome::Skipped(format!("not run: {}", LACKING.join("; "))))
}
