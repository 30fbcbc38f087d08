//! Ten thousand specs by chance, and no answer file that Setup could not read.

use std::collections::BTreeSet;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne::answer;
use lucarne::plan::{self, Facts, FileSystem, Plan, Purpose};
use lucarne::spec;
use serde_json::Value;

use crate::answer_file::{Table, check, settings, table};
use crate::any_spec::{self, Dice};
use crate::facts;

const SPECS: u64 = 10_000;
const THREADS: u64 = 4;

/// The plan of a spec; a problem is a mistake of the generator's, but for settings that an option
/// writes and secrets, which it does not know, blanks, and what is too much for FAT32. Those go,
/// and whether all stayed is told.
fn planned(spec: &mut Value) -> (Plan, bool) {
    let windows = facts::windows(spec["windowsIso"].as_str());
    let virtio_win = facts::virtio_win(spec["virtioWinIso"].as_str());
    let facts = Facts {
        windows: windows.as_ref(),
        virtio_win: virtio_win.as_ref(),
        // For arm64 there are answer files, and nothing else.
        purpose: Purpose::Answer,
        ..Facts::default()
    };
    let plan = |spec: &Value| {
        let read = spec::read(spec.to_string().as_bytes());
        plan::plan(
            &read.unwrap_or_else(|problems| panic!("{problems}\n{spec:#}")),
            &facts,
        )
    };
    let problems = match plan(spec) {
        Ok(plan) => return (plan, true),
        Err(problems) => problems.0,
    };
    let expected = ["itself", "secret", "is blank", "FAT32 volume"];
    let is_expected = |what: &str| expected.iter().any(|part| what.contains(part));
    let strange: Vec<_> = problems.iter().filter(|p| !is_expected(&p.what)).collect();
    assert!(strange.is_empty(), "{strange:?}\n{spec:#}");
    for problem in &problems {
        if problem.at.starts_with("extraComponents") {
            let options = spec.as_object_mut().expect("an object");
            options.remove("extraComponents");
        } else {
            let listed = spec["disk"]["partitions"].as_array_mut().expect("a list");
            listed.last_mut().expect("partitions")["format"] = Value::from("ntfs");
        }
    }
    (
        plan(spec).unwrap_or_else(|problems| panic!("{problems}")),
        false,
    )
}

/// Whether Windows can format what the plan has on its disk: 32 GiB are FAT32's most.
fn fits(plan: &Plan) {
    let sizes = plan.disk.partitions.iter().filter_map(|one| one.size_mib);
    let left = plan.disk.size_mib - sizes.sum::<u64>();
    for one in &plan.disk.partitions {
        let size = one.size_mib.unwrap_or(left);
        let fat = one.format == Some(FileSystem::Fat32);
        assert!(!fat || size <= 32 * 1024 + 2, "{:?}", plan.disk);
    }
}

/// Every password of a plan, as text.
fn passwords(plan: &Plan) -> Vec<(&'static str, &str)> {
    let accounts = plan.accounts.iter().chain([&plan.build_account]);
    let accounts = accounts.map(|account| ("Password", account.password.text.as_str()));
    let administrator = plan.administrator_password.iter();
    let administrator = administrator.map(|given| ("AdministratorPassword", given.text.as_str()));
    accounts.chain(administrator).collect()
}

/// One spec; whether it has settings that no option has.
fn one(table: &Table, seed: u64) -> bool {
    let mut spec = any_spec::spec(&mut Dice::new(seed));
    let (plan, whole) = planned(&mut spec);
    let document = answer::render(&plan);
    let found = settings(&document);
    let groups: BTreeSet<&str> = found
        .iter()
        .filter_map(|setting| Some(setting.path.rsplit_once('/')?.0))
        .collect();
    for setting in &found {
        check(table, setting);
        // An empty one is what many readers make of a blank.
        let is_leaf = !groups.contains(setting.path.as_str());
        assert!(!is_leaf || !setting.text.is_empty(), "{setting:?}");
    }
    fits(&plan);
    let passwords = passwords(&plan);
    let mut encoded = BTreeSet::new();
    for (element, text) in &passwords {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
        assert!(!document.contains(text), "{text}");
        assert!(!document.contains(&escaped), "{text}");
        encoded.insert(format!("{text}{element}"));
    }
    let values = found
        .iter()
        .filter(|setting| setting.path.ends_with("Password/Value"));
    for value in values {
        let bytes = STANDARD.decode(&value.text).expect("base64");
        let units = bytes
            .chunks(2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]));
        let text = String::from_utf16(&units.collect::<Vec<_>>()).expect("UTF-16");
        assert!(encoded.contains(&text), "{value:?}");
    }
    whole && spec.get("extraComponents").is_some()
}

#[test]
fn every_right_spec_has_an_answer_file_that_setup_can_read() {
    let table = &table();
    let extra = thread::scope(|scope| {
        let threads = (0..THREADS).map(|first| {
            scope.spawn(move || {
                let seeds = (first..SPECS).step_by(usize::try_from(THREADS).expect("small"));
                let extra = seeds.filter(|seed| {
                    // Told when it panics.
                    let told = Told(*seed);
                    let extra = one(table, *seed);
                    drop(told);
                    extra
                });
                extra.count()
            })
        });
        let threads: Vec<_> = threads.collect();
        let counts = threads
            .into_iter()
            .map(|thread| thread.join().expect("no answer file fails"));
        counts.sum::<usize>()
    });
    assert!(extra > 1000, "settings that no option has: {extra}");
}

/// Tells its seed to whoever wants to see the failure again.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the seed is {}", self.0);
        }
    }
}
