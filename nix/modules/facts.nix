# What evaluation knows of an image: what was asked for when it was made. Never its output, which
# would be built for an answer; the manifest in it is read when the machine is built. Of a path
# nothing is known, and each fact is null.
image:
let
  lower = import ../lib/lower.nix;

  # Of an image and of all that it lies on, or was made flat of, the highest first.
  chain =
    image:
    let
      below = image.base or image.flattened or null;
    in
    [ image ] ++ (if below == null then [ ] else chain below);
  specs = builtins.concatMap (image: if image ? spec then [ image.spec ] else [ ]) (
    if builtins.isAttrs image then chain image else [ ]
  );
  isKnown = specs != [ ];
  # A layer has no hardware and no accounts of its own.
  installed = if isKnown then builtins.elemAt specs (builtins.length specs - 1) else { };

  stepsOf = spec: if builtins.isList (spec.steps or null) then spec.steps else [ ];
  steps = builtins.concatMap stepsOf specs;
  has = name: if isKnown then builtins.any (step: step.name or null == name) steps else null;

  users = installed.users or { };
  # Windows does not tell upper and lower case apart in names (src/plan/groups.rs).
  is = name: value: builtins.isString value && lower value == name;
  isAdministrator = name: builtins.any (is "administrators") (users.${name}.groups or [ ]);
  administrators = builtins.filter isAdministrator (builtins.attrNames users);
in
{
  # What it was installed with, where nothing was said by default (src/plan/install.rs).
  tpm = if isKnown then installed.tpm or true else null;
  cores = if isKnown then installed.machine.cores or 4 else null;
  memoryMib = if isKnown then installed.machine.memoryMib or 4096 else null;

  # Steps of the catalogue by their names (nix/lib/custom).
  hasShares = has "Mount what the host shares";

  # Whether a step, of the catalogue or not, is about the server's service.
  hasSsh = if isKnown then builtins.any (step: is "sshd" (step.service.name or null)) steps else null;

  administrator = if administrators == [ ] then "Administrator" else builtins.head administrators;
}
