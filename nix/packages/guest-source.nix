# The part of this repository that the guest program is compiled from: every image is installed
# again when it changes.
let
  root = ../..;
  prefix = builtins.stringLength (toString root) + 1;

  included = [
    "guest/Cargo.lock"
    "guest/Cargo.toml"
    "guest/src"
    "protocol"
  ];

  # Compiled by no build.
  isTest =
    path:
    builtins.elem (baseNameOf path) [
      "target"
      "tests.rs"
    ];

  relative = path: builtins.substring prefix (-1) (toString path);
  isBelow =
    folder: path: builtins.substring 0 (builtins.stringLength folder + 1) path == "${folder}/";
  isIn = path: entry: path == entry || isBelow entry path;
  leadsTo = path: entry: isBelow path entry;
in
builtins.path {
  name = "lucarne-guest-source";
  path = root;
  filter =
    path: _type:
    let
      here = relative path;
    in
    builtins.any (entry: isIn here entry || leadsTo here entry) included && !isTest here;
}
