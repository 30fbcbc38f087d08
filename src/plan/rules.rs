//! What the rules share: the spec and the facts they look at, and where they tell problems.

use crate::plan::{
    Facts, Payload, Plan, accounts, disk, domain, drivers, edition, extra, install, key, locales,
    logon, names, network, steps, windows,
};
use crate::problem::{Problem, Problems, acts, element, elements, operand, within};
use crate::spec::{self, Shaped, Spec};

/// Rules under way. Each module of rules gives a value in any case, so that all of them are asked;
/// the values count only when there was no problem.
pub(super) struct Rules<'a> {
    pub(super) spec: &'a Spec,
    pub(super) facts: &'a Facts<'a>,
    /// Where the spec's shape was wrong: what is read there is not what was written.
    broken: Vec<&'a str>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Whether the image is one of a real ISO's.
    pub(super) image_found: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(shaped: &'a Shaped, facts: &'a Facts<'a>) -> Self {
        Self {
            spec: &shaped.spec,
            facts,
            broken: shaped.problems.iter().map(|p| p.at.as_str()).collect(),
            problems: Vec::new(),
            warnings: Vec::new(),
            image_found: false,
        }
    }

    /// Tells a problem of an option's value.
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problem_of(&[], problem);
    }

    /// Tells a problem that also hangs on the options at other paths: when one of them could not
    /// be read, nothing is known, and its own problem is told already.
    pub(super) fn problem_of(&mut self, others: &[&str], problem: Problem) {
        debug_assert!(problem.hint.is_some(), "{problem}, and what to do?");
        let at = &problem.at;
        // A list without one of its elements is not the list that was written.
        let in_list = |broken: &str| broken.strip_prefix(at).is_some_and(|b| b.starts_with('['));
        let other = |broken: &str| {
            let near = |other: &&str| within(broken, other) || within(other, broken);
            others.iter().any(near)
        };
        let unknown = |broken: &&str| within(at, broken) || in_list(broken) || other(broken);
        if !self.broken.iter().any(unknown) {
            self.problems.push(problem);
        }
    }

    /// Tells a problem of an attribute's name, which is known whatever its value is.
    pub(super) fn problem_of_name(&mut self, problem: Problem) {
        debug_assert!(problem.hint.is_some(), "{problem}, and what to do?");
        self.problems.push(problem);
    }

    /// The paths of a list's elements.
    pub(super) fn elements(&self, at: &str, count: usize) -> Vec<String> {
        elements(at, count, &self.broken)
    }

    /// The places of a list's elements in the list that was written, from 0.
    pub(super) fn indices(&self, at: &str, count: usize) -> Vec<usize> {
        let is_read = |index: &usize| !self.broken.contains(&element(at, *index).as_str());
        (0..).filter(is_read).take(count).collect()
    }

    /// Tells something that is allowed but worth a word.
    pub(super) fn warn(&mut self, warning: Problem) {
        debug_assert!(warning.hint.is_some(), "{warning}, and what to do?");
        self.warnings.push(warning);
    }

    /// A problem where a text is not one that Windows and XML can hold.
    pub(super) fn text(&mut self, at: &str, text: &str, units_max: usize) {
        if let Some(what) = wrong_text(text, units_max) {
            let hint = format!("1 to {units_max} characters on one line fit");
            self.problem(Problem::new(at, what).hint(hint));
        }
    }
}

/// What is wrong with a text: Windows counts UTF-16, XML has no control characters, nobody sees
/// those that turn a text's direction, and what reads XML drops a text of nothing but spaces.
pub(super) fn wrong_text(text: &str, units_max: usize) -> Option<String> {
    let bad = |c: &char| acts(*c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let units = text.encode_utf16().count();
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if units > units_max {
        Some(format!("has {units} characters, more than {units_max}"))
    } else if let Some(c) = text.chars().find(bad) {
        Some(format!("has the control character U+{:04X}", u32::from(c)))
    } else {
        text.trim().is_empty().then(|| "is blank".to_owned())
    }
}

/// The files that a spec's steps need. What is wrong with their paths is told by [`check`].
pub(super) fn payloads(shaped: &Shaped, facts: &Facts<'_>) -> Vec<Payload> {
    let payloads = Rules::new(shaped, facts).plan().payloads;
    payloads.into_iter().filter(Payload::is_named).collect()
}

/// Plans what could be read of a spec, or tells every problem that it has.
pub(super) fn check(shaped: &Shaped, facts: &Facts<'_>) -> Result<Plan, Problems> {
    let mut rules = Rules::new(shaped, facts);
    rules.schema();
    let mut plan = rules.plan();
    plan.warnings = rules.end(shaped)?;
    Ok(plan)
}

impl Rules<'_> {
    /// Every problem, those of the shape too; or the warnings.
    pub(super) fn end(self, shaped: &Shaped) -> Result<Vec<Problem>, Problems> {
        let (mut problems, mut warnings) = (self.problems, self.warnings);
        problems.extend(shaped.problems.iter().cloned());
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(Problems(problems));
        }
        warnings.sort();
        Ok(warnings)
    }

    fn schema(&mut self) {
        let schema = &self.spec.schema;
        if schema != spec::SCHEMA {
            let what = format!("{} is not a schema known here", operand(schema));
            self.problem(Problem::new("schema", what).hint(format!(
                "this version of lucarne reads `{}`; take the Nix half and the program from one \
                 commit",
                spec::SCHEMA
            )));
        }
    }

    fn plan(&mut self) -> Plan {
        let image = edition::image(self);
        let keys = key::keys(self, &image);
        let firmware = disk::firmware(self, &image);
        let locale = locales::locale(self, &image);
        let disk = disk::disk(self, &image, firmware);
        let network = network::network(self);
        let install = install::install(self);
        let accounts = accounts::accounts(self, &image);
        let administrator_password = accounts::administrator(self, &image);
        let defaults = install::defaults(self, &image);
        let disabled = logon::disabled(self);
        let auto_logon = logon::auto_logon(self, &accounts, administrator_password.as_ref());
        let decided = steps::Decided {
            auto_logon,
            disabled,
            guest_agent: defaults.guest_agent,
            image: &image,
            accounts: &accounts,
            administrator: administrator_password.as_ref(),
            install: &install,
        };
        let (steps, payloads) = steps::steps(self, &decided);
        Plan {
            schema: "lucarne.plan/1",
            name: names::image_name(self),
            product_key: keys.product,
            setup_key: keys.setup,
            computer_name: names::computer_name(self),
            time_zone: names::time_zone(self),
            owner: names::owner(self),
            locale,
            accounts,
            administrator_password,
            build_account: accounts::build_account(self.spec),
            offline_join: domain::offline_join(self),
            remote_desktop: windows::remote_desktop(self),
            remote_management: self.spec.remote_management.unwrap_or(false),
            display: windows::display(self),
            windows: windows::windows(self, &image),
            tpm: disk::tpm(self, &image, firmware),
            bypass_checks: disk::bypass_checks(self, &image),
            machine: install::machine(self, &image),
            drivers: drivers::drivers(self, &image, disk.bus),
            driver_folders: drivers::folders(self),
            disk,
            firmware,
            defaults,
            extra_components: extra::extra(self, &network),
            network,
            steps,
            payloads,
            install,
            compression: install::compression(self.spec),
            image,
            warnings: Vec::new(),
        }
    }
}
