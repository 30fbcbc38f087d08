# The computer's name, and what it does not ask DHCP for.
{
  computerName = "LAB-7";
  network = {
    workgroup = "LABORATORY";
    dnsSuffixes = [
      "lab.example.org"
      "example.org"
    ];
    interfaces = {
      Ethernet = {
        addresses = [
          "192.0.2.10/24"
          "2001:db8::10/64"
        ];
        gateways = [
          "192.0.2.1"
          "fe80::1"
        ];
        dnsServers = [
          "192.0.2.53"
          "2001:db8::53"
        ];
        dnsSuffix = "lab.example.org";
      };
      # An interface has a MAC address when nobody knows its name.
      "52:54:00:ab:cd:ef".dnsServers = [ "198.51.100.53" ];
    };
  };
}
