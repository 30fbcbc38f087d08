# The part of this repository that images depend on: what lucarne-builder is compiled from. A
# list of what is let in, so that a new folder is left out until it is asked for: every image is
# installed again when this source changes.
let
  root = ../..;
  prefix = builtins.stringLength (toString root) + 1;

  included = [
    "Cargo.lock"
    "Cargo.toml"
    "data/account-names.tsv"
    "data/keyboards.tsv"
    "data/locales.tsv"
    "data/product-keys.tsv"
    "data/time-zones.tsv"
    "data/unattend-settings.json"
    "protocol"
    "src"
  ];

  # Modules of src that only the feature `cli` compiles.
  excluded = [
    "src/cli"
    "src/doctor"
    "src/exec/replace"
    "src/export"
    "src/instance"
    "src/machine/run"
    "src/selftest"
  ];

  # Compiled by no build: `#[cfg(test)] mod tests;`, and what tests in several files share.
  isTest =
    path:
    builtins.elem (baseNameOf path) [
      "fixture.rs"
      "tests.rs"
      "transcripts.rs"
    ];

  relative = path: builtins.substring prefix (-1) (toString path);
  isBelow =
    folder: path: builtins.substring 0 (builtins.stringLength folder + 1) path == "${folder}/";
  isIn = path: entry: path == entry || path == "${entry}.rs" || isBelow entry path;
  # A folder that is not let in itself is walked for what is let in below it.
  leadsTo = path: entry: isBelow path entry;
in
builtins.path {
  name = "lucarne-builder-source";
  path = root;
  filter =
    path: _type:
    let
      here = relative path;
    in
    builtins.any (entry: isIn here entry || leadsTo here entry) included
    && !builtins.any (isIn here) excluded
    && !isTest here;
}
