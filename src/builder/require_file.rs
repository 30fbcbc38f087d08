//! `lucarne-builder require-file`: the builder of a file that only a person can provide.
//!
//! Its derivation is fixed-output, so Nix calls it only where the store lacks the file. It never
//! succeeds; it says how to put the file there.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde::Deserialize;

use crate::builder::attributes::Attributes;
use crate::failure::Failure;

/// An ISO of the table, which Nix knows and this program does not: an entry more would be another
/// builder, and another derivation of every image.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    name: String,
    hash: String,
}

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    let name: String = attributes.get("name")?;
    let hash: String = attributes.get("outputHash")?;
    let url: Option<String> = attributes.maybe("url")?.flatten();
    let known: Vec<Known> = attributes.maybe("known")?.unwrap_or_default();
    let place = attributes.out()?;
    let store = place
        .parent()
        .with_context(|| format!("`{place}` is no store path"))?;
    Err(Failure::Host(anyhow::anyhow!(
        "{store} has no `{name}`\n\n{}",
        way_out(&name, &hash, place.as_str(), url.as_deref()) + &others(&known)
    )))
}

/// What a person types. The root matters: no image refers to the ISO that it came from, so the
/// next garbage collection would take the ISO, and the next change of the image would want it.
fn way_out(name: &str, hash: &str, place: &str, url: Option<&str>) -> String {
    let from = url.map(|url| format!(" from\n\n    {url}\n\n"));
    let from = from.unwrap_or_else(|| ", ".to_owned());
    format!(
        "\
hint: Microsoft's ISOs may not be passed on; download it{from}and put it into the store:

    nix-store --add-fixed sha256 {name}

or, where the file has another name:

    nix store add-file --name {name} FILE

Either must print {place}.
If it prints another path, the file is another one: `nix hash file FILE` prints its
hash, which must be {hash}.
`lucarne iso --hash FILE` tells what it is, and the line that names it.
Keep it from being collected as garbage, since no image refers to it:

    nix-store --realise {place} --add-root ./{name}"
    )
}

/// Microsoft replaces an ISO by a later spin of it under the same link.
fn others(known: &[Known]) -> String {
    let mut text = String::new();
    if !known.is_empty() {
        text +=
            "\n\nOther spins of it have other hashes. If yours has one of these, write its line:";
    }
    for Known { name, hash } in known {
        _ = write!(
            text,
            "\n\n    {hash}\n    windowsIso = windows.utils.windowsIsos.{name};"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_message_has_every_command() {
        expect![[r"
            hint: Microsoft's ISOs may not be passed on; download it, and put it into the store:

                nix-store --add-fixed sha256 win11.iso

            or, where the file has another name:

                nix store add-file --name win11.iso FILE

            Either must print /nix/store/x-win11.iso.
            If it prints another path, the file is another one: `nix hash file FILE` prints its
            hash, which must be sha256-y.
            `lucarne iso --hash FILE` tells what it is, and the line that names it.
            Keep it from being collected as garbage, since no image refers to it:

                nix-store --realise /nix/store/x-win11.iso --add-root ./win11.iso"]]
        .assert_eq(&way_out(
            "win11.iso",
            "sha256-y",
            "/nix/store/x-win11.iso",
            None,
        ));
    }

    #[test]
    fn the_message_has_the_place_and_the_other_spins_where_they_are_known() {
        let url = Some("https://example.com/win11.iso");
        let text = way_out("win11.iso", "sha256-y", "/nix/store/x-win11.iso", url);
        let known = |name: &str, hash: &str| Known {
            name: name.to_owned(),
            hash: hash.to_owned(),
        };
        let known = [
            known("win11-older", "sha256-a"),
            known("win11-old", "sha256-b"),
        ];
        let start: Vec<_> = text.lines().take(7).collect();
        expect![[r"
            hint: Microsoft's ISOs may not be passed on; download it from

                https://example.com/win11.iso

            and put it into the store:

                nix-store --add-fixed sha256 win11.iso
            […]

            Other spins of it have other hashes. If yours has one of these, write its line:

                sha256-a
                windowsIso = windows.utils.windowsIsos.win11-older;

                sha256-b
                windowsIso = windows.utils.windowsIsos.win11-old;"]]
        .assert_eq(&(start.join("\n") + "\n[…]" + &others(&known)));
        assert_eq!(others(&[]), "");
    }
}
