//! The registry, and the variables in it: read back with `reg`.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::real::wine::document::{document, program, set, step};
use crate::real::wine::machine::{Machine, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECK: Check = Check {
    name: "wine/registry",
    shows: "keys and values of every type and hive are written and deleted, as `reg` reads them",
    run: registry,
};

pub(super) const ENVIRONMENT: Check = Check {
    name: "wine/environment",
    shows: "variables are set, merged and deleted, and the next program finds them",
    run: environment,
};

const PATH: &str = r"Software\Lucarne Test";

fn change(id: &str, path: &str, change: &Value) -> Value {
    let action = json!({ "registry": { "hive": "machine", "path": path, "changes": [change] } });
    step(id, &action)
}

/// A value of each type: its name, its data, and how `reg` shows it.
fn typed() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("none", json!({ "none": null }), "REG_NONE"),
        (
            "dword",
            json!({ "dword": u32::MAX }),
            "REG_DWORD    0xffffffff",
        ),
        (
            "qword",
            json!({ "qword": 1_u64 << 40 }),
            // `reg` of Wine's has no way to show its number.
            "REG_QWORD    ",
        ),
        (
            "text",
            json!({ "string": "a \"b\" %c% Müller" }),
            "REG_SZ    a \"b\" %c% ",
        ),
        (
            "expand",
            json!({ "expandString": r"%SystemRoot%\x" }),
            r"REG_EXPAND_SZ    %SystemRoot%\x",
        ),
        (
            "list",
            json!({ "multiString": ["one", "two words"] }),
            r"REG_MULTI_SZ    one\0two words",
        ),
        (
            "bytes",
            json!({ "binary": "00ff10" }),
            "REG_BINARY    00FF10",
        ),
        ("a name\\with / all", json!({ "string": "" }), "REG_SZ    "),
    ]
}

fn steps() -> Vec<Value> {
    let mut steps: Vec<Value> = Vec::new();
    for (number, (name, data, _)) in typed().iter().enumerate() {
        // `none` has no fields, so its name stands alone.
        let data = if *name == "none" {
            json!("none")
        } else {
            data.clone()
        };
        steps.push(step(
            &format!("type-{number}"),
            &set("machine", PATH, name, &data),
        ));
    }
    steps.push(step(
        "default",
        &set("machine", PATH, "", &json!({ "string": "the default" })),
    ));
    for hive in ["classes", "users", "currentUser"] {
        let path = if hive == "users" {
            r".DEFAULT\Lucarne"
        } else {
            "Lucarne"
        };
        steps.push(step(
            hive,
            &set(hive, path, "Hive", &json!({ "string": hive })),
        ));
    }
    let gone = format!(r"{PATH}\gone");
    let deep = format!(r"{gone}\deep\er");
    steps.push(change("make", &deep, &json!("create")));
    steps.push(change("unmake", &gone, &json!("deleteKey")));
    steps.push(change("unmake-again", &gone, &json!("deleteKey")));
    let again = json!({ "set": { "name": "gone", "data": { "dword": 1 } } });
    steps.push(change("value", PATH, &again));
    steps.push(change("no-value", PATH, &json!({ "deleteValue": "gone" })));
    steps.push(change(
        "no-value-again",
        PATH,
        &json!({ "deleteValue": "gone" }),
    ));
    steps.push(change("empty", &format!(r"{PATH}\empty"), &json!("create")));
    steps
}

fn registry(context: &Context) -> Result<Outcome> {
    let steps = steps();
    let key = format!(r"HKLM\{PATH}");
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(
        &steps,
        &[
            run(&["reg", "query", &key]),
            run(&["reg", "query", r"HKCR\Lucarne"]),
            run(&["reg", "query", r"HKU\.DEFAULT\Lucarne"]),
            run(&["reg", "query", r"HKCU\Lucarne"]),
            run(&["reg", "query", &format!(r"HKLM\{PATH}\gone")]),
            run(&["reg", "query", &format!(r"HKLM\{PATH}\empty")]),
        ],
    )?;
    went.all_done(&steps)?;
    let said = &went.ran[0].stdout;
    for (name, _, shown) in typed() {
        let line = format!("    {name}    {shown}");
        ensure!(said.contains(&line), "`{line}` is not in\n{said}");
    }
    ensure!(said.contains("REG_SZ    the default"), "{said}");
    ensure!(!said.contains("    gone "), "{said}");
    for (ran, hive) in went.ran[1..]
        .iter()
        .zip(["classes", "users", "currentUser"])
    {
        let line = format!("Hive    REG_SZ    {hive}");
        ensure!(ran.stdout.contains(&line), "{ran:?}");
    }
    ensure!(
        went.ran[4].code != 0,
        "the key is still there: {:?}",
        went.ran[4]
    );
    ensure!(
        went.ran[5].code == 0,
        "the key is not there: {:?}",
        went.ran[5]
    );
    // And what `reg` does not show whole.
    let kept = machine.registry()?;
    for line in [
        r#""qword"=hex(b):00,00,00,00,00,01,00,00"#,
        r#""text"="a \"b\" %c% M\xfcller""#,
    ] {
        ensure!(kept.contains(line), "`{line}` is not in `system.reg`");
    }
    every_user(&machine)?;
    Ok(Outcome::Passed)
}

/// A hive of an account that is not logged on is loaded from its file. Wine reads a file of its
/// own form, and writes none back: what is in it afterwards is not told here.
fn every_user(machine: &Machine) -> Result<()> {
    machine.write("users/Default/NTUSER.DAT", "WINE REGISTRY Version 2\n\n")?;
    let steps = [step(
        "every",
        &set("everyUser", "Lucarne", "Every", &json!({ "dword": 5 })),
    )];
    let went = machine.build(&steps, &[run(&["reg", "query", r"HKCU\Lucarne"])])?;
    went.all_done(&steps)?;
    ensure!(
        went.ran[0].stdout.contains("Every    REG_DWORD    0x5"),
        "{:?}",
        went.ran[0]
    );
    Ok(())
}

fn variable(id: &str, scope: &str, name: &str, variable: &Value) -> Value {
    let action = json!({
        "environment": { "name": name, "scope": scope, "variable": variable },
    });
    step(id, &action)
}

fn variables() -> Vec<Value> {
    vec![
        variable(
            "set",
            "machine",
            "LUCARNE_PLAIN",
            &json!({ "set": "it's \"here\"" }),
        ),
        variable(
            "refers",
            "machine",
            "LUCARNE_WIN",
            &json!({ "set": r"%SystemRoot%\x" }),
        ),
        variable("gone", "machine", "LUCARNE_GONE", &json!({ "set": "x" })),
        variable("delete", "machine", "LUCARNE_GONE", &json!("delete")),
        variable(
            "append",
            "machine",
            "PATH",
            &json!({ "append": [r"C:\tools dir", r"C:\WINDOWS\"] }),
        ),
        variable(
            "prepend",
            "machine",
            "PATH",
            &json!({ "prepend": [r"C:\first"] }),
        ),
        variable(
            "again",
            "machine",
            "PATH",
            &json!({ "append": [r"C:\FIRST"] }),
        ),
        // Found by the `PATH` that was just changed, and told the new variables.
        step("by-path", &program("found", &["dump", r"C:\dump"])),
    ]
}

fn environment(context: &Context) -> Result<Outcome> {
    let key = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment";
    let steps = variables();
    let machine = Machine::new(context, &document(&[]))?;
    machine.write("tools dir/found.exe", machine.read("probe.exe")?)?;
    let went = machine.build(&steps, &[run(&["reg", "query", key])])?;
    went.all_done(&steps)?;
    let said = &went.ran[0].stdout;
    for line in [
        "LUCARNE_PLAIN    REG_SZ    it's \"here\"",
        r"LUCARNE_WIN    REG_EXPAND_SZ    %SystemRoot%\x",
        r"PATH    REG_EXPAND_SZ    C:\first;%SystemRoot%",
    ] {
        ensure!(said.contains(line), "`{line}` is not in\n{said}");
    }
    let path = said
        .lines()
        .find(|line| line.contains("    PATH    "))
        .unwrap_or_default();
    ensure!(
        path.ends_with(r";C:\tools dir;C:\WINDOWS\") || path.ends_with(r";C:\tools dir"),
        "{path}"
    );
    ensure!(
        path.matches("first").count() == 1 && !path.contains("FIRST"),
        "{path}"
    );
    ensure!(!said.contains("LUCARNE_GONE"), "{said}");
    let dump: Value = serde_json::from_slice(&machine.read("dump")?)?;
    ensure!(
        dump["variables"]["LUCARNE_PLAIN"] == "it's \"here\"",
        "{dump}"
    );
    let win = dump["variables"]["LUCARNE_WIN"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    ensure!(win == r"c:\windows\x", "{dump}");
    Ok(Outcome::Passed)
}
