//! `lucarne-builder require-file`: the builder of a file that only a person can provide.
//!
//! Its derivation is fixed-output, so Nix calls it only where the store lacks the file. It never
//! succeeds; it says how to put the file there.

use anyhow::Context as _;

use crate::builder::attributes::Attributes;
use crate::failure::Failure;

pub(super) fn run(attributes: &Attributes) -> Result<(), Failure> {
    let name: String = attributes.get("name")?;
    let hash: String = attributes.get("outputHash")?;
    let place = attributes.out()?;
    let store = place
        .parent()
        .with_context(|| format!("`{place}` is no store path"))?;
    Err(Failure::Host(anyhow::anyhow!(
        "{store} has no `{name}`\n\n{}",
        way_out(&name, &hash, place.as_str())
    )))
}

/// What a person types. The root matters: no image refers to the ISO that it came from, so the
/// next garbage collection would take the ISO, and the next change of the image would want it.
fn way_out(name: &str, hash: &str, place: &str) -> String {
    format!(
        "\
hint: Microsoft's ISOs may not be passed on; download it, and put it into the store:

    nix-store --add-fixed sha256 {name}

or, where the file has another name:

    nix store add-file --name {name} FILE

Either must print {place}.
If it prints another path, the file is another one: `nix hash file FILE` prints its
hash, which must be {hash}.
Keep it from being collected as garbage, since no image refers to it:

    nix-store --realise {place} --add-root ./{name}"
    )
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
            Keep it from being collected as garbage, since no image refers to it:

                nix-store --realise /nix/store/x-win11.iso --add-root ./win11.iso"]]
        .assert_eq(&way_out("win11.iso", "sha256-y", "/nix/store/x-win11.iso"));
    }
}
