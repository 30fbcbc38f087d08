# What of a host's machines may be meant, and is worth a word.
{ config, lib, ... }:
let
  inherit (config.lucarne) machines network;
  names = lib.attrNames machines;
  warn = of: what: hint: "lucarne.machines${of}${what}\n  hint: ${hint}";
  listed = lib.concatStringsSep ", ";

  # Machines of one image that are one for Windows, where one can log on to the other: on one network
  # that does not keep them apart. Whether one of them serves files is not asked: each Windows has
  # shares of its own making, scripts make others, and Remote Desktop logs on as well.
  isShared = name: machines.${name}.identity.sid == "shared";
  isApart = name: network.enable && network.isolation && network.registry ? ${name};
  isReached = name: machines.${name}.network.mode == "bridge" && !isApart name;
  imageOf = name: builtins.unsafeDiscardStringContext (toString machines.${name}.image);
  placeOf = name: "${toString machines.${name}.network.bridge} ${imageOf name}";
  alike = lib.filter (same: lib.length same > 1) (
    lib.attrValues (lib.groupBy placeOf (lib.filter (name: isShared name && isReached name) names))
  );

  # PCI devices of several machines.
  whole =
    address: lib.toLower (if builtins.stringLength address == 7 then "0000:${address}" else address);
  ownersOf = address: lib.filter (name: lib.elem address (map whole machines.${name}.pci)) names;
  addresses = lib.unique (lib.concatMap (name: map whole machines.${name}.pci) names);
  contested = lib.filter (address: lib.length (ownersOf address) > 1) addresses;

  # Machines with keys for an image that no step gives a server; what a script does is not known.
  keysOf =
    { credentials, ... }:
    credentials.authorizedKeys
    ++ lib.concatMap (account: account.authorizedKeys) (lib.attrValues credentials.accounts);
  hasSsh = name: (import ./facts.nix machines.${name}.image).hasSsh;
  mute = lib.filter (name: keysOf machines.${name} != [ ] && hasSsh name == false) names;

  # Machines of which nothing listens for others.
  openOf = import ./open.nix lib;
  closed = lib.filter (name: machines.${name}.openFirewall && openOf machines.${name} == [ ]) names;
in
{
  config.warnings =
    map (
      same:
      warn ": " (
        "${listed same} are of one image, on one network, and have one security identifier: newer"
        + " Windows refuses to log on from one to the other"
      ) "`identity.sid = \"own\"` gives each its own"
    ) alike
    ++ map (
      address:
      warn ": " (
        "${listed (ownersOf address)} have the PCI device `${address}`: only one of them starts while"
        + " it has it"
      ) "leave it to one, or switch `autoStart` off and start them in turn"
    ) contested
    ++ map (
      name:
      warn ".${name}.credentials: " "no step of the image starts `sshd`, which its keys are for"
        "add `network.withSshServer { … }` of the catalogue, unless a script of yours brings a server"
    ) mute
    ++ map (
      name:
      warn ".${name}.openFirewall: " "it opens nothing: nothing of the machine's is for others" (
        "leave it out, or give a port of `network.forwardPorts` or `display.vnc` an address such as"
        + " \"0.0.0.0\"; on a bridge the firewall is Windows' own"
      )
    ) closed;
}
