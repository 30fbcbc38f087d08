//! The document's form, literally, and what is refused.

use super::*;

fn settings() -> Settings {
    let text = include_str!("settings.json");
    Settings::read(text.as_bytes()).expect("settings")
}

/// The document with one thing changed, as who reads it tells.
fn told(of: &str, to: &str) -> String {
    let text = include_str!("settings.json");
    assert!(text.contains(of), "{of}");
    let changed = text.replacen(of, to, 1);
    match Settings::read(changed.as_bytes()) {
        Ok(_) => String::new(),
        Err(error) => error,
    }
}

#[test]
fn settings_are_read_and_written_in_one_form() {
    let text = include_str!("settings.json");
    let settings = settings();
    let again = settings.write().expect("a document");
    assert_eq!(String::from_utf8_lossy(&again) + "\n", text);
    assert_eq!(settings.schema, SETTINGS_SCHEMA);
    let payload = File::payload("script-1.ps1");
    assert_eq!(payload.path(), Settings::folder() + r"\script-1.ps1");
    let least = r#"{"schema":"lucarne.guest/1","instance":"a","purpose":"start"}"#;
    let least = Settings::read(least.as_bytes()).expect("settings");
    assert_eq!(least, Settings::new("a", Purpose::Start));
}

#[test]
fn an_identity_is_read_and_written_too() {
    let mut settings = Settings::new("a", Purpose::Identity);
    settings.computer_name = Some("OFFICE-1".into());
    settings.domain_join = Some(Secret::new("QUJD".into()));
    settings.own_sid = true;
    let bytes = settings.write().expect("a document");
    assert_eq!(Settings::read(&bytes), Ok(settings));
}

#[test]
fn a_secret_is_in_no_message() {
    let settings = settings();
    let shown = format!("{settings:?}");
    assert!(
        shown.contains("(a secret)") && !shown.contains("quoted"),
        "{shown}"
    );
    // Serde's own words would repeat the value.
    let password = r#""a \"quoted\" word\nand a line""#;
    let error = told(password, r#"{"quoted": 1}"#);
    assert!(
        error.contains("at line 29") && !error.contains("quoted"),
        "{error}"
    );
    let error = told(r#""purpose": "start""#, r#""purpose": "s3cret""#);
    assert!(!error.is_empty() && !error.contains("s3cret"), "{error}");
}

#[test]
fn what_is_no_document_is_refused() {
    for text in ["", "{}", "[]", "{\"schema\":1}", "\u{feff}{}"] {
        assert!(Settings::read(text.as_bytes()).is_err(), "{text}");
    }
    let twice = told(
        r#""purpose": "start""#,
        r#""purpose": "start", "purpose": "start""#,
    );
    assert!(twice.contains("schema"), "{twice}");
    let unknown = told(r#""dataDisk""#, r#""datadisk""#);
    assert!(unknown.contains("schema"), "{unknown}");
    let long = vec![b' '; BYTES_MAX + 1];
    assert!(Settings::read(&long).is_err_and(|error| error.contains("more than")));
    let behind = include_str!("settings.json").to_owned() + "x";
    assert!(Settings::read(behind.as_bytes()).is_err());
}

#[test]
fn what_the_program_could_not_do_is_refused() {
    let check = |of: &str, to: &str, what: &str| {
        let error = told(of, to);
        assert!(error.contains(what), "{of} -> {to}: {error}");
    };
    check("lucarne.guest/1", "lucarne.guest/2", "`schema`");
    check("\"office\"", "\"../office\"", "`instance`");
    check("\"D\"", "\"C\"", "`dataDisk.letter`");
    check("\"Data\"", "\"a\\nb\"", "`dataDisk.label`");
    check("\"lucarne-data\"", "\"\"", "`dataDisk.serial`");
    check("52:54:00:12:34:56", "52:54:00:12:34", "as its schema");
    check("192.0.2.10/24", "192.0.2.10/33", "as its schema");
    check("192.0.2.10/24", "2001:db8::10/48", "has one twice");
    check(
        "\"192.0.2.1\"",
        "\"192.0.2.1\", \"192.0.2.2\"",
        "two of a family",
    );
    check("\"example.org\"", "\"a b\"", "dnsSuffix");
    check("\"Administrator\"", "\"\"", "`passwords[0].account`");
    check(
        "and a line",
        "\\u0000",
        "`passwords[0].password` holds a zero",
    );
    check("and a line", &"x".repeat(10_000), "1 to 256");
    check(
        "alice@example.org",
        "\\nssh-rsa BBBB",
        "`authorizedKeys[0].keys[0]`",
    );
    check(
        "\"script-1.ps1\"",
        "\"..\\\\script-1.ps1\"",
        "`payloads[0].name`",
    );
    check("\"script-1.ps1\"", "\"..\"", "with a dot");
    check("\"boot\"", "\"system\"", "`steps[0].phase`");
    check(
        "\"folder-1\"",
        "\"script-1\"",
        "`steps[1].id` is there twice",
    );
    check(
        "\"folder-1\"",
        "\"Start.files\"",
        "`steps[0].id` begins with `start.`",
    );
    check("\"sshd\"", "\"a\\\\b\"", "`services[0]`");
    check(
        "\"services\"",
        "\"computerName\": \"X\", \"services\"",
        "`computerName`",
    );
    check("\"services\"", "\"ownSid\": true, \"services\"", "`ownSid`");
}

#[test]
fn a_gateway_needs_an_address_of_its_family() {
    let error = told("\"2001:db8::10/64\"", "\"192.0.2.11/24\"");
    assert_eq!(error, "");
    let error = told("\"192.0.2.1\"", "\"fe80::1\"");
    assert_eq!(error, "");
    let mut settings = settings();
    settings.adapters[0].addresses.truncate(1);
    settings.adapters[0].gateways = vec!["fe80::1".parse().expect("an address")];
    let error = settings.write().expect_err("no address");
    assert!(error.contains("without an address"), "{error}");
}

#[test]
fn addresses_are_read_as_they_are_written() {
    for text in ["192.0.2.10/24", "2001:db8::10/64", "192.0.2.1/32"] {
        let address: Address = text.parse().expect("an address");
        assert_eq!(address.to_string(), text);
    }
    for text in [
        "192.0.2.10",
        "192.0.2.10/",
        "192.0.2.10/0",
        "192.0.2.10/+8",
        "x/8",
        "::/129",
    ] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
    let mac: Mac = "52:54:00:AB:cd:0f".parse().expect("a MAC");
    assert_eq!(mac.to_string(), "52:54:00:ab:cd:0f");
    for text in [
        "",
        "52-54-00-12-34-56",
        "52:54:00:12:34:56:78",
        "52:54:00:12:34:+6",
    ] {
        assert!(text.parse::<Mac>().is_err(), "{text}");
    }
}
