//! A machine's start by its settings: in which order what is done, and what each part decides.

pub mod adapter;
pub mod cd;
pub mod disk;
pub mod keys;
pub mod letter;
pub mod raw;
pub mod sysprep;

use lucarne_protocol::settings::{DOORS, Purpose, SSH, Settings};
use lucarne_protocol::step::{Action, Service, State, Step};

/// A part of the settings that is no step, but is told as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    DataDisk,
    Adapters,
    Passwords,
    /// Of all administrators: one file.
    AdministratorsKeys,
    /// Those that an earlier start gave each other account are taken away.
    EarlierKeys,
    /// Of each other account.
    AuthorizedKeys,
    /// The files that steps need are put on C:.
    Files,
    /// They are taken away.
    NoFiles,
    /// This machine's own keys, by which it is known over SSH.
    HostKeys,
    Services,
    OwnSid,
    ComputerName,
    DomainJoin,
    /// After the restart: whether the machine is who it was to become.
    Identity,
}

impl Part {
    /// Its id in events: it begins with [`START`](lucarne_protocol::START), as no step's does.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::DataDisk => "start.data-disk",
            Self::Adapters => "start.adapters",
            Self::Passwords => "start.passwords",
            Self::AdministratorsKeys => "start.administrators-keys",
            Self::EarlierKeys => "start.earlier-keys",
            Self::AuthorizedKeys => "start.authorized-keys",
            Self::Files => "start.files",
            Self::NoFiles => "start.no-files",
            Self::HostKeys => "start.host-keys",
            Self::Services => "start.services",
            Self::OwnSid => "start.own-sid",
            Self::ComputerName => "start.computer-name",
            Self::DomainJoin => "start.domain-join",
            Self::Identity => "start.identity",
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataDisk => "Data disk",
            Self::Adapters => "Network adapters",
            Self::Passwords => "Passwords",
            Self::AdministratorsKeys => "Administrators' keys",
            Self::EarlierKeys => "Remove earlier keys",
            Self::AuthorizedKeys => "Authorized keys",
            Self::Files => "Files of the start",
            Self::NoFiles => "Remove the files of the start",
            Self::HostKeys => "SSH host keys",
            Self::Services => "Services",
            Self::OwnSid => "Own SID",
            Self::ComputerName => "Computer name",
            Self::DomainJoin => "Domain join",
            Self::Identity => "Identity",
        }
    }
}

/// One thing that is done at a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work<'a> {
    Part(Part),
    Step(&'a Step),
}

impl<'a> Work<'a> {
    /// Its id and its name.
    #[must_use]
    pub fn named(self) -> (&'a str, &'a str) {
        match self {
            Self::Part(part) => (part.id(), part.name()),
            Self::Step(step) => (&step.id, &step.name),
        }
    }

    /// Whether it lets somebody in.
    #[must_use]
    pub fn is_door(self, settings: Option<&Settings>) -> bool {
        self == Self::Part(Part::Services) || self.door(settings).is_some()
    }

    /// The service that it starts, where that is one of the [`doors`].
    #[must_use]
    pub fn door(self, settings: Option<&Settings>) -> Option<&'a Service> {
        let doors = doors(settings);
        self.starts().filter(|service| is_among(&doors, service))
    }

    /// The service that it starts, where it is a step that does.
    fn starts(self) -> Option<&'a Service> {
        let Self::Step(step) = self else {
            return None;
        };
        match &step.action {
            Action::Service(service) if service.state == Some(State::Running) => Some(service),
            _ => None,
        }
    }

    /// Whether it says who may come in: where it failed, the image's own passwords and keys would
    /// do, or those of an earlier start. That an account's own keys cannot be written is not among
    /// it, for then it has none and keeps only itself out; that its earlier ones cannot be removed
    /// is.
    #[must_use]
    pub fn is_lock(self) -> bool {
        matches!(
            self,
            Self::Part(Part::Passwords | Part::AdministratorsKeys | Part::EarlierKeys)
        )
    }
}

/// The services that let somebody in, or are to come last: whoever starts them.
#[must_use]
pub fn doors(settings: Option<&Settings>) -> Vec<&str> {
    let named = settings.map_or(&[][..], |settings| &settings.services);
    let mut doors = Vec::from(DOORS);
    for name in named {
        if !doors.iter().any(|door| door.eq_ignore_ascii_case(name)) {
            doors.push(name);
        }
    }
    doors
}

fn is_among(names: &[&str], service: &Service) -> bool {
    let mut names = names.iter();
    names.any(|name| service.name.eq_ignore_ascii_case(name))
}

/// What a start does, in order. The image's own steps find the data disk and the network, and
/// nobody is let in before all else is done.
#[must_use]
pub fn works<'a>(settings: Option<&'a Settings>, image: &[&'a Step]) -> Vec<Work<'a>> {
    let own = image.iter().map(|step| Work::Step(step));
    let Some(settings) = settings else {
        return own.collect();
    };
    let mut works = Vec::new();
    let part = |works: &mut Vec<Work<'a>>, part, wanted: bool| {
        if wanted {
            works.push(Work::Part(part));
        }
    };
    if settings.purpose == Purpose::Identity {
        // The machine is used by nobody: neither its disk, nor its network, nor its accounts.
        part(
            &mut works,
            Part::ComputerName,
            settings.computer_name.is_some(),
        );
        part(&mut works, Part::DomainJoin, settings.domain_join.is_some());
        steps(&mut works, settings);
        return works;
    }
    let (doors, own): (Vec<_>, Vec<_>) = own.partition(|work| work.is_door(Some(settings)));
    part(&mut works, Part::DataDisk, settings.data_disk.is_some());
    part(&mut works, Part::Adapters, !settings.adapters.is_empty());
    works.extend(own);
    part(&mut works, Part::Passwords, !settings.passwords.is_empty());
    for keys in [
        Part::AdministratorsKeys,
        Part::EarlierKeys,
        Part::AuthorizedKeys,
    ] {
        part(&mut works, keys, !settings.authorized_keys.is_empty());
    }
    steps(&mut works, settings);
    // Whoever starts it: without them it would make some of its own at each start.
    let mut named = settings.services.iter();
    let ssh = named.any(|name| name.eq_ignore_ascii_case(SSH))
        || doors
            .iter()
            .filter_map(|work| work.starts())
            .any(|it| is_among(&[SSH], it));
    part(&mut works, Part::HostKeys, ssh);
    works.extend(doors);
    part(&mut works, Part::Services, !settings.services.is_empty());
    works
}

/// The settings' steps, with their files around them.
fn steps<'a>(works: &mut Vec<Work<'a>>, settings: &'a Settings) {
    let files = !settings.payloads.is_empty();
    works.extend(files.then_some(Work::Part(Part::Files)));
    works.extend(settings.steps.iter().map(Work::Step));
    works.extend(files.then_some(Work::Part(Part::NoFiles)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let text = include_str!("../../protocol/src/settings/settings.json");
        Settings::read(text.as_bytes()).expect("settings")
    }

    /// The ids, in order.
    fn ids(settings: Option<&Settings>, image: &[&Step]) -> Vec<String> {
        let works = works(settings, image);
        works.iter().map(|work| work.named().0.to_owned()).collect()
    }

    #[test]
    fn no_step_is_called_as_a_part_is() {
        let all = [
            Part::DataDisk,
            Part::Adapters,
            Part::Passwords,
            Part::AdministratorsKeys,
            Part::EarlierKeys,
            Part::AuthorizedKeys,
            Part::Files,
            Part::NoFiles,
            Part::HostKeys,
            Part::Services,
            Part::OwnSid,
            Part::ComputerName,
            Part::DomainJoin,
            Part::Identity,
        ];
        for part in all {
            assert!(lucarne_protocol::is_of_start(part.id()), "{part:?}");
        }
    }

    #[test]
    fn services_come_last_and_the_disk_first() {
        let settings = settings();
        let mut own = settings.steps[0].clone();
        own.id = "image".into();
        let all = [
            "start.data-disk",
            "start.adapters",
            "image",
            "start.passwords",
            "start.administrators-keys",
            "start.earlier-keys",
            "start.authorized-keys",
            "start.files",
            "folder-1",
            "script-1",
            "start.no-files",
            "start.host-keys",
            "start.services",
        ];
        assert_eq!(ids(Some(&settings), &[&own]), all);
        assert_eq!(ids(None, &[&own]), ["image"]);
        let nothing = Settings::new("a", Purpose::Start);
        assert_eq!(ids(Some(&nothing), &[&own]), ["image"]);
    }

    #[test]
    fn a_step_of_the_images_that_lets_somebody_in_comes_last_too() {
        let mut settings = settings();
        let step = |id: &str, name: &str, state: &str| -> Step {
            let service = serde_json::json!({ "service": { "name": name, "state": state } });
            let step = serde_json::json!({
                "id": id, "name": id, "phase": "boot", "timeoutSec": 1, "action": service,
            });
            serde_json::from_value(step).expect("a step")
        };
        let own = [
            step("starts", "SSHD", "running"),
            step("stops", "sshd", "stopped"),
            step("desktop", "termservice", "running"),
            step("remote", "winrm", "running"),
            step("other", "Spooler", "running"),
        ];
        let all = ids(Some(&settings), &own.each_ref());
        assert_eq!(all[2..4], ["stops", "other"]);
        let doors = ["start.host-keys", "starts", "desktop", "remote"];
        let end = [&doors[..], &["start.services"]].concat();
        assert_eq!(all[all.len() - end.len()..], end);
        // Also where the settings name none, with the host keys before; or are none that can be
        // read.
        settings.services.clear();
        let all = ids(Some(&settings), &own.each_ref());
        assert_eq!(all[all.len() - doors.len()..], doors);
        let stopped = ids(Some(&settings), &[&own[1], &own[2]]);
        assert!(!stopped.contains(&"start.host-keys".to_owned()));
        let doors = |settings| own.each_ref().map(|it| Work::Step(it).is_door(settings));
        for settings in [Some(&settings), None] {
            assert_eq!(doors(settings), [true, false, true, true, false]);
        }
    }

    #[test]
    fn an_identity_lets_nobody_in() {
        let mut settings = settings();
        settings.purpose = Purpose::Identity;
        settings.computer_name = Some("A".into());
        let own = settings.steps[0].clone();
        let all = [
            "start.computer-name",
            "start.files",
            "folder-1",
            "script-1",
            "start.no-files",
        ];
        assert_eq!(ids(Some(&settings), &[&own]), all);
    }
}
