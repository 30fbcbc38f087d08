# What is wrong with the network and its machines, and with them and the rest of the host. Here alone the
# configurations of guests are read.
{
  config,
  lib,
  options,
  ...
}@module:
let
  cfg = config.lucarne.network;
  inherit (cfg) plan registry;
  assertion = import ../assertion.nix;
  ipv4 = import ../../lib/network/ipv4.nix;
  ipv6 = import ../../lib/network/ipv6.nix;
  inherit (import ../../lib/network/words.nix) attribute ofMachine;

  told = at: what: hint: {
    holds = false;
    inherit at hint what;
  };
  ofPlan = map ({ at, what, hint }: told at what hint) plan.problems;

  windows = config.lucarne.machines or { };
  guests = lib.optionalAttrs (options ? microvm.vms) config.microvm.vms;
  # One of Windows' is in both where microvm.nix' host runs it.
  twice = lib.filter (name: guests ? ${name} && !windows.${name}.asMicrovm) (lib.attrNames windows);
  ofTwice = map (
    name:
    told (ofMachine name "hostName")
      (
        "`lucarne.machines.${attribute name}` and `microvm.vms.${attribute name}` are of one name, and"
        + " would have one card's address"
      )
      "call one of them otherwise"
  ) twice;

  # A name that is mistyped would be a machine of its own.
  ofUnknown = lib.concatMap (
    name:
    let
      said = cfg.machines.${name};
      isWindows = windows ? ${name};
      bridge =
        if cfg.mode == "routed" then
          "`network.mode = \"bridge\"` without `bridge`"
        else
          "`network.mode = \"bridge\"` and `bridge = \"${cfg.bridge}\"`";
    in
    if !said.enable || guests ? ${name} then
      [ ]
    else if isWindows then
      lib.optional (!(registry ? ${name})) (
        told "machines.${attribute name}" "`lucarne.machines.${attribute name}` is not on this network"
          "give that ${bridge}, or leave this out"
      )
    else
      lib.optional (said.mac == null) (
        told "machines.${attribute name}" "this host has no machine of that name"
          "write it as it is called; what else is on the bridge is known by its `mac`"
      )
  ) (lib.attrNames cfg.machines);

  # What Windows is told itself is what others are told of it. Beside that it may have addresses of other
  # networks.
  ofWindows = lib.concatMap (
    name:
    let
      own = "lucarne.machines.${attribute name}.network";
      said = map normal windows.${name}.network.addresses;
      strange =
        option: here: isHere: texts:
        map
          (
            text:
            told (ofMachine name option) "`${here}` is not `${text}`, which Windows is told"
              "write the same here, or leave `${own}.addresses` out"
          )
          (
            lib.filter (
              text: here != null && text != here && (isHere text || !lib.elem here texts)
            ) texts
          );
    in
    lib.optional (windows.${name}.network.mac == null) (
      told (ofMachine name "mac") "`${own}.mac` is null, so that its card has an address of the image's too"
        "leave that out for the one of the machine's name, or say one"
    )
    ++ strange "address" registry.${name}.address isHere4 (lib.filter (text: ipv4.parse text != null) said)
    ++ strange "address6" registry.${name}.address6 isHere6 (
      lib.filter (text: ipv6.parse text != null) said
    )
  ) (lib.filter (name: registry ? ${name}) (lib.attrNames windows));
  # An address without the length of its prefix, as the registry writes it.
  normal =
    text:
    let
      plain = lib.head (lib.splitString "/" text);
      groups = ipv6.parse plain;
    in
    if groups == null then plain else ipv6.format groups;
  isHere4 =
    text: plan.registry.subnet != null && ipv4.contains plan.registry.subnet (ipv4.parse text);
  isHere6 = text: plan.registry.link != null && ipv6.contains plan.registry.link (ipv6.parse text);

  rules =
    ofPlan
    ++ ofTwice
    ++ ofUnknown
    ++ ofWindows
    ++ import ./guest-assertions.nix module told
    ++ import ./host-assertions.nix module told;
in
{
  config = lib.mkIf cfg.enable {
    assertions = map (assertion "lucarne.network") rules;
    inherit (plan) warnings;
  };
}
