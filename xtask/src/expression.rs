//! Writes Nix expressions that build images with this repository's flake and the tool root's tools.

use camino::Utf8Path;
use serde_json::Value;

use crate::store::Fixed;

/// Everything that an image is made of, as values that Nix can be told.
pub(crate) struct Image<'a> {
    pub(crate) repository: &'a Utf8Path,
    /// The store path of `lucarne-builder`.
    pub(crate) builder: &'a Utf8Path,
    /// The store path of the variables with the keys of the ISO's boot loaders.
    pub(crate) vars_ms: Option<&'a Utf8Path>,
    /// The store path of the guest program, which the stand-in does without.
    pub(crate) guest: Option<&'a Utf8Path>,
    pub(crate) tools: &'a Value,
    pub(crate) spec: &'a Value,
    pub(crate) windows: &'a Fixed,
    pub(crate) virtio_win: Option<&'a Fixed>,
}

/// The image. The flake's outputs are called as Nix calls them, but from the working copy as it
/// lies there; its nixpkgs is not needed where tools are handed in, and an error if it were.
pub(crate) fn image(image: &Image) -> String {
    let Image { builder, .. } = image;
    let flake = path(&image.repository.join("flake.nix"));
    let tools = json(image.tools);
    let spec = json(image.spec);
    let stored = |path: &Utf8Path| format!("builtins.storePath {path}");
    let vars = image
        .vars_ms
        .map(|path| format!("varsMs = {};", stored(path)));
    let vars = vars.unwrap_or_default();
    let guest = image.guest.map(|path| format!("guest = {};", stored(path)));
    let guest = guest.unwrap_or_default();
    let windows = fixed(image.windows);
    let drivers = image
        .virtio_win
        .map(|iso| format!("virtioWinIso = {};", fixed(iso)));
    let drivers = drivers.unwrap_or_default();
    let builder = stored(builder);
    format!(
        "let
  self = (import {flake}).outputs {{
    inherit self;
    nixpkgs = throw \"nixpkgs is not needed where the tools are given\";
  }};
  windows = self.lib.windows {{
    pkgs.stdenv.hostPlatform.system = \"x86_64-linux\";
    tools = {tools} // {{ builder = {builder}; {vars} {guest} }};
  }};
in
windows.makeBaseImage ({spec} // {{ windowsIso = {windows}; {drivers} }})
"
    )
}

fn fixed(iso: &Fixed) -> String {
    let (name, hash) = (iso.name, &iso.hash);
    format!("windows.utils.windowsIso {{ name = \"{name}\"; hash = \"{hash}\"; }}")
}

/// JSON as a Nix value. Two quotes end Nix's own kind of string, and `${` begins an insertion.
pub(crate) fn json(value: &Value) -> String {
    let text = value.to_string().replace("''", "'''").replace("${", "''${");
    format!("builtins.fromJSON ''{text}''")
}

/// A path as a Nix value. Written as it is it could hold neither a blank nor a letter beyond ASCII.
fn path(path: &Utf8Path) -> String {
    format!("(/. + {})", json(&Value::from(path.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_value_whatever_it_holds() {
        assert_eq!(
            path("/srv/Jürgen/my ${code}/flake.nix".into()),
            "(/. + builtins.fromJSON ''\"/srv/Jürgen/my ''${code}/flake.nix\"'')"
        );
    }
}
