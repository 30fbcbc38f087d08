//! Rules of `extraComponents`: what no option has, against Microsoft's table of settings.

mod entries;
mod owned;

use serde_json::{Map, Value};

use crate::plan::Network;
use crate::plan::extra::entries::Seen;
use crate::plan::rules::{Rules, wrong_text};
use crate::problem::{Problem, attribute, element, nearest, operand, operands};
use crate::spec::name_of;
use crate::unattend::{Component, Content, Kind, List, Node, PASSES, Pass, Setting, table};

/// After so many problems the rest is not told: a hostile spec may have a million settings.
const PROBLEMS_MAX: usize = 50;
/// The longest value where the table has no limit, in UTF-16 units. Nothing that the pages show
/// comes near it.
const TEXT_MAX: usize = 4096;
/// How long a command may be, in UTF-16 units.
const COMMAND_MAX: usize = 259;
/// How long the name of an entry may be.
const KEY_MAX: usize = 256;
/// How many entries a list may have: more than `Order` can count.
const ENTRIES_MAX: usize = 500;
/// How many names a hint lists.
const NAMES_MAX: usize = 12;
/// What the keys of our own entries of lists begin with.
const OUR_KEYS: &str = "lucarne";

/// The passes with what they get besides.
pub(super) fn extra(rules: &mut Rules<'_>, network: &Network) -> Vec<Pass> {
    let mut found = Vec::new();
    let mut told = 0;
    for (pass, components) in rules.spec.extra_components.iter().flatten() {
        let at = attribute("extraComponents", pass);
        let Some(name) = PASSES.into_iter().find(|known| known == pass) else {
            let what = format!("{} is no pass", operand(pass));
            rules.problem_of_name(Problem::new(at, what).hint(match nearest(pass, PASSES) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the passes are {}", operands(PASSES)),
            }));
            continue;
        };
        if name.starts_with("audit") {
            let what = "runs in audit mode only, which no install enters";
            let hint = "it waits in the image until `sysprep /audit` is run there";
            rules.warn(Problem::new(&at, what).hint(hint));
        }
        let mut walk = Walk {
            rules,
            network,
            pass: name,
            component: "",
            seen: Seen::default(),
            told,
        };
        let components = components.iter().filter_map(|(component, settings)| {
            let settings: Vec<_> = settings.iter().collect();
            walk.component(&attribute(&at, component), component, &settings)
        });
        let components: Vec<_> = components.collect();
        told = walk.told;
        found.push(Pass { name, components });
    }
    found.sort_by_key(|pass| PASSES.iter().position(|known| *known == pass.name));
    found
}

/// The walk through one pass.
struct Walk<'r, 's> {
    rules: &'r mut Rules<'s>,
    network: &'r Network,
    pass: &'static str,
    component: &'static str,
    seen: Seen,
    told: usize,
}

impl Walk<'_, '_> {
    fn component(
        &mut self,
        at: &str,
        name: &str,
        settings: &[(&String, &Value)],
    ) -> Option<Component> {
        let Some(known) = table().component(name) else {
            let what = format!("{} is no component of Microsoft's table", operand(name));
            let hint = match table().meant(name) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "components are named as in `Microsoft-Windows-DNS-Client`".to_owned(),
            };
            self.tell(Problem::new(at, what).hint(hint));
            return None;
        };
        self.component = known;
        self.seen = Seen::of(self.pass, known, self.network);
        Some(Component {
            name: known,
            settings: self.group(at, "", settings),
        })
    }

    /// The settings of a group, in the order of the table.
    fn group(&mut self, at: &str, path: &'static str, entries: &[(&String, &Value)]) -> Vec<Node> {
        let known = table().below(self.component, path);
        if entries.is_empty() {
            self.tell(Problem::new(at, "is empty").hint(names(known.clone())));
        }
        for (name, _) in entries {
            if !known.clone().any(|setting| setting.name() == *name) {
                self.unknown(at, path, name);
            }
        }
        let mut nodes = Vec::new();
        for setting in known {
            let said = entries.iter().find(|(name, _)| *name == setting.name());
            if let Some((name, value)) = said {
                nodes.extend(self.setting(&attribute(at, name), setting, value));
            }
        }
        nodes
    }

    fn setting(&mut self, at: &str, setting: &'static Setting, value: &Value) -> Vec<Node> {
        if !setting.is_in(self.pass) {
            let what = format!("is not in the pass `{}`", self.pass);
            let passes = operands(setting.passes.iter().map(String::as_str));
            self.tell(Problem::new(at, what).hint(format!("it is in {passes}")));
            return Vec::new();
        }
        if let Some(instead) = owned::instead(self.component, &setting.path) {
            self.tell(Problem::new(at, "is written by Lucarne itself").hint(instead));
            return Vec::new();
        }
        if is_secret(&setting.path) {
            let hint = "every user of this host could read it in the store, and no install has a \
                 network to use it on; leave it out";
            self.tell(Problem::new(at, "is a secret in plain text").hint(hint));
            return Vec::new();
        }
        if setting.deprecated {
            let hint = "later releases of Windows may pass over it";
            let warning = Problem::new(at, "should not be used any more, Microsoft says");
            self.rules.warn(warning.hint(hint));
        }
        match setting.list {
            None => self
                .one(at, setting, value, Kind::Single)
                .into_iter()
                .collect(),
            Some(list) => self.list(at, setting, list, value),
        }
    }

    fn list(
        &mut self,
        at: &str,
        setting: &'static Setting,
        list: List,
        value: &Value,
    ) -> Vec<Node> {
        let count = match value {
            Value::Array(entries) => entries.len(),
            Value::Object(entries) if list == List::Keyed => entries.len(),
            _ => {
                let what = format!("is {}, and not a list of entries", name_of(value));
                self.tell(Problem::new(at, what).hint("put what there is into `[ ]`"));
                return Vec::new();
            }
        };
        if !(1..=ENTRIES_MAX).contains(&count) {
            let what = format!("has {count} entries, not 1 to {ENTRIES_MAX}");
            self.tell(Problem::new(at, what).hint("leave it out for none"));
            return Vec::new();
        }
        match value {
            Value::Object(entries) => self.keyed(at, setting, entries),
            value => {
                let entries = value.as_array().into_iter().flatten();
                let nodes = entries.enumerate().filter_map(|(index, value)| {
                    let kind = match list {
                        List::Items => Kind::Item,
                        // Microsoft's examples count such entries from 1.
                        List::Keyed => Kind::Keyed((index + 1).to_string()),
                    };
                    self.one(&element(at, index), setting, value, kind)
                });
                nodes.collect()
            }
        }
    }

    /// Entries whose keys were said.
    fn keyed(
        &mut self,
        at: &str,
        setting: &'static Setting,
        entries: &Map<String, Value>,
    ) -> Vec<Node> {
        let nodes = entries.iter().filter_map(|(key, value)| {
            let at = attribute(at, key);
            let ours = key.get(..OUR_KEYS.len());
            let problem = if let Some(what) = wrong_text(key, KEY_MAX) {
                let hint = format!("1 to {KEY_MAX} characters on one line tell entries apart");
                Problem::new(&at, format!("the key {what}")).hint(hint)
            } else if ours.is_some_and(|start| start.eq_ignore_ascii_case(OUR_KEYS)) {
                let what = format!("{} is a key of Lucarne's own", operand(key));
                Problem::new(&at, what).hint("choose another: it only tells entries apart")
            } else {
                return self.one(&at, setting, value, Kind::Keyed(key.clone()));
            };
            self.tell(problem);
            None
        });
        nodes.collect()
    }

    /// One setting: a group, or a value.
    fn one(
        &mut self,
        at: &str,
        setting: &'static Setting,
        value: &Value,
        kind: Kind,
    ) -> Option<Node> {
        let inner = table().below(self.component, &setting.path);
        let is_group = inner.clone().next().is_some();
        let content = match value {
            Value::Object(entries) if is_group => {
                if let Some(problem) = entries::lacks(at, setting, inner, entries) {
                    self.tell(problem);
                }
                let entries: Vec<_> = entries.iter().collect();
                Content::Nodes(self.group(at, &setting.path, &entries))
            }
            other if is_group => {
                let what = format!("is {}, and not a group of settings", name_of(other));
                self.tell(Problem::new(at, what).hint(names(inner)));
                return None;
            }
            value => Content::Text(self.text(at, setting, value)?),
        };
        Some(Node {
            name: setting.name(),
            kind,
            content,
        })
    }

    fn text(&mut self, at: &str, setting: &Setting, value: &Value) -> Option<String> {
        let text = match value {
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) if !number.is_f64() => number.to_string(),
            Value::String(text) => text.clone(),
            other => {
                let what = format!("is {}, and not one value", name_of(other));
                let hint = "a string, a boolean or an integer is one";
                self.tell(Problem::new(at, what).hint(hint));
                return None;
            }
        };
        let is_command = setting.path.ends_with("Command/Path");
        let most = match setting.max_length {
            Some(most) => most,
            // The page of one component says it, and both start commands in one way.
            None if is_command => COMMAND_MAX,
            None => TEXT_MAX,
        };
        if let Some(what) = wrong_text(&text, most) {
            let hint = format!("1 to {most} characters on one line fit; leave it out for none");
            self.tell(Problem::new(at, what).hint(hint));
            return None;
        }
        if let Some(problem) = self.seen.twice(at, &setting.path, &text) {
            self.tell(problem);
            return None;
        }
        if is_command && self.pass == "windowsPE" && entries::is_power_shell(&text) {
            let hint = "say it in `cmd`, or do it in the `specialize` pass";
            self.tell(Problem::new(at, "Windows PE has no PowerShell").hint(hint));
            return None;
        }
        Some(text)
    }

    fn unknown(&mut self, at: &str, path: &str, name: &str) {
        let there = table().below(self.component, path);
        let meant = nearest(name, there.clone().map(Setting::name));
        let elsewhere = || {
            let mut all = table().settings(self.component).iter();
            all.find(|setting| setting.name().eq_ignore_ascii_case(name))
        };
        let hint = match (meant, elsewhere()) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(elsewhere)) => format!("there is a `{}`", elsewhere.path),
            (None, None) => names(there),
        };
        let component = operand(self.component);
        let what = format!("{component} has no such setting in Microsoft's table");
        self.tell(Problem::new(attribute(at, name), what).hint(hint));
    }

    fn tell(&mut self, problem: Problem) {
        self.told += 1;
        if self.told <= PROBLEMS_MAX {
            self.rules.problem_of_name(problem);
        } else if self.told == PROBLEMS_MAX + 1 {
            let what = format!("has more than {PROBLEMS_MAX} problems; the others are not told");
            let problem = Problem::new("extraComponents", what).hint("mend the first ones");
            self.rules.problem_of_name(problem);
        }
    }
}

/// Credentials are stored as they are, whatever the element is called (pages of `Credentials`).
fn is_secret(path: &str) -> bool {
    let mut names = path.split('/');
    names.any(|name| name == "Credentials" || name.ends_with("Password"))
}

/// What there is, for a hint.
fn names<'a>(settings: impl Iterator<Item = &'a Setting> + Clone) -> String {
    let count = settings.clone().count();
    let first = operands(settings.take(NAMES_MAX).map(Setting::name));
    if count > NAMES_MAX {
        return format!("known there: {first} and {} more", count - NAMES_MAX);
    }
    format!("known there: {first}")
}
