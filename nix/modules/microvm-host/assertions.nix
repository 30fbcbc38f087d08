# What is wrong with a host's network as far as evaluation can tell.
{ config, lib, ... }:
let
  cfg = config.lucarne.microvm.host;
  inherit (cfg.network) basic;
  assertion = import ../assertion.nix "lucarne.microvm.host";

  bytes = toString (builtins.stringLength basic.name);
  isInterface = import ../../lib/machine/is-interface.nix;
  inherit (import ../../lib/network/ipv4.nix) parseNetwork;
  v4 = parseNetwork basic.ipv4Subnet;
  isNetwork = !(v4 ? problem) && v4.length > 0;
  v6 = "[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){0,3}::";
in
{
  config = lib.mkIf (cfg.enable && basic.enable) {
    assertions = map assertion [
      {
        holds = isInterface basic.name;
        at = "network.basic.name";
        what = "`${basic.name}` has ${bytes} bytes and can be no interface's name";
        hint = "1 to 15 letters, digits and `-._` make one, such as `microvm`";
      }
      {
        # networkd's DHCP server does not start with another one.
        holds = !isNetwork || v4.length <= 30 && v4.address != v4.first && v4.address != v4.last;
        at = "network.basic.ipv4Subnet";
        what = "`${basic.ipv4Subnet}` is no host's address, or leaves guests none";
        hint = "take one between the network's first and last, with a prefix of 30 bits at most";
      }
      {
        holds = isNetwork;
        at = "network.basic.ipv4Subnet";
        what = "`${basic.ipv4Subnet}` is no address with the length of a prefix";
        hint = "write the bridge's own address and the length, such as `10.213.0.1/24`";
      }
      {
        holds = builtins.match v6 basic.ipv6Prefix != null;
        at = "network.basic.ipv6Prefix";
        what = "`${basic.ipv6Prefix}` is no prefix of 64 bits";
        hint = "write at most four groups and `::`, such as `fd12:3456:789a::`";
      }
    ];
  };
}
