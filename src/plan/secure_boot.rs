//! Rules of Secure Boot: the firmware must trust what the ISO boots.

use crate::plan::rules::Rules;

/// Compares the ISO's boot image with the firmware's keys. Where either was not read, nothing is
/// known, and nothing is said.
pub(super) fn check(rules: &mut Rules<'_>) {
    let Some(boot) = rules.facts.boot else {
        return;
    };
    if let Some(problem) = boot.judgement.problem(&boot.image) {
        rules.problem_of(&["firmware.type", "windowsIso"], problem);
    }
    if let Some(doubt) = boot.judgement.doubt(&boot.image) {
        rules.warn(doubt);
    }
    for (path, judgement) in &boot.chained {
        if let Some(warning) = judgement.problem(path) {
            rules.warn(warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::{Facts, plan};
    use crate::secure_boot::fixture::{CA_2011, CA_2023, SIGNED, trusting};
    use crate::secure_boot::{Program, Variables, judge};
    use crate::windows_iso::boot::Foreseen;

    /// What is wrong with a spec, and what is only worth a word.
    fn told(firmware: &serde_json::Value, db: &[u8], bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let variables = Variables::parse(&trusting(&[db])).expect("variables");
        let boot = Foreseen {
            image: "efisys_noprompt.bin".to_owned(),
            judgement: judge(&Program::read(bytes), &variables),
            chained: Vec::new(),
        };
        let spec = serde_json::from_value(json!({
            "schema": "lucarne.spec/1", "name": "test", "edition": "Any",
            "locale": { "ui": "en-US" }, "firmware": firmware,
            "windowsIso": "/windows.iso", "virtioWinIso": "/virtio-win.iso",
        }));
        let facts = Facts {
            boot: Some(&boot),
            ..Facts::default()
        };
        let lines = |problems: &[crate::problem::Problem]| {
            problems.iter().map(ToString::to_string).collect()
        };
        match plan(&spec.expect("a spec"), &facts) {
            Ok(plan) => (Vec::new(), lines(&plan.warnings)),
            Err(problems) => (lines(&problems.0), Vec::new()),
        }
    }

    #[test]
    fn an_iso_that_the_firmware_refuses_is_a_problem() {
        let on = json!({ "secureBoot": true });
        assert_eq!(told(&on, CA_2023, SIGNED), (vec![], vec![]));
        let (problems, _) = told(&on, CA_2011, SIGNED);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let both = ["`Test loader CA 2023`", "`Test loader CA 2011`"];
        assert!(both.iter().all(|name| problems[0].contains(name)));
        assert!(problems[0].starts_with("firmware.secureBoot: "));
    }

    #[test]
    fn without_secure_boot_nobody_asks() {
        let off = json!({ "secureBoot": false });
        assert_eq!(told(&off, CA_2011, SIGNED), (vec![], vec![]));
        let bios = json!({ "type": "bios" });
        assert_eq!(told(&bios, CA_2011, SIGNED), (vec![], vec![]));
    }

    #[test]
    fn what_could_not_be_read_is_worth_a_word() {
        let (problems, warnings) = told(&json!({}), CA_2023, b"no program");
        assert!(problems.is_empty());
        assert!(warnings[0].contains("was not checked"), "{warnings:?}");
    }
}
