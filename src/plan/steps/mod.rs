//! Rules of steps: what is done inside Windows, as the guest program reads it.

mod accounts;
mod checks;
mod desk;
mod exits;
mod files;
mod firewall;
mod ids;
mod lines;
mod named;
mod packages;
mod paths;
mod payloads;
mod phases;
mod programs;
mod registry;
mod remote;
mod sddl;
mod services;
mod show;
mod store;
mod system;
#[cfg(test)]
mod tests;
mod texts;
mod vital;

use lucarne_protocol::step::{
    Action, AutoLogon, Finish, Phase, STEPS_SCHEMA, Step, Steps, TRIM_SEC,
};

use crate::plan::accounts::BUILD_ACCOUNT;
use crate::plan::rules::Rules;
use crate::plan::{Account, Defaults, Install, Password, Plan, generalize};
use crate::problem::{Problem, attribute, operands};
use crate::spec;
use crate::virtio_win;
use crate::windows_iso::Image;
use desk::{Desk, Place};

pub(super) use named::named;
pub(super) use paths::is_device;
pub(crate) use payloads::wrong_part;
pub use payloads::{Contents, Host, HostKind, Payload};
pub(super) use show::{names_of_hosts, without_passwords};
pub(crate) use texts::{
    BYTES_MAX as TEXT_MAX, Unreadable, cmd as cmd_script, power_shell as power_shell_script,
};

/// More are a program of another kind.
const COUNT_MAX: usize = 1000;
/// What the step is called that every image has.
const GUEST_AGENT: &str = "guest-agent";
/// The letter that the data disk has when a machine runs.
const DATA_LETTER: char = 'D';
/// The built-in account, by the name that the guest program knows it by.
const ADMINISTRATOR: &str = "Administrator";

/// What is decided already, and steps hang on.
pub(super) struct Decided<'a> {
    pub(super) image: &'a Image,
    pub(super) accounts: &'a [Account],
    pub(super) administrator: Option<&'a Password>,
    pub(super) install: &'a Install,
    /// What every image gets, where this is one: a layer's base has it, or was not to have it.
    pub(super) defaults: Option<&'a Defaults>,
    /// Whether Remote Desktop is on.
    pub(super) remote_desktop: bool,
    /// Whether `WinRM` listens.
    pub(super) remote_management: bool,
    /// Who is logged on by himself.
    pub(super) auto_logon: Option<AutoLogon>,
    /// Whether sysprep has the last word.
    pub(super) generalize: bool,
    /// Accounts that nobody is to use.
    pub(super) disabled: Vec<String>,
}

impl Decided<'_> {
    /// Who is let in with a machine's start.
    fn doors(&self) -> impl Iterator<Item = remote::Door> {
        let desktop = self.remote_desktop.then_some(remote::DESKTOP);
        let management = self.remote_management.then_some(remote::MANAGEMENT);
        desktop.into_iter().chain(management)
    }
}

/// The steps, and the files that go with them.
pub(super) fn steps(rules: &mut Rules<'_>, decided: &Decided<'_>) -> (Steps, Vec<Payload>) {
    let said = rules.spec.steps.as_deref().unwrap_or_default();
    if said.len() > COUNT_MAX {
        let what = format!("has {} steps, more than {COUNT_MAX}", said.len());
        let hint = "a script or a folder of files does many things in one step";
        rules.problem(Problem::new("steps", what).hint(hint));
    }
    let said = &said[..said.len().min(COUNT_MAX)];
    let indices = rules.indices("steps", said.len());
    let ids = ids::ids(rules, said, &indices);
    let mut desk = Desk::new(rules, decided);
    let mut steps = Vec::new();
    let has_agent = decided.defaults.is_some_and(|on| on.guest_agent);
    steps.extend(has_agent.then(|| guest_agent(&mut desk)));
    steps.extend(decided.doors().map(remote::Door::by_hand));
    for ((said, index), id) in said.iter().zip(indices).zip(ids) {
        let at = crate::problem::element("steps", index);
        steps.extend(step(&mut desk, &at, said, id));
    }
    // Nobody is let in before everything else of a start is done.
    steps.extend(decided.doors().map(remote::Door::begin));
    let payloads = desk.into_payloads();
    let steps = Steps {
        schema: STEPS_SCHEMA.to_owned(),
        steps,
        finish: finish(decided),
    };
    (steps, payloads)
}

/// QEMU's guest agent, the first of all: it is what a host can talk to.
fn guest_agent(desk: &mut Desk<'_, '_>) -> Step {
    desk.begin(Place {
        id: GUEST_AGENT.to_owned(),
        phase: Phase::System,
    });
    let source = format!("{}{}", payloads::ON_VIRTIO_WIN, virtio_win::GUEST_AGENT);
    let msi = spec::step::Msi {
        source,
        ..spec::step::Msi::default()
    };
    let at = "defaults.guestAgent";
    let (action, _) = packages::msi(desk, at, &msi);
    let said = spec::Step::default();
    Step {
        id: GUEST_AGENT.to_owned(),
        name: "Install QEMU's guest agent".to_owned(),
        phase: Phase::System,
        timeout_sec: phases::timeout(desk, at, &said, "msi"),
        check: None,
        reboot: false,
        action,
    }
}

/// How long the last start of a build may wait until Windows is idle. The host counts the whole
/// start: Windows comes up before that, and unused clusters are handed back after it. A Windows
/// that is never idle fails no build, but where `settle_sec` has no room for the rest: a third of
/// it is waited then.
fn idle_sec(settle_sec: u64) -> u64 {
    const AROUND_SEC: u64 = 300 + TRIM_SEC;
    settle_sec.saturating_sub(AROUND_SEC).max(settle_sec / 3)
}

fn finish(decided: &Decided<'_>) -> Finish {
    let accounts = decided.accounts.iter();
    let throw_away = accounts.filter(|account| account.password.throw_away);
    let mut lock_accounts: Vec<String> = throw_away.map(|account| account.name.clone()).collect();
    if decided.administrator.is_some_and(|given| given.throw_away) {
        lock_accounts.push(ADMINISTRATOR.to_owned());
    }
    let idle_sec = idle_sec(decided.install.deadlines.settle_sec);
    Finish {
        build_account: BUILD_ACCOUNT.to_owned(),
        lock_accounts,
        disable_accounts: decided.disabled.clone(),
        auto_logon: decided.auto_logon.clone(),
        idle_sec: u32::try_from(idle_sec).unwrap_or(u32::MAX),
        generalize_sec: decided
            .generalize
            .then(|| u32::try_from(generalize::LIMIT_SEC).unwrap_or(u32::MAX)),
        data_letter: DATA_LETTER,
    }
}

fn step(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step, id: String) -> Option<Step> {
    let phase = phases::phase(desk, at, said);
    let kind = one_action(desk, at, said)?;
    desk.begin(Place {
        id: id.clone(),
        phase,
    });
    store::texts(desk, at, said);
    let (action, made) = action(desk, &attribute(at, kind), kind, said)?;
    if let Some(name) = &said.name {
        desk.rules
            .text(&attribute(at, "name"), name, texts::NAME_MAX);
    }
    let name = said.name.clone().unwrap_or_else(|| texts::cut(made));
    let check = said.check.as_ref();
    Some(Step {
        id,
        name,
        phase,
        timeout_sec: phases::timeout(desk, at, said, kind),
        check: check.and_then(|check| checks::check(desk, &attribute(at, "check"), check)),
        reboot: phases::reboot(desk, at, said) && action != Action::Reboot,
        action,
    })
}

/// The name of the one field that says what a step does.
fn one_action(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step) -> Option<&'static str> {
    let kinds = kinds(said);
    match kinds.as_slice() {
        [one] => return Some(one),
        [] if said.reboot == Some(true) => return Some("reboot"),
        [] => {
            let hint = format!("one of {} says it", operands(KINDS));
            let problem = Problem::new(at, "says nothing to do").hint(hint);
            // It may have said so in a way that could not be read.
            desk.rules.problem_of(&[at], problem);
        }
        several => {
            let what = format!("says {} things to do: {}", several.len(), {
                operands(several.iter().copied())
            });
            let hint = "make a step of each";
            desk.rules.problem(Problem::new(at, what).hint(hint));
        }
    }
    None
}

/// What to do where exactly one of two fields is said, and both are, or neither.
fn one_of(both: bool) -> &'static str {
    if both {
        "leave the other out"
    } else {
        "say one of them"
    }
}

/// The fields that say what a step does.
const KINDS: [&str; 25] = [
    "registry",
    "file",
    "directory",
    "delete",
    "program",
    "msi",
    "msix",
    "service",
    "task",
    "firewall",
    "feature",
    "capability",
    "appx",
    "driver",
    "certificate",
    "environment",
    "power",
    "user",
    "group",
    "share",
    "hosts",
    "powerShell",
    "cmd",
    "computerName",
    "timeZone",
];

/// Which of them a step has, in their order.
fn kinds(said: &spec::Step) -> Vec<&'static str> {
    let is_there = [
        said.registry.is_some(),
        said.file.is_some(),
        said.directory.is_some(),
        said.delete.is_some(),
        said.program.is_some(),
        said.msi.is_some(),
        said.msix.is_some(),
        said.service.is_some(),
        said.task.is_some(),
        said.firewall.is_some(),
        said.feature.is_some(),
        said.capability.is_some(),
        said.appx.is_some(),
        said.driver.is_some(),
        said.certificate.is_some(),
        said.environment.is_some(),
        said.power.is_some(),
        said.user.is_some(),
        said.group.is_some(),
        said.share.is_some(),
        said.hosts.is_some(),
        said.power_shell.is_some(),
        said.cmd.is_some(),
        said.computer_name.is_some(),
        said.time_zone.is_some(),
    ];
    let kinds = KINDS.into_iter().zip(is_there);
    kinds
        .filter_map(|(kind, there)| there.then_some(kind))
        .collect()
}

/// What a step does, and a name for it.
fn action(
    desk: &mut Desk<'_, '_>,
    at: &str,
    kind: &str,
    said: &spec::Step,
) -> Option<(Action, String)> {
    Some(match kind {
        "registry" => registry::registry(desk, at, said.registry.as_ref()?),
        "file" => files::file(desk, at, said.file.as_ref()?),
        "directory" => files::directory(desk, at, said.directory.as_ref()?),
        "delete" => files::delete(desk, at, said.delete.as_ref()?),
        "program" => programs::program(desk, at, said.program.as_ref()?),
        "msi" => packages::msi(desk, at, said.msi.as_ref()?),
        "msix" => packages::msix(desk, at, said.msix.as_ref()?),
        "service" => services::service(desk, at, said.service.as_ref()?),
        "task" => services::task(desk, at, said.task.as_ref()?),
        "firewall" => firewall::firewall(desk, at, said.firewall.as_ref()?),
        "feature" => packages::feature(desk, at, said.feature.as_ref()?),
        "capability" => packages::capability(desk, at, said.capability.as_ref()?),
        "appx" => packages::appx(desk, at, said.appx.as_ref()?),
        "driver" => packages::driver(desk, at, said.driver.as_ref()?),
        "certificate" => packages::certificate(desk, at, said.certificate.as_ref()?),
        "environment" => system::environment(desk, at, said.environment.as_ref()?),
        "power" => system::power(desk, at, said.power.as_ref()?),
        "user" => accounts::user(desk, at, said.user.as_ref()?),
        "group" => accounts::group(desk, at, said.group.as_ref()?),
        "share" => accounts::share(desk, at, said.share.as_ref()?),
        "hosts" => system::hosts(desk, at, said.hosts.as_ref()?),
        "powerShell" => programs::power_shell(desk, at, said.power_shell.as_ref()?),
        "cmd" => programs::cmd(desk, at, said.cmd.as_ref()?),
        "computerName" => system::computer_name(desk, at, said.computer_name.as_ref()?),
        "timeZone" => system::time_zone(desk, at, said.time_zone.as_ref()?),
        _ => (Action::Reboot, "Restart".to_owned()),
    })
}

impl Plan {
    /// Whether there are steps of a phase.
    #[must_use]
    pub fn has_steps_of(&self, phase: Phase) -> bool {
        self.steps.steps.iter().any(|step| step.phase == phase)
    }

    /// How often the account that builds has to log on: once, and again after each restart that
    /// steps of its session may bring.
    #[must_use]
    pub fn logons(&self) -> usize {
        let steps = self.steps.steps.iter();
        let of_session = steps.filter(|step| step.phase == Phase::Session);
        1 + of_session.filter(|step| phases::may_restart(step)).count()
    }
}
