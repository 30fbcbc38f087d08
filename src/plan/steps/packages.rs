//! Rules of what Windows installs and removes by its own means.

use std::collections::BTreeMap;

use lucarne_protocol::step::{
    Action, Appx, Capability, Certificate, Driver, Feature, Msi, Msix, Payload,
};

use super::desk::Desk;
use super::payloads::{HostKind, host_name};
use super::{exits, lines, texts};
use crate::plan::accounts::same;
use crate::plan::rules::wrong_text;
use crate::problem::{Problem, attribute, nearest, operand};
use crate::spec::step;

/// The limit of a property's name in Windows Installer's tables.
const PROPERTY_MAX: usize = 72;
const PROPERTIES_MAX: usize = 100;
const VALUE_MAX: usize = 8_000;
const NAME_MAX: usize = 256;
const APPX_MAX: usize = 500;
const DEPENDENCIES_MAX: usize = 64;
/// The stores of a machine that its console of certificates shows.
const STORES: [&str; 10] = [
    "AuthRoot",
    "CA",
    "ClientAuthIssuer",
    "Disallowed",
    "My",
    "Remote Desktop",
    "Root",
    "TrustedPeople",
    "TrustedPublisher",
    "WebHosting",
];

/// A package of Windows Installer.
pub(super) fn msi(desk: &mut Desk<'_, '_>, at: &str, said: &step::Msi) -> (Action, String) {
    let package = of_kind(desk, &attribute(at, "source"), &said.source, &[".msi"]);
    let properties = said.properties.clone().unwrap_or_default();
    let msi = Msi {
        package,
        exit_codes: exits::of_program(desk, at, said.exit_codes.as_ref()),
        properties: self::properties(desk, &attribute(at, "properties"), properties),
    };
    let name = format!("Install {}", host_name(&said.source));
    (Action::Msi(msi), name)
}

fn properties(
    desk: &mut Desk<'_, '_>,
    at: &str,
    properties: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    if properties.len() > PROPERTIES_MAX {
        let what = format!(
            "has {} properties, more than {PROPERTIES_MAX}",
            properties.len()
        );
        desk.problem(at, what, "leave some out");
    }
    for (name, value) in properties.iter().take(PROPERTIES_MAX) {
        let at = attribute(at, name);
        let first = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_.".contains(c);
        if !first || name.len() > PROPERTY_MAX || !name.chars().all(fits) {
            let what = format!("{} is no public property's name", operand(name));
            let hint = format!(
                "upper case letters, digits, `_` and `.` make one, {PROPERTY_MAX} \
                                at most"
            );
            desk.rules
                .problem_of_name(Problem::new(&at, what).hint(hint));
        }
        if value.contains(['\r', '\n']) {
            desk.problem(&at, "has several lines", "a property has one");
        }
        texts::value(desk, &at, value, VALUE_MAX);
        desk.warn_of_secret(&at, name);
    }
    lines::properties(desk, at, properties.iter().take(PROPERTIES_MAX));
    properties
}

/// A file of the host's whose name says what it is.
fn of_kind(desk: &mut Desk<'_, '_>, at: &str, path: &str, ends: &[&str]) -> Payload {
    let name = host_name(path);
    let lower = name.to_lowercase();
    if !path.is_empty() && !ends.iter().any(|end| lower.ends_with(end)) {
        let what = format!(
            "{} ends with none of `{}`",
            operand(name),
            ends.join("`, `")
        );
        desk.problem(at, what, "Windows looks at the name's end; rename the file");
    }
    desk.host(at, path, HostKind::File)
}

/// An MSIX or Appx package.
pub(super) fn msix(desk: &mut Desk<'_, '_>, at: &str, said: &step::Msix) -> (Action, String) {
    const ENDS: [&str; 4] = [".msix", ".msixbundle", ".appx", ".appxbundle"];
    let package = of_kind(desk, &attribute(at, "source"), &said.source, &ENDS);
    let at_dependencies = attribute(at, "dependencies");
    let said_dependencies = said.dependencies.as_deref().unwrap_or_default();
    let paths = desk.elements(&at_dependencies, said_dependencies, DEPENDENCIES_MAX);
    let mut dependencies = Vec::new();
    for (path, at) in said_dependencies.iter().zip(paths) {
        dependencies.push(of_kind(desk, &at, path, &ENDS));
    }
    let at_license = attribute(at, "license");
    let license = said.license.as_ref();
    let license = license.map(|path| of_kind(desk, &at_license, path, &[".xml"]));
    let msix = Msix {
        package,
        dependencies,
        license,
    };
    let name = format!("Provision {}", host_name(&said.source));
    (Action::Msix(msix), name)
}

/// An optional feature.
pub(super) fn feature(desk: &mut Desk<'_, '_>, at: &str, said: &step::Feature) -> (Action, String) {
    named(
        desk,
        &attribute(at, "name"),
        &said.name,
        "Microsoft-Hyper-V",
    );
    let enable = said.enable.unwrap_or(true);
    let word = if enable { "Enable" } else { "Disable" };
    let name = format!("{word} the feature {}", said.name);
    let feature = Feature {
        name: said.name.clone(),
        enable,
    };
    (Action::Feature(feature), name)
}

/// A capability.
pub(super) fn capability(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Capability,
) -> (Action, String) {
    named(
        desk,
        &attribute(at, "name"),
        &said.name,
        "OpenSSH.Server~~~~0.0.1.0",
    );
    let add = said.add.unwrap_or(true);
    let at_source = attribute(at, "source");
    if said.source.is_some() && !add {
        let hint = "leave it out: what is removed needs no files";
        desk.problem(&at_source, "is said, and the capability is removed", hint);
    }
    let source = said.source.as_ref();
    let source = source.map(|path| desk.host(&at_source, path, HostKind::Folder));
    let word = if add { "Add" } else { "Remove" };
    let name = format!("{word} the capability {}", said.name);
    let capability = Capability {
        name: said.name.clone(),
        add,
        source,
    };
    (Action::Capability(capability), name)
}

/// A name that dism takes as an argument.
fn named(desk: &mut Desk<'_, '_>, at: &str, name: &str, such_as: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let what = wrong_text(name, NAME_MAX).or_else(|| {
        let bad = name.chars().find(|c| !fits(*c))?;
        Some(format!("has {}", operand(&bad.to_string())))
    });
    if let Some(what) = what {
        desk.problem(
            at,
            what,
            format!("letters, digits and `-_.~` make it, such as `{such_as}`"),
        );
    }
}

/// Appx packages that are not to be there.
pub(super) fn appx(desk: &mut Desk<'_, '_>, at: &str, said: &step::Appx) -> (Action, String) {
    let at = attribute(at, "remove");
    if said.remove.is_empty() {
        desk.problem(&at, "is empty", "such as `Microsoft.BingNews`");
    }
    let paths = desk.elements(&at, &said.remove, APPX_MAX);
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.*".contains(c);
    for (index, (name, at)) in said.remove.iter().zip(paths).enumerate() {
        // Two letters are the least before a star: less would be whatever there is.
        let stem = name.split('*').next().unwrap_or_default();
        if !name.chars().all(fits) || name.len() > NAME_MAX || stem.len() < 2 {
            let what = format!("{} is no package's name", operand(name));
            let hint = "letters, digits, `-` and `.` make it, and `*` behind some of them";
            desk.problem(&at, what, hint);
        } else if said.remove[..index].iter().any(|it| same(it, name)) {
            let what = format!("{} is there twice", operand(name));
            desk.problem(&at, what, "leave one of them out");
        }
    }
    let name = match said.remove.as_slice() {
        [one] => format!("Remove the app {one}"),
        several => format!("Remove {} apps", several.len()),
    };
    let remove = said.remove.clone();
    (Action::Appx(Appx { remove }), name)
}

/// Drivers.
pub(super) fn driver(desk: &mut Desk<'_, '_>, at: &str, said: &step::Driver) -> (Action, String) {
    let folder = desk.host(&attribute(at, "source"), &said.source, HostKind::Drivers);
    let name = format!("Add the drivers of {}", host_name(&said.source));
    (Action::Driver(Driver { folder }), name)
}

/// A certificate.
pub(super) fn certificate(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Certificate,
) -> (Action, String) {
    let source = attribute(at, "source");
    let certificate = desk.host(&source, &said.source, HostKind::Certificate);
    let store = said.store.clone().unwrap_or_else(|| "Root".to_owned());
    if !STORES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&store))
    {
        let what = format!(
            "{} is no store of a machine's certificates",
            operand(&store)
        );
        let hint = match nearest(&store, STORES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`{}` are", STORES.join("`, `")),
        };
        desk.problem(&attribute(at, "store"), what, hint);
    }
    let name = format!("Trust {} in {store}", host_name(&said.source));
    (
        Action::Certificate(Certificate { certificate, store }),
        name,
    )
}
