# A derivation of the helper's: what images, layers and their media have in common.
# storeName -> spec -> suffix -> attributes -> the derivation.
{ system, tools }:
let
  functions = import ./functions.nix;
  refuse = import ./refuse.nix;
in
storeName: spec: suffix: attributes:
derivation (
  {
    name = "${storeName}-${suffix}";
    inherit system;
    # All else that is wrong with it is told by Rust; a function does not come that far.
    spec = refuse "`${storeName}`" (functions spec) spec;
    inherit (tools) builder;
    __structuredAttrs = true;
    # What is done within seconds, or reads an image once, is not worth the way to another machine.
    # What starts Windows says otherwise.
    preferLocalBuild = true;
    # Windows may not be passed on. This forbids fetching it from a cache, not pushing it to one;
    # who has a cache of their own sets `always-allow-substitutes` of Nix.
    allowSubstitutes = false;
  }
  // attributes
)
