//! Builds on another machine, by Nix's own means, as docs/remote-builders.md says.

mod machine;
mod page;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use self::machine::{Held, Machine, held};
use self::page::Page;
use super::layers::{Subject, below, listed};
use super::nix_build::{references, remove};
use crate::test::{Check, Context, Outcome, Ran};

pub(super) use self::page::blocks;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "remote/builders",
    shows: "of two layers one is built on another machine, by ssh, with what it needs and no more",
    run: builders,
}];

const LIMIT: Duration = Duration::from_secs(600);

/// Two layers on one base, and another install. `auto` wants a machine with KVM, and makes do
/// without it for the stand-in; as the base's `tcg` does, the other layer wants nothing. That is
/// the first one of the checks of layers, whoever builds it first.
const BUILDS: &str = r#"{
    inherit base here;
    there = base.addLayer {
        name = "there";
        install.accel = "auto";
        steps = [ { directory.path = "C:\\Layers\\there"; } ];
    };
    install = base.override {
        name = "remote-install";
        install.accel = "kvm";
    };
}"#;

/// All that the other machine then has: what the layer is made from, and itself.
const WANTED: [&str; 5] = [
    "check-layers-image",
    "lucarne-builder",
    "there-layer",
    "there-media",
    "vars.fd",
];

/// Nix's own words where no machine has the feature: before 2.30, from then on, and of the newest
/// (`derivation-building-goal.cc` of Nix).
const NOWHERE: [&str; 3] = [
    "with features {kvm} is required to build",
    "Required system: 'x86_64-linux' with features {kvm}",
    "Required features: {kvm}",
];
/// Ours on a machine that promised it and has none.
const PROMISED: &str = "cannot open `/dev/kvm`";

fn builders(context: &Context) -> Result<Outcome> {
    let page = Page::new(context, &[&NOWHERE[..], &[PROMISED]].concat())?;
    let subject = Subject::new(context)?;
    subject.build(context, &below(0))?;
    let fleet = Fleet {
        context,
        machine: Machine::new(context)?,
        paths: Paths::new(context, &subject)?,
        subject,
        page,
    };
    fleet.one_there_and_one_here()?;
    fleet.nowhere()?;
    fleet.install_there()?;
    fleet.fetched()?;
    Ok(Outcome::Passed)
}

/// `BUILDS` of the image with the layers, as an expression.
fn about(rest: &str) -> String {
    let (base, here) = (below(0), below(1));
    format!("let base = {base}; here = {here}; built = {BUILDS}; in {rest}")
}

/// The store paths that this check is about.
struct Paths {
    there: String,
    here: String,
    base: String,
    windows: String,
}

impl Paths {
    /// What an earlier run built goes out of the store.
    fn new(context: &Context, subject: &Subject) -> Result<Self> {
        let all = [
            "built.there",
            "here",
            "base",
            "base.spec.windowsIso",
            "built.there.media",
            "built.install.media",
        ];
        let all = all.map(|path| format!("\"${{{path}}}\\n\"")).join(" + ");
        let text = subject.text(context, &about(&all))?;
        let paths: Vec<_> = text.lines().map(str::to_owned).collect();
        let [there, here, base, windows, media @ ..] = &paths[..] else {
            bail!("paths are missing of {paths:?}");
        };
        for path in [there].into_iter().chain(media) {
            remove(context, path)?;
        }
        Ok(Self {
            there: there.clone(),
            here: here.clone(),
            base: base.clone(),
            windows: windows.clone(),
        })
    }
}

/// This machine, and the other one.
struct Fleet<'a> {
    context: &'a Context,
    subject: Subject,
    machine: Machine,
    paths: Paths,
    page: Page,
}

impl Fleet<'_> {
    /// Builds parts of `BUILDS`; Nix says of each derivation where.
    fn build(&self, options: &[&str], parts: &[&str]) -> Result<Ran> {
        let expression = self.subject.about(&about("built"));
        let variable = self.machine.ssh_options();
        let build = ["env", &variable, "nix", "build", "--verbose"];
        let what = [
            "--print-build-logs",
            "--no-link",
            "--impure",
            "--expr",
            &expression,
        ];
        self.context
            .inside(LIMIT, &[&build[..], options, &what[..], parts].concat())
    }

    fn one_there_and_one_here(&self) -> Result<()> {
        let line = self.machine.line(&self.page.machine, true)?;
        // This machine says that it has KVM too, and would do.
        let options = [
            "--builders",
            &line,
            "--option",
            "extra-system-features",
            "kvm",
        ];
        let ran = self.build(&options, &["there", "here"])?;
        ensure!(ran.code == 0, "`nix build` ended with {}", ran.code);
        let (there, mut all) = places(&ran.stderr);
        ensure!(there == names(&["there-layer"]), "built there: {there:?}");
        // Another check may have built that one by now.
        all.retain(|name| !name.starts_with("one-"));
        let wanted = names(&["there-layer", "there-media"]);
        ensure!(all == wanted, "built: {all:?}");

        let (context, paths) = (self.context, &self.paths);
        for layer in [&paths.there, &paths.here] {
            let found = references(context, layer)?;
            ensure!(found == [paths.base.as_str()], "it refers to {found:?}");
        }
        let found = listed(context, &paths.there, "Layers")?;
        ensure!(found == ["there"], "the layer has {found:?}");
        // Both stores know what each has built.
        let here = built(&held(context, &[&paths.there, &paths.here])?);
        ensure!(here == names(&["one-layer"]), "built here: {here:?}");
        let held = self.machine.holds(context)?;
        ensure!(built(&held) == there, "built there: {:?}", built(&held));
        let found: BTreeSet<_> = held.iter().map(|held| name_of(&held.path)).collect();
        ensure!(found == names(&WANTED), "the other machine holds {found:?}");
        self.tell(&held)
    }

    /// What went there and what came back, for the page's table.
    fn tell(&self, held: &[Held]) -> Result<()> {
        let iso = ["stat", "--format=%s", &self.paths.windows];
        let iso = self.context.read(LIMIT, &iso)?;
        let iso: u64 = iso.trim().parse().context("a size")?;
        let kib = |bytes: u64| bytes >> 10;
        let mut told = Vec::new();
        for Held { path, bytes, .. } in held {
            told.push(format!("{} {} KiB", name_of(path), kib(*bytes)));
        }
        let told = told.join(", ");
        println!(
            "        remote/builders: {told}; not the ISO, {} KiB",
            kib(iso)
        );
        Ok(())
    }

    /// Without the other machine nobody may build it, and Nix says why.
    fn nowhere(&self) -> Result<()> {
        let ran = self.build(&["--builders", ""], &["there.debug"])?;
        ensure!(ran.code != 0, "it was built without the feature");
        ensure!(says_nowhere(&ran), "it says none of {NOWHERE:?}");
        Ok(())
    }

    /// All of an install goes there, its media and the ISO too; then there is no KVM, as was said.
    fn install_there(&self) -> Result<()> {
        let line = self.machine.line(&self.page.machine, false)?;
        let options = ["--max-jobs", "0", "--builders", &line];
        let ran = self.build(&options, &["install"])?;
        ensure!(ran.code != 0, "it was installed without KVM");
        for words in [PROMISED, "hint: "] {
            ensure!(ran.stderr.contains(words), "it does not say `{words}`");
        }
        let (there, all) = places(&ran.stderr);
        let wanted = names(&["remote-install-image", "remote-install-media"]);
        ensure!(
            there == wanted && all == wanted,
            "built there: {there:?}, {all:?}"
        );
        let held = self.machine.holds(self.context)?;
        let windows = &self.paths.windows;
        ensure!(
            held.iter().any(|held| held.path == *windows),
            "the ISO is not there"
        );
        Ok(())
    }

    /// From a cache it comes only where Nix is told to, and then nothing is built.
    fn fetched(&self) -> Result<()> {
        let (context, there) = (self.context, &self.paths.there);
        let cache = format!("file://{}/cache", context.folder);
        let plain = format!("{cache}?compression=none");
        context.read(LIMIT, &["nix", "copy", "--to", &plain, there])?;
        remove(context, there)?;
        let from = format!("{cache}?trusted=true");
        let from = ["--builders", "", "--option", "substituters", &from];
        let told = ["--option", "always-allow-substitutes", "true"];
        let ran = self.build(&from, &["there"])?;
        ensure!(
            ran.code != 0 && says_nowhere(&ran),
            "it came from a cache that nobody told of"
        );
        let ran = self.build(&[&from[..], &told].concat(), &["there"])?;
        ensure!(ran.code == 0, "it did not come from the cache");
        let (_, all) = places(&ran.stderr);
        ensure!(all.is_empty(), "built: {all:?}");
        let here = built(&held(context, &[there])?);
        ensure!(here.is_empty(), "built here: {here:?}");
        Ok(())
    }
}

/// Whether Nix says that no machine has the feature.
fn says_nowhere(ran: &Ran) -> bool {
    NOWHERE.iter().any(|words| ran.stderr.contains(words))
}

/// The names of what was built on the other machine, and of all that was built, as Nix says. The
/// other machine's own Nix says of its builds what this one says of those here.
fn places(log: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let on = format!(" on '{}'", Machine::address());
    let (mut there, mut all) = (BTreeSet::new(), BTreeSet::new());
    for line in log
        .lines()
        .filter_map(|line| line.strip_prefix("building '"))
    {
        if let Some((path, rest)) = line.split_once(".drv'") {
            all.insert(name_of(path));
            if rest.starts_with(&on) {
                there.insert(name_of(path));
            }
        }
    }
    (there, all)
}

/// The names of what a store's own machine has built.
fn built(held: &[Held]) -> BTreeSet<String> {
    let built = held.iter().filter(|held| held.is_built);
    built.map(|held| name_of(&held.path)).collect()
}

/// A store path's name, without the hash.
fn name_of(path: &str) -> String {
    let name = path.split_once('-').map_or(path, |(_, name)| name);
    name.to_owned()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_each_was_built_is_read_from_the_log() {
        let log = "\
building '/nix/store/0a-here-media.drv'...
building '/nix/store/0b-there-layer.drv' on 'ssh-ng://builder'...
building '/nix/store/0b-there-layer.drv'...
building '/nix/store/0c-far-layer.drv' on 'ssh-ng://other'...
there-layer> building 'x.drv' on 'ssh-ng://builder'
";
        let (there, all) = places(log);
        assert_eq!(there, names(&["there-layer"]));
        assert_eq!(all, names(&["far-layer", "here-media", "there-layer"]));
    }
}
