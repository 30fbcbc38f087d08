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

  # What Windows is told itself is what others are told of it.
  ofWindows = lib.concatMap (
    name:
    let
      inherit (registry.${name}) address address6;
      plain = text: lib.head (lib.splitString "/" text);
      strange = lib.filter (
        text:
        !lib.elem (plain text) [
          address
          address6
        ]
      ) windows.${name}.network.addresses;
    in
    map (
      text:
      told (ofMachine name "address") "`${toString address}` is not `${plain text}`, which Windows is told"
        "write the same here, or leave `lucarne.machines.${attribute name}.network.addresses` out"
    ) strange
  ) (lib.filter (name: registry ? ${name}) (lib.attrNames windows));

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
