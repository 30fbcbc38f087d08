# Rules of rules.nix that are about what a machine is connected to.
{ office, two }:
let
  bridge = {
    mode = "bridge";
    bridge = "br0";
  };
  port = portOf "127.0.0.1";
  portOf = address: hostPort: {
    network.forwardPorts = [
      {
        inherit address hostPort;
        guestPort = 3389;
      }
    ];
  };
  addressed = link: address: { network = link // { addresses = [ address ]; }; };
  tap = tap: { network = bridge // { inherit tap; }; };
  networkd = enable: {
    systemd.network.netdevs."10-br2" = {
      inherit enable;
      netdevConfig = {
        Kind = "bridge";
        Name = "br2";
      };
    };
  };
in
{
  tap-too-long = {
    says = "office.network.tap: `vm-of-the-office` has 16 bytes";
    wrong = office { network = bridge // { tap = "vm-of-the-office"; }; };
    right = office { network = bridge // { tap = "vm-of-theoffice"; }; };
  };
  tap-of-characters = {
    says = "office.network.tap: `vm%d` has 4 bytes and can be no interface's name";
    wrong = office { network = bridge // { tap = "vm%d"; }; };
    right = office { network = bridge // { tap = "vm-d"; }; };
  };
  tap-of-dots = {
    says = "office.network.tap: `..` has 2 bytes and can be no interface's name";
    wrong = office { network = bridge // { tap = ".."; }; };
    right = office { network = bridge // { tap = "vm.."; }; };
  };
  tap-that-is-the-bridge = {
    says = "office.network.tap: `br0` is another interface of the host's";
    wrong = office (tap "br0");
    right = office (tap "vm-br0");
  };
  tap-that-is-a-bridge-made-elsewhere = {
    says = "office.network.tap: `br9` is another interface of the host's";
    wrong = office {
      network = {
        mode = "bridge";
        bridge = "br9";
        bridgeIsElsewhere = true;
        tap = "br9";
      };
    };
    right = office (tap "br9");
  };
  bridge-name = {
    says = "office.network.bridge: `br@1` can be no interface's name";
    wrong = office {
      network = bridge // {
        bridge = "br@1";
        bridgeIsElsewhere = true;
      };
    };
    right = office {
      network = bridge // {
        bridge = "br-1";
        bridgeIsElsewhere = true;
      };
    };
  };
  bridge-missing = {
    says = "office.network.bridge: is missing";
    wrong = office { network.mode = "bridge"; };
    right = office { network = bridge; };
  };
  bridge-unknown = {
    says = "office.network.bridge: this configuration makes no bridge `br1`";
    wrong = office { network = bridge // { bridge = "br1"; }; };
    right = office {
      network = bridge // {
        bridge = "br1";
        bridgeIsElsewhere = true;
      };
    };
  };
  bridge-of-networkd = {
    says = "office.network.bridge: this configuration makes no bridge `br2`";
    wrong = {
      imports = [ (office { network = bridge // { bridge = "br2"; }; }) ];
      systemd.network.netdevs."10-br2".netdevConfig = {
        Kind = "vlan";
        Name = "br2";
      };
    };
    right = {
      imports = [ (office { network = bridge // { bridge = "br2"; }; }) ];
      systemd.network.netdevs."10-br2".netdevConfig = {
        Kind = "bridge";
        Name = "br2";
      };
    };
  };
  bridge-that-is-off = {
    says = "office.network.bridge: this configuration makes no bridge `br2`";
    wrong.imports = [
      (office { network = bridge // { bridge = "br2"; }; })
      (networkd false)
    ];
    right.imports = [
      (office { network = bridge // { bridge = "br2"; }; })
      (networkd true)
    ];
  };
  bridge-of-another-mode = {
    says = "office.network.bridge: is of the mode `bridge`";
    wrong = office { network.bridge = "br0"; };
    right = office { network = bridge; };
  };
  ports-of-another-mode = {
    says = "office.network.forwardPorts: is of the mode `user`";
    wrong = office { network = bridge // (port 13389).network; };
    right = office (port 13389);
  };
  port-of-root = {
    says = "office.network.forwardPorts: the machine has no right to ports below 1024";
    wrong = office (port 22);
    right = office (port 1024);
  };
  one-mac = {
    says = "b.network.mac: `52:54:00:aa:00:01` is the card's address of `a` too";
    wrong = two { network.mac = "52:54:00:AA:00:01"; } { network.mac = "52-54-00-aa-00-01"; };
    right = two { network.mac = "52:54:00:aa:00:01"; } { network.mac = "52:54:00:aa:00:02"; };
  };
  one-address = {
    says = "b.network.addresses: `192.0.2.10` is an address of `a` on the same bridge";
    wrong = two (addressed bridge "192.0.2.10/24") (addressed bridge "192.0.2.10/25");
    right = two (addressed { } "192.0.2.10/24") (addressed bridge "192.0.2.10/24");
  };
  one-tap = {
    says = "b.network.tap: `vm0` is the interface of `a` too";
    wrong = two (tap "vm0") (tap "vm0");
    right = two (tap "vm0") { network = bridge; };
  };
  one-port = {
    says = "b.display.vnc: `a` listens on the host's port tcp 5901 too";
    wrong = two (port 5901) { display.vnc.port = 5901; };
    right = two (port 5900) { display.vnc.port = 5901; };
  };
  one-port-of-all-addresses = {
    says = "b.network.forwardPorts: `a` listens on the host's port tcp 13389 too";
    wrong = two (portOf "0.0.0.0" 13389) (port 13389);
    right = two (portOf "127.0.0.2" 13389) (port 13389);
  };
}
