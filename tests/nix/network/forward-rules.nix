# What forwards of a network may not be, as rules.nix has it.
{ on }:
let
  one = settings: on { a = { }; } settings;
  two = on {
    a = { };
    b = { };
  };
  three = on {
    a = { };
    b = { };
    c = { };
  };
  with6 = settings: one ({ prefix = "fd12::/64"; } // settings);
  names = listen: {
    port = 53;
    protocol = "udp";
    machine = "a";
    inherit listen;
  };
in
{
  forward-to-nobody = {
    says = "forwards: tcp 80 leads to `b`, which is no machine of this network";
    wrong = one { forwards = [ { port = 80; machine = "b"; } ]; };
    right = one { forwards = [ { port = 80; machine = "a"; } ]; };
  };
  forward-at-nothing = {
    says = "forwards: tcp 80 is at `host`, which is no address";
    wrong = one { forwards = [ { port = 80; machine = "a"; listen = "host"; } ]; };
    right = one { forwards = [ { port = 80; machine = "a"; listen = "192.0.2.1"; } ]; };
  };
  forward-at-the-host-itself = {
    says = "forwards: tcp 80 is at `127.0.0.2`, which has no way to a machine";
    wrong = one { forwards = [ { port = 80; machine = "a"; listen = "127.0.0.2"; } ]; };
    right = one { forwards = [ { port = 80; machine = "a"; listen = "128.0.0.1"; } ]; };
  };
  forward-at-the-host-itself-by-6 = {
    says = "forwards: tcp 80 is at `0::1`, which has no way to a machine";
    wrong = with6 { forwards = [ { port = 80; machine = "a"; listen = "0::1"; } ]; };
    right = with6 { forwards = [ { port = 80; machine = "a"; listen = "fd12::1"; } ]; };
  };
  forward-from-6-to-4 = {
    says = "forwards: tcp 80 is at `2001:db8::1`, and no machine has an address of IPv6";
    wrong = one { forwards = [ { port = 80; machine = "a"; listen = "2001:db8::1"; } ]; };
    right = with6 { forwards = [ { port = 80; machine = "a"; listen = "2001:db8::1"; } ]; };
  };
  forward-of-no-port = {
    says = "forwards: tcp 80 leads to 0: 0 is no port";
    wrong = one { forwards = [ { port = 80; machine = "a"; machinePort = 0; } ]; };
    right = one { forwards = [ { port = 80; machine = "a"; machinePort = 1; } ]; };
  };
  forward-of-names = {
    says = "forwards: tcp 53 is what machines ask the host itself by";
    wrong = one { forwards = [ { port = 53; machine = "a"; } ]; };
    right = one {
      forwards = [ { port = 53; machine = "a"; } ];
      domain = null;
    };
  };
  forward-of-names-at-the-router = {
    says = "forwards: udp 53 is what machines ask the host itself by";
    wrong = with6 { forwards = [ (names "FD12:0::1") ]; };
    right = with6 { forwards = [ (names "2001:db8::1") ]; };
  };
  forward-of-leases = {
    says = "forwards: udp 67 is what machines ask the host itself by";
    wrong = one { forwards = [ { port = 67; machine = "a"; protocol = "udp"; } ]; };
    right = one { forwards = [ { port = 67; machine = "a"; protocol = "tcp"; } ]; };
  };
  forward-twice = {
    says = "forwards: tcp 80 of the host leads to `a` and to `b`";
    wrong = two {
      forwards = [
        { port = 80; machine = "a"; }
        { port = 80; machine = "b"; listen = "192.0.2.1"; }
      ];
    };
    right = two {
      forwards = [ { port = 80; machine = "a"; } { port = 80; machine = "b"; protocol = "udp"; } ];
    };
  };
  forward-twice-at-one-address = {
    says = "forwards: tcp 80 of the host leads to `a` and to `b`";
    wrong = two {
      forwards = [
        { port = 80; machine = "a"; listen = "192.0.2.1"; }
        { port = 80; machine = "b"; listen = "192.0.2.1"; }
      ];
    };
    right = two {
      forwards = [
        { port = 80; machine = "a"; listen = "192.0.2.1"; }
        { port = 80; machine = "b"; listen = "192.0.2.2"; }
      ];
    };
  };
  forward-twice-at-one-address-of-6 = {
    says = "forwards: tcp 80 of the host leads to `a` and to `b`";
    wrong = two {
      prefix = "fd12::/64";
      forwards = [
        { port = 80; machine = "a"; listen = "2001:db8::1"; }
        { port = 80; machine = "b"; listen = "2001:DB8:0::1"; }
      ];
    };
    right = two {
      prefix = "fd12::/64";
      forwards = [
        { port = 80; machine = "a"; listen = "2001:db8::1"; }
        { port = 80; machine = "b"; listen = "2001:db8::2"; }
      ];
    };
  };
  # As programs that listen have it, of one family each.
  forward-at-every-address-of-6 = {
    says = "forwards: tcp 80 is at `::`, and no machine has an address of IPv6";
    wrong = one { forwards = [ { port = 80; machine = "a"; listen = "::"; } ]; };
    right = with6 { forwards = [ { port = 80; machine = "a"; listen = "::"; } ]; };
  };
  forward-twice-at-every-address = {
    says = "forwards: tcp 80 of the host leads to `a` and to `b`";
    wrong = two {
      prefix = "fd12::/64";
      forwards = [
        { port = 80; machine = "a"; listen = "0.0.0.0"; }
        { port = 80; machine = "b"; listen = "192.0.2.1"; }
      ];
    };
    right = two {
      prefix = "fd12::/64";
      forwards = [
        { port = 80; machine = "a"; listen = "0.0.0.0"; }
        { port = 80; machine = "b"; listen = "::"; }
      ];
    };
  };
  # Those that meet are named, whoever is between them.
  forward-twice-of-three = {
    says = "forwards: tcp 80 of the host leads to `b` and to `c`";
    wrong = three {
      forwards = [
        { port = 80; machine = "a"; listen = "192.0.2.1"; }
        { port = 80; machine = "b"; listen = "192.0.2.2"; }
        { port = 80; machine = "c"; listen = "192.0.2.2"; }
      ];
    };
    right = three {
      forwards = [
        { port = 80; machine = "a"; listen = "192.0.2.1"; }
        { port = 80; machine = "b"; listen = "192.0.2.2"; }
        { port = 80; machine = "c"; listen = "192.0.2.3"; }
      ];
    };
  };
}
