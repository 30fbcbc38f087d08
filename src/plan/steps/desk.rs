//! What the rules of steps share: whose step it is, and the files that go with it.

use std::collections::BTreeMap;

use lucarne_protocol::step::{self, Phase};

use super::payloads::{self, Contents, Host, HostKind, Payload};
use super::{Decided, texts};
use crate::plan::accounts::same;
use crate::plan::rules::Rules;
use crate::problem::{Problem, attribute, operand};

/// The step that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) id: String,
    pub(super) phase: Phase,
}

/// Rules under way, step by step.
pub(super) struct Desk<'r, 'a> {
    pub(super) rules: &'r mut Rules<'a>,
    pub(super) decided: &'r Decided<'r>,
    pub(super) place: Place,
    /// The option path of the step that names the computer.
    pub(super) names_computer: Option<String>,
    payloads: Vec<Payload>,
    /// How many of them are of the steps before.
    before: usize,
    /// Where files of the host's are that stand alone, so that they go along once.
    shared: BTreeMap<(String, HostKind), step::Payload>,
}

impl<'r, 'a> Desk<'r, 'a> {
    pub(super) fn new(rules: &'r mut Rules<'a>, decided: &'r Decided<'r>) -> Self {
        Self {
            rules,
            decided,
            place: Place {
                id: String::new(),
                phase: Phase::System,
            },
            names_computer: None,
            payloads: Vec::new(),
            before: 0,
            shared: BTreeMap::new(),
        }
    }

    /// Turns to another step.
    pub(super) fn begin(&mut self, place: Place) {
        self.place = place;
        self.before = self.payloads.len();
    }

    pub(super) fn into_payloads(self) -> Vec<Payload> {
        self.payloads
    }

    /// Tells a problem.
    pub(super) fn problem(&mut self, at: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.rules.problem(Problem::new(at, what).hint(hint));
    }

    /// Tells a problem that hangs on an option as a whole, of which a part may be unreadable.
    pub(super) fn problem_of_all(&mut self, at: &str, what: impl Into<String>, hint: &str) {
        let problem = Problem::new(at, what).hint(hint);
        self.rules.problem_of(&[at], problem);
    }

    /// Tells that what somebody wrote looks like a secret.
    pub(super) fn warn_of_secret(&mut self, at: &str, name: &str) {
        if texts::is_secret(name) {
            let what = format!(
                "{} looks like a secret, and every user of this host can read it in the store",
                operand(name)
            );
            let hint = "leave it out, and give it to the machine when it starts";
            self.rules.warn(Problem::new(at, what).hint(hint));
        }
    }

    /// The same of an argument, by the name in it, or in the switch before it.
    pub(super) fn warn_of_argument(&mut self, at: &str, before: Option<&String>, text: &str) {
        let is_switch = |text: &str| text.starts_with(['-', '/']);
        let parted = ['=', ':'];
        if let Some((name, _)) = text.split_once(parted).filter(|(name, _)| !name.is_empty()) {
            self.warn_of_secret(at, name);
        }
        if let Some(name) = before.filter(|name| is_switch(name) && !name.contains(parted))
            && !is_switch(text)
        {
            self.warn_of_secret(at, name);
        }
    }

    /// Tells that Windows takes a name for one of those before it, of which the last would count.
    pub(super) fn once(&mut self, at: &str, name: &str, before: &[&String]) {
        if let Some(other) = before.iter().find(|other| same(other, name)) {
            let what = format!("is the same name as {}", operand(other));
            let hint = "leave one of them out: Windows does not tell upper and lower case apart";
            self.rules
                .problem_of_name(Problem::new(at, what).hint(hint));
        }
    }

    /// The paths of a list's elements, of at most so many.
    pub(super) fn elements<T>(&mut self, at: &str, list: &[T], most: usize) -> Vec<String> {
        if list.len() > most {
            let what = format!("has {} entries, more than {most}", list.len());
            self.problem(at, what, "leave some out, or make a second step of them");
        }
        self.rules.elements(at, list.len().min(most))
    }

    /// A file or a folder of the host's that goes along.
    pub(super) fn host(&mut self, at: &str, path: &str, kind: HostKind) -> step::Payload {
        let key = (path.to_owned(), kind);
        if let Some(payload) = self.shared.get(&key) {
            return payload.clone();
        }
        let name = payloads::host_name(path).to_owned();
        let payload = self.host_as(at, path, kind, &name);
        self.shared.insert(key, payload.clone());
        payload
    }

    /// A file of virtio-win's ISO.
    fn on_virtio_win(&mut self, at: &str, path: &str, name: &str) -> step::Payload {
        let facts = self.rules.facts;
        if facts.virtio_win.is_none() && self.rules.spec.virtio_win_iso.is_none() {
            let what = format!(
                "{} is on virtio-win's ISO, and none is given",
                operand(path)
            );
            let problem = Problem::new(at, what).hint("give virtio-win's ISO");
            self.rules.problem_of(&["virtioWinIso"], problem);
        }
        self.put(at, name, Contents::VirtioWin(path.to_owned()))
    }

    /// The same by a name of its own, for this step alone.
    pub(super) fn host_as(
        &mut self,
        at: &str,
        path: &str,
        kind: HostKind,
        name: &str,
    ) -> step::Payload {
        if let Some(what) = payloads::wrong_host_path(path) {
            let hint = "name a file or a folder of this host, by its whole path";
            self.problem(at, what, hint);
        } else if let Some(what) = payloads::wrong_name(name) {
            let what = format!("the file's name {} {what}", operand(name));
            self.problem(
                at,
                what,
                "rename it: Windows and the media take other names only",
            );
        }
        if let Some(path) = path.strip_prefix(payloads::ON_VIRTIO_WIN) {
            return self.on_virtio_win(at, path, name);
        }
        let contents = Contents::Host(Host {
            path: path.to_owned(),
            kind,
        });
        self.put(at, name, contents)
    }

    /// Files to have beside a program or a script, by name.
    pub(super) fn beside(&mut self, at: &str, files: Option<&BTreeMap<String, String>>) {
        let files = files.into_iter().flatten();
        for (name, path) in files.take(payloads::BESIDE_MAX) {
            self.host_as(&attribute(at, name), path, HostKind::Any, name);
        }
    }

    /// Puts something into the step's folder.
    pub(super) fn put(&mut self, at: &str, name: &str, contents: Contents) -> step::Payload {
        let path = format!(r"{}\{}\{name}", payloads::FOLDER, self.place.id);
        let same = |other: &Payload| other.path.0.eq_ignore_ascii_case(&path);
        // A step with the id of another is told where ids are.
        if self.payloads[self.before..].iter().any(same) {
            let what = format!("another file of the step is called {} too", operand(name));
            self.problem(at, what, "rename one of them");
        }
        let path = step::Payload(path);
        self.payloads.push(Payload {
            at: at.to_owned(),
            path: path.clone(),
            contents,
        });
        path
    }
}
