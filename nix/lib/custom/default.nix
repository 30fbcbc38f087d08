# `windows.custom`: steps by what they are for, under the names that the earlier system gave them.
# Each is a step, a list of them, or a function to one; `steps` of an image and `compile` take
# them nested. What they hold is typed data: the rules are src/plan/steps's.
let
  step = import ./step.nix;
  fetch = import ./fetch.nix;
in
{
  compile = import ./compile.nix {
    at = "custom.compile";
    ofText = text: { cmd.text = text; };
  };

  system = import ./system.nix step;
  network = import ./network.nix { inherit step fetch; };
  debloat = import ./debloat.nix step;
  explorer = import ./explorer.nix step;
  desktop = import ./desktop.nix step;
  software = import ./software.nix { inherit step fetch; };
}
