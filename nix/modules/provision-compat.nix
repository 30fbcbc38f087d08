# The names of provision-nix: `provision.virt.microvm.{host,guest}`, and `vm`, as its code has it for
# `guest`. Leaf by leaf, so that priorities (`mkForce`, `mkDefault`) come through.
{ config, lib, ... }:
let
  theirs = [
    "provision"
    "virt"
    "microvm"
  ];
  ours = [
    "lucarne"
    "microvm"
  ];
  alias =
    from: to: leaf:
    lib.mkAliasOptionModule (theirs ++ [ from ] ++ leaf) (ours ++ [ to ] ++ leaf);
  paths = map (lib.splitString ".");

  host = paths [
    "enable"
    "network.basic.enable"
    "network.basic.ipv4Subnet"
    "network.basic.ipv6Prefix"
    "network.basic.name"
    "network.basic.tapTagMatch"
    "network.nat.enable"
    "qemu-bridge-fix"
  ];
  guest = paths [
    "cid"
    "enable"
    "hypervisor"
    "machineid"
    "mem"
    "mounts"
    "network.base.enable"
    "network.base.id"
    "network.base.mac"
    "network.base.n"
    "network.base.type"
    "socket"
    "store.readonly.enable"
    "store.readwrite.enable"
    "store.readwrite.size"
    "vcpu"
  ];
in
{
  imports = [
    ./microvm-guest
    ./microvm-host
  ]
  ++ map (alias "host" "host") host
  ++ map (alias "guest" "guest") guest
  ++ map (alias "vm" "guest") guest;

  # That module declares these and enables none.
  config.lucarne.microvm.guest.mounts = lib.mkIf config.lucarne.microvm.guest.enable (
    import ./microvm-guest/known-mounts.nix { inherit lib; }
  );
}
