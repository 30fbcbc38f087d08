# The reference of the modules' options, by the names of pages: each a text in Markdown, and the options
# that are in it. `lib` is that of nixpkgs, and needs neither packages nor NixOS: what an option says of
# itself is all that is read.
{ lib }:
let
  pages = {
    options-machines = {
      of = "lucarne.machines";
      prefix = "lucarne.";
      elsewhere = "lucarne.network.";
      guide = "nixos.md";
      modules = [
        (import ../modules {
          package = null;
          tools = { };
        })
      ];
    };
    options-network = {
      of = "lucarne.network";
      prefix = "lucarne.network.";
      guide = "network.md";
      modules = [ ../modules/network ];
    };
    options-microvm-host = {
      of = "lucarne.microvm.host";
      prefix = "lucarne.microvm.host.";
      guide = "microvm.md";
      modules = [ ../modules/microvm-host ];
    };
    options-microvm-guest = {
      of = "lucarne.microvm.guest";
      prefix = "lucarne.microvm.guest.";
      guide = "microvm.md";
      modules = [ ../modules/microvm-guest ];
    };
  };

  optionsOf =
    page:
    let
      # What they define is for a host, which is not here.
      known = lib.evalModules { modules = page.modules ++ [ { config._module.check = false; } ]; };
      isPages =
        name:
        lib.hasPrefix page.prefix name && !(page ? elsewhere && lib.hasPrefix page.elsewhere name);
      isShown = option: option.visible && !option.internal && isPages option.name;
    in
    lib.filter isShown (lib.optionAttrSetToDocList known.options);
in
lib.mapAttrs (
  _: page:
  let
    options = optionsOf page;
  in
  {
    inherit options;
    text = import ./page.nix {
      inherit (page) guide of;
      inherit options;
    };
  }
) pages
