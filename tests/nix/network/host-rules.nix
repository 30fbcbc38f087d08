# What a host's network may not be beside its machines and the rest of the host, each once wrong and once
# right: the same for the doubles and for the real NixOS and microvm.nix. `says` is a part of the one
# assertion that fails.
{ image }:
let
  network = options: { lucarne.network = options; };
  office = options: { lucarne.machines.office = { inherit image; } // options; };
  onBridge = office { network.mode = "bridge"; };
  both = a: b: { imports = [ a b ]; };
  pin = option: value: network { machines.office.${option} = value; };

  diskAt = path: {
    dataDisk = {
      sizeGiB = 1;
      inherit path;
    };
  };
  dataDisk = path: office (diskAt path);
  desk = path: {
    lucarne.machines.desk = {
      inherit image;
      identity.sid = "own";
    }
    // diskAt path;
  };

  twoOnBridge.lucarne.machines = builtins.mapAttrs (_: network: {
    inherit image network;
    identity.sid = "own";
  }) { a.mode = "bridge"; b.mode = "bridge"; };
  lan = address: prefixLength: {
    networking.interfaces.lan.ipv4.addresses = [ { inherit address prefixLength; } ];
  };
  wireguard = address: {
    networking.wireguard.interfaces.wg0 = {
      ips = [ address ];
      privateKeyFile = "/run/secrets/wg0";
    };
  };
  wgQuick = address: {
    networking.wg-quick.interfaces.wg0 = {
      address = [ address ];
      privateKeyFile = "/run/secrets/wg0";
    };
  };
  addressed =
    addresses:
    both
      (office {
        network = {
          mode = "bridge";
          inherit addresses;
        };
      })
      (network {
        ipv6.prefix = "fd12::/64";
        machines.office = {
          address = "10.213.0.7";
          address6 = "fd12::7";
        };
      });
  networkd = address: networkdAll [ address ];
  networkdAll =
    addresses:
    both (network { ipv6.prefix = "fd12::/64"; }) {
      systemd.network.networks.lan = {
        matchConfig.Name = "lan";
        addresses = map (address: { Address = address; }) addresses;
      };
    };
in
{
  # Without guests.
  hosts = {
    subnet = {
      says = "lucarne.network.ipv4.subnet: `10.0.0.1` is no address of IPv4";
      wrong = network { ipv4.subnet = "10.0.0.1"; };
      right = network { ipv4.subnet = "10.0.0.1/16"; };
    };
    strict = {
      says =
        "lucarne.network.strictAddresses: another machine has the address that the name of `b`"
        + " leads to";
      wrong = both (network {
        strictAddresses = true;
        ipv4.subnet = "10.0.0.1/29";
      }) twoOnBridge;
      right = both (network {
        strictAddresses = true;
        ipv4.subnet = "10.0.0.1/29";
        machines.b.address = "10.0.0.3";
      }) twoOnBridge;
    };
    too-small = {
      says = "lucarne.network.ipv4.subnet: `10.0.0.1/30` has no address for 1 of its 2";
      wrong = both (network { ipv4.subnet = "10.0.0.1/30"; }) twoOnBridge;
      right = both (network { ipv4.subnet = "10.0.0.1/29"; }) twoOnBridge;
    };
    one-mac = {
      says = "lucarne.network.machines.office.mac: its card's address `52:54:00:00:00:0a` is that of";
      wrong = both onBridge (network {
        machines.office.mac = "52:54:00:00:00:0A";
        machines.nas.mac = "52:54:00:00:00:0a";
      });
      right = both onBridge (network { machines.nas.mac = "52:54:00:00:00:0a"; });
    };
    one-address = {
      says = "lucarne.network.machines.office.address: its address `10.213.0.7` is that of `nas` too";
      wrong = both onBridge (network {
        machines.office.address = "10.213.0.7";
        machines.nas = {
          address = "10.213.0.7";
          mac = "52:54:00:00:00:0a";
        };
      });
      right = both onBridge (pin "address" "10.213.0.7");
    };
    unknown-machine = {
      says = "lucarne.network.machines.offcie: this host has no machine of that name";
      wrong = both onBridge (network { machines.offcie.address = "10.213.0.7"; });
      right = both onBridge (network {
        machines.offcie = {
          address = "10.213.0.7";
          mac = "52:54:00:00:00:0a";
        };
      });
    };
    unknown-machine-left-out = {
      says = "lucarne.network.machines.offcie: this host has no machine of that name";
      wrong = network { machines.offcie = { }; };
      right = network { machines.offcie.enable = false; };
    };
    # Windows machines' among themselves are told once, at their own option.
    one-data-disk = {
      says = "lucarne.machines.office.dataDisk.path: the data disk of `desk` lies in `/srv/x` too";
      wrong = both (dataDisk "/srv/x/data.qcow2") (desk "/srv/x/data.qcow2");
      right = both (dataDisk "/srv/x/data.qcow2") (desk "/srv/y/data.qcow2");
    };
    machine-elsewhere = {
      says = "lucarne.network.machines.office: `lucarne.machines.office` is not on this network";
      wrong = both (office { }) (pin "address" "10.213.0.7");
      right = both onBridge (pin "address" "10.213.0.7");
    };
    left-out-and-on-no-other-bridge = {
      says = "lucarne.machines.office.network.bridge: is missing";
      wrong = both onBridge (network { machines.office.enable = false; });
      right = both (office { network.mode = "user"; }) (network { machines.office.enable = false; });
    };
    left-out-of-a-network-without-a-bridge = {
      says = "lucarne.machines.office.network.bridge: is missing";
      wrong = both onBridge (network {
        mode = "routed";
        machines.office.enable = false;
      });
      right = both onBridge (network { mode = "routed"; });
    };
    windows-with-another-address = {
      says = "lucarne.network.machines.office.address: `10.213.0.7` is not `10.213.0.8`, which Windows";
      wrong = both (office {
        network = {
          mode = "bridge";
          addresses = [ "10.213.0.8/24" ];
        };
      }) (pin "address" "10.213.0.7");
      right = both (office {
        network = {
          mode = "bridge";
          addresses = [ "10.213.0.7/24" ];
        };
      }) (pin "address" "10.213.0.7");
    };
    # Beside its own one, Windows may have addresses of other networks.
    windows-with-a-second-address-of-ours = {
      says = "lucarne.network.machines.office.address6: `fd12::7` is not `fd12::8`, which Windows";
      wrong = addressed [
        "10.213.0.7/24"
        "FD12:0::7/64"
        "fd12::8/64"
      ];
      right = addressed [
        "10.213.0.7/24"
        "192.0.2.7/24"
        "FD12:0::7/64"
        "2001:db8::7/64"
      ];
    };
    windows-with-an-address-of-another-network-alone = {
      says = "lucarne.network.machines.office.address: `10.213.0.7` is not `192.0.2.7`, which Windows";
      wrong = addressed [ "192.0.2.7/24" ];
      right = addressed [ "2001:db8::7/64" "fd12::7/64" ];
    };
    windows-with-a-card-of-its-image = {
      says = "lucarne.network.machines.office.mac: `lucarne.machines.office.network.mac` is null";
      wrong = office {
        network = {
          mode = "bridge";
          mac = null;
        };
      };
      right = office { network.mac = null; };
    };
    overlap = {
      says =
        "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.213.0.254/16` of"
        + " `networking.interfaces.lan` overlap";
      wrong = lan "10.213.0.254" 16;
      right = lan "10.214.0.254" 16;
    };
    overlap-of-networkd = {
      says =
        "lucarne.network.ipv6.prefix: `fd12::/64` and `fd12:0::5/48` of `systemd.network.networks.lan`"
        + " overlap";
      wrong = networkd "fd12:0::5/48";
      right = networkd "fd12:1::5/48";
    };
    overlap-of-wireguard = {
      says = "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.213.0.5/32` of `networking.wireguard";
      wrong = wireguard "10.213.0.5/32";
      right = wireguard "10.213.1.5/32";
    };
    overlap-of-wg-quick = {
      says = "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.0.0.5/8` of `networking.wg-quick";
      wrong = wgQuick "10.0.0.5/8";
      right = wgQuick "11.0.0.5/8";
    };
    overlap-with-an-address-in-a-list = {
      says = "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.213.0.9/32` of `systemd.network";
      wrong.systemd.network.networks.lan.address = [ "10.213.0.9/32" ];
      right.systemd.network.networks.lan.address = [ "10.213.1.9/32" ];
    };
    overlap-with-an-address-among-the-settings = {
      says = "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.213.7.9/16` of `systemd.network";
      wrong.systemd.network.networks.lan.networkConfig.Address = "10.213.7.9/16";
      right.systemd.network.networks.lan.networkConfig.Address = [ "10.214.7.9/16" ];
    };
    overlap-with-an-address-without-a-length = {
      says = "lucarne.network.ipv6.prefix: `fd12::/64` and `fd12::5` of `systemd.network";
      wrong = networkd "fd12::5";
      right = networkd "fd12:0:0:1::5";
    };
    overlap-without-a-length-of-4 = {
      says = "lucarne.network.ipv4.subnet: `10.213.0.1/24` and `10.213.0.5` of `networking.wireguard";
      wrong = wireguard "10.213.0.5";
      right = wireguard "10.213.1.5";
    };
    # What is no address is not ours to tell.
    overlap-with-no-address = {
      says = "lucarne.network.ipv6.prefix: `fd12::/64` and `fd12::5/0` of `systemd.network";
      wrong = networkd "fd12::5/0";
      right = networkdAll [
        "fd12::5/064"
        "fd12::5/999"
        "fd12::5/129"
        "fd12::5%lan"
        "lan"
      ];
    };
    bridge-of-somebody-else = {
      says = "lucarne.network.bridge: `lucarne` is made by something else of this configuration too";
      wrong.networking.bridges.lucarne.interfaces = [ ];
      right.networking.bridges.br0.interfaces = [ ];
    };
    another-dnsmasq = {
      says = "lucarne.network.dns.enable: `services.dnsmasq` answers at each of the host's addresses";
      wrong.services.dnsmasq.enable = true;
      right.services.dnsmasq = {
        enable = true;
        settings.bind-interfaces = true;
      };
    };
    # Whatever the network's own problems are.
    forward = {
      says = "lucarne.network.forwards: tcp 80 leads to `office`, which is no machine of this network";
      wrong = network { forwards = [ { port = 80; machine = "office"; } ]; };
      right = both onBridge (network { forwards = [ { port = 80; machine = "office"; } ]; });
    };
  };

  # With guests of microvm.nix.
  guests = import ./guest-rules.nix { inherit both dataDisk image network; };
}
