//! What the rules share: the spec and the facts they look at, and where they tell problems.

use std::ops::{Deref, DerefMut};

use crate::plan::findings::Findings;
pub(super) use crate::plan::findings::wrong_text;
use crate::plan::{
    Facts, Payload, Plan, accounts, disk, domain, drivers, edition, extra, generalize, install,
    key, locales, logon, names, network, steps, windows,
};
use crate::problem::{Problem, Problems, operand};
use crate::spec::{self, Shaped, Spec};

/// Rules under way. Each module of rules gives a value in any case, so that all of them are asked;
/// the values count only when there was no problem.
pub(super) struct Rules<'a> {
    pub(super) spec: &'a Spec,
    pub(super) facts: &'a Facts<'a>,
    findings: Findings<'a>,
    /// Whether the image is one of a real ISO's.
    pub(super) image_found: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(shaped: &'a Shaped, facts: &'a Facts<'a>) -> Self {
        Self {
            spec: &shaped.spec,
            facts,
            findings: Findings::new(&shaped.problems),
            image_found: false,
        }
    }
}

impl<'a> Deref for Rules<'a> {
    type Target = Findings<'a>;

    fn deref(&self) -> &Self::Target {
        &self.findings
    }
}

impl DerefMut for Rules<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.findings
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
        let steps = shaped.spec.steps.as_deref().unwrap_or_default();
        let indices = self.findings.indices("steps", steps.len());
        let named = |mut problems: Vec<Problem>| {
            steps::named(&mut problems, steps, &indices);
            problems
        };
        match self.findings.end(&shaped.problems) {
            Ok(warnings) => Ok(named(warnings)),
            Err(problems) => Err(Problems(named(problems.0))),
        }
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
        let mut install = install::install(self);
        let accounts = accounts::accounts(self, &image);
        let administrator_password = accounts::administrator(self, &image);
        let defaults = install::defaults(self, &image);
        let disabled = logon::disabled(self);
        let auto_logon = logon::auto_logon(self, &accounts, administrator_password.as_ref());
        let generalize =
            generalize::generalize(self, &image, &accounts, administrator_password.as_ref());
        let remote_desktop = windows::remote_desktop(self);
        let decided = steps::Decided {
            auto_logon,
            disabled,
            defaults: Some(&defaults),
            remote_desktop: remote_desktop.is_some(),
            remote_management: self.spec.remote_management == Some(true),
            image: &image,
            accounts: &accounts,
            administrator: administrator_password.as_ref(),
            install: &install,
            generalize,
        };
        let (steps, payloads) = steps::steps(self, &decided);
        if generalize {
            // The start that settles is the one that sysprep runs in.
            install.deadlines.settle_sec += generalize::LIMIT_SEC;
            install.deadlines.total_sec += generalize::LIMIT_SEC;
        }
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
            generalize,
            offline_join: domain::offline_join(self),
            remote_desktop,
            remote_management: self.spec.remote_management == Some(true),
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
