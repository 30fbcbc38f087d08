//! Answer files against Microsoft's own table of settings: `data/unattend-settings.json`.

use std::collections::{BTreeMap, BTreeSet};

use lucarne::answer;
use lucarne::plan::{self, Facts, Plan};
use lucarne::spec::{self, Spec};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::cases::plan_of;
use crate::{folders, read, repository};

/// A setting of an answer file: pass, component, path, and its text where it is a leaf.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Setting {
    pub(crate) pass: String,
    pub(crate) component: String,
    pub(crate) path: String,
    pub(crate) text: String,
    /// Its `wcm:action` and `wcm:keyValue`.
    marks: (Option<String>, Option<String>),
}

/// What the table says of a setting.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) component: String,
    pub(crate) passes: BTreeSet<String>,
    /// How long its value may be, in UTF-16 units.
    pub(crate) length: Option<u64>,
    /// Whether it is an entry of a list, and of which kind.
    pub(crate) list: Option<String>,
}

/// The table by component and path.
pub(crate) type Table = BTreeMap<String, BTreeMap<String, Known>>;

pub(crate) fn table() -> Table {
    let text = read(&repository("data/unattend-settings.json"));
    let table: Value = serde_json::from_str(&text).expect("the table is JSON");
    let components = table["components"].as_object().expect("components");
    let mut settings = Table::new();
    for (component, list) in components {
        for setting in list.as_array().expect("settings") {
            let path = setting["path"].as_str().expect("a path").to_owned();
            let passes = setting["passes"].as_array().expect("passes");
            let passes = passes
                .iter()
                .map(|pass| pass.as_str().expect("a pass").to_owned());
            let known = Known {
                component: component.clone(),
                passes: passes.collect(),
                length: setting.get("maxLength").and_then(Value::as_u64),
                list: setting
                    .get("list")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            };
            let settings = settings.entry(component.clone()).or_default();
            settings.insert(path, known);
        }
    }
    settings
}

/// All settings of an answer file, read by another reader than its writer.
pub(crate) fn settings(document: &str) -> Vec<Setting> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<String> = Vec::new();
    let mut marks = Vec::new();
    let mut found = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                let attribute = |name: &str| {
                    let found = start.try_get_attribute(name).expect("an attribute")?;
                    Some(found.value.to_string())
                };
                let name = match start.name().as_ref() {
                    "settings" => attribute("pass").expect("a pass"),
                    "component" => attribute("name").expect("a name"),
                    other => other.to_owned(),
                };
                open.push(name);
                marks.push((attribute("wcm:action"), attribute("wcm:keyValue")));
                text.clear();
            }
            Event::Text(part) => text += &part,
            Event::GeneralRef(part) => {
                let entity = format!("&{};", &*part);
                text += &quick_xml::escape::unescape(&entity).expect("an entity");
            }
            Event::End(_) => {
                let marks = marks.pop().unwrap_or_default();
                if let [_, pass, component, path @ ..] = open.as_slice()
                    && !path.is_empty()
                {
                    found.push(Setting {
                        pass: pass.clone(),
                        component: component.clone(),
                        path: path.join("/"),
                        text: text.trim().to_owned(),
                        marks,
                    });
                }
                open.pop();
                text.clear();
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// The specs of the cases, and more that ask for what no case does.
fn specs() -> Vec<Spec> {
    let mut specs: Vec<Value> = folders("tests/cases")
        .iter()
        .map(|folder| serde_json::from_str(&read(&folder.join("spec.json"))).expect("JSON"))
        .collect();
    let bios = json!({
        "schema": spec::SCHEMA, "name": "bios", "edition": 6,
        "windowsIso": "/iso/Win11_24H2_English_x64.iso",
        "virtioWinIso": "/iso/virtio-win.iso",
        "firmware": {"type": "bios"}, "disk": {"recoveryMib": 990},
        "bypassChecks": ["tpm", "secureBoot", "ram", "cpu", "storage"],
    });
    let unread = json!({
        "schema": spec::SCHEMA, "name": "unread", "edition": "Windows 11 Pro",
        "virtioWinIso": "/absent/virtio-win.iso", "locale": {"ui": "en-US"},
    });
    let switches = [
        "preventDeviceEncryption",
        "realTimeIsUniversal",
        "noHibernation",
        "onlineAllDisks",
        "passwordsNeverExpire",
        "displayAlwaysOn",
        "shutdownWithoutLogon",
    ];
    let mut bare = bios.clone();
    for switch in switches {
        bare["defaults"][switch] = json!(false);
    }
    specs.extend([bios, unread, bare]);
    specs
        .iter()
        .map(|spec| {
            let bytes = spec.to_string();
            spec::read(bytes.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"))
        })
        .collect()
}

/// What an option says, `extraComponents` cannot say again: one of two values would win, and nobody
/// knows which.
#[test]
fn what_is_written_cannot_be_written_again() {
    // Each entry of these lists is one of several.
    let shared = ["Interfaces/", "FirewallGroups/"];
    let mut checked = BTreeSet::new();
    for spec in specs() {
        let all = settings(&answer::render(&plan_of(&spec)));
        let extra = serde_json::to_value(&spec.extra_components).expect("JSON");
        for Setting {
            pass,
            component,
            path,
            text,
            ..
        } in all
        {
            let said = extra.pointer(&format!("/{pass}/{component}/{}", first(&path)));
            let is_shared = shared.iter().any(|list| path.starts_with(list));
            if text.is_empty() || said.is_some() || is_shared {
                continue;
            }
            let mut value = json!(text);
            for name in path
                .split('/')
                .rev()
                .chain([component.as_str(), pass.as_str()])
            {
                value = json!({ name: value });
            }
            let mut again = bare();
            again["extraComponents"] = value;
            let again = spec::read(again.to_string().as_bytes()).expect("a right spec");
            let problems = plan::plan(&again, &Facts::default()).expect_err(&path).0;
            let told = problems
                .iter()
                .any(|problem| problem.what.contains("itself"));
            assert!(told, "{path}: {problems:?}");
            checked.insert((pass, component, path));
        }
    }
    assert!(checked.len() > 60, "{checked:?}");
}

fn first(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// The least that is a spec, without its ISOs.
fn bare() -> Value {
    json!({
        "schema": spec::SCHEMA, "name": "a", "edition": 1, "locale": {"ui": "en-US"},
        "disk": {"bus": "nvme"},
    })
}

#[test]
fn answer_files_are_right() {
    let table = table();
    for spec in specs() {
        let plan = plan_of(&spec);
        check_answer(&table, &plan, &answer::render(&plan));
    }
}

/// Copies of a generalised image make no accounts, are asked nothing, and hold what the image's own
/// file says of languages and of the zone.
#[test]
fn copies_are_told_what_their_first_start_asks_for() {
    let table = table();
    let mut seen = 0;
    for spec in specs() {
        let plan = plan_of(&spec);
        let copies = answer::render_copies(&plan);
        assert_eq!(copies.is_some(), spec.generalize == Some(true));
        let Some(copies) = copies else { continue };
        seen += 1;
        let (first, settings) = (settings(&answer::render(&plan)), settings(&copies));
        for setting in &settings {
            check(&table, setting);
        }
        let has = |all: &[Setting], end: &str, text: &str| {
            let found = |it: &&Setting| it.path.ends_with(end) && it.pass != "windowsPE";
            all.iter().filter(found).any(|it| it.text == text)
        };
        for end in [
            "TimeZone",
            "InputLocale",
            "SystemLocale",
            "UILanguage",
            "UserLocale",
        ] {
            let own = first
                .iter()
                .rev()
                .find(|it| it.path == end)
                .expect("is said");
            assert!(has(&settings, end, &own.text), "{end} of {}", plan.name);
        }
        assert!(has(&settings, "ComputerName", "*"), "{}", plan.name);
        let pages = first
            .iter()
            .filter(|it| it.path.starts_with("OOBE/") && !it.text.is_empty());
        for page in pages {
            assert!(has(&settings, &page.path, &page.text), "{}", page.path);
        }
        for word in [
            "<LocalAccount",
            "AutoLogon",
            "FirstLogonCommands",
            "lucarne",
        ] {
            assert!(!copies.contains(word), "{word} in {}", plan.name);
        }
    }
    assert!(seen >= 2, "cases are generalised");
}

/// All that can be said of an answer file by itself.
pub(crate) fn check_answer(table: &Table, plan: &Plan, document: &str) {
    let settings = settings(document);
    assert!(settings.len() > 80, "{} has settings", plan.name);
    for setting in &settings {
        check(table, setting);
    }
    check_commands(&settings);
    check_first_logon(&settings);
    check_values(plan, document, &settings);
}

/// Whether Setup would take a setting, as far as the table tells.
pub(crate) fn check(table: &Table, setting: &Setting) {
    let known = table.get(&setting.component);
    let known = known.and_then(|settings| settings.get(&setting.path));
    let known = known.unwrap_or_else(|| panic!("not in the table: {setting:?}"));
    assert!(
        known.passes.contains(&setting.pass),
        "wrong pass: {setting:?}"
    );
    let units = setting.text.encode_utf16().count() as u64;
    assert!(
        known.length.is_none_or(|most| units <= most),
        "too long: {setting:?}"
    );
    let (action, key) = &setting.marks;
    let add = known.list.as_ref().map(|_| "add");
    assert_eq!(action.as_deref(), add, "a list's entry or not: {setting:?}");
    let keyed = known.list.as_deref() == Some("keyed");
    assert_eq!(key.is_some(), keyed, "with a key or not: {setting:?}");
}

/// The reference does not give every limit; these are on other pages, or in Setup's errors.
fn check_commands(settings: &[Setting]) {
    for setting in settings {
        if !setting.path.ends_with("Command/Path") {
            continue;
        }
        assert!(setting.text.len() <= 259, "{setting:?}");
        assert!(setting.text.is_ascii(), "{setting:?}");
        assert!(!setting.text.contains("%%"), "no batch file: {setting:?}");
        let shells = ["&", "for ", "if "]
            .iter()
            .any(|word| setting.text.contains(word));
        let shell = setting.text.starts_with("cmd /c ");
        assert_eq!(shells, shell, "a shell where one is needed: {setting:?}");
    }
}

/// Commands of the first logon start all at once: there is one.
fn check_first_logon(settings: &[Setting]) {
    let commands = settings
        .iter()
        .filter(|setting| setting.path == "FirstLogonCommands/SynchronousCommand/CommandLine");
    let texts: Vec<_> = commands.map(|setting| setting.text.as_str()).collect();
    assert_eq!(texts, [r"C:\Windows\Lucarne\lucarne-guest.exe register"]);
}

/// No leaf is empty, for Setup refuses most empty values, and asks for some; and no password is
/// plain.
fn check_values(plan: &Plan, document: &str, settings: &[Setting]) {
    let groups: BTreeSet<_> = settings
        .iter()
        .filter_map(|setting| setting.path.rsplit_once('/'))
        .map(|(parent, _)| parent)
        .collect();
    for setting in settings {
        let leaf = !groups.contains(setting.path.as_str());
        assert!(!leaf || !setting.text.is_empty(), "{setting:?}");
    }
    let accounts = plan.accounts.iter().chain([&plan.build_account]);
    let passwords = accounts.map(|account| &account.password);
    for password in passwords.chain(&plan.administrator_password) {
        assert!(!document.contains(&password.text), "{}", plan.name);
    }
}

/// What a person switches off is gone: a switch without effect is a lie.
#[test]
fn every_default_can_be_switched_off() {
    let marks = [
        ("preventDeviceEncryption", "PreventDeviceEncryption"),
        ("realTimeIsUniversal", "RealTimeIsUniversal"),
        ("noHibernation", "hibernate"),
        ("noHibernation", "HiberbootEnabled"),
        ("onlineAllDisks", "SanPolicy"),
        ("passwordsNeverExpire", "maxpwage"),
        ("displayAlwaysOn", "monitor-timeout"),
        ("shutdownWithoutLogon", "ShutdownWithoutLogon"),
    ];
    for (switch, mark) in marks {
        for on in [true, false] {
            let spec = json!({
                "schema": spec::SCHEMA, "name": "a", "edition": 6,
                "windowsIso": "/iso/Win11_24H2_English_x64.iso",
                "virtioWinIso": "/iso/virtio-win.iso", "defaults": {switch: on},
            });
            let spec = spec::read(spec.to_string().as_bytes()).expect("a right spec");
            let document = answer::render(&plan_of(&spec));
            assert_eq!(document.contains(mark), on, "{switch} {mark}");
        }
    }
}
