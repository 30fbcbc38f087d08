# A host of NixOS with a machine on it, in a VM whose CPU lets it run another: a NixOS test.
{ module, image }:
{
  name = "lucarne-machine";

  nodes.host = {
    imports = [ module ];

    # Windows, and the host around it.
    virtualisation = {
      cores = 4;
      memorySize = 8192;
      diskSize = 65536;
      qemu.options = [ "-cpu host" ];
    };

    networking.bridges.br0.interfaces = [ ];

    lucarne.machines = {
      office = {
        inherit image;
        dataDisk.sizeGiB = 4;
        network = {
          mode = "bridge";
          bridge = "br0";
        };
      };
      play = {
        inherit image;
        autoStart = false;
        identity.sid = "own";
      };
    };
  };

  # The host is up before Windows; the service is when Windows is.
  testScript = ''
    host.wait_for_unit("multi-user.target")
    host.wait_for_unit("lucarne-office.service", timeout=1800)
    host.succeed("ip link show master br0 | grep vm-office")
    host.succeed("lucarne ctl office status | grep ready")
    host.succeed("lucarne ctl office screenshot /tmp/office.png")
    host.copy_from_vm("/tmp/office.png")

    # What is written to D: outlives a stop, and the system disk does not.
    host.succeed(r"lucarne ctl office exec -- cmd /c 'echo kept> D:\kept.txt'")
    host.succeed(r"lucarne ctl office exec -- cmd /c 'echo gone> C:\gone.txt'")
    host.succeed(r"lucarne ctl office exec -- cmd /c 'if not exist C:\gone.txt exit 1'")
    host.succeed("systemctl restart lucarne-office.service")
    host.succeed(r"lucarne ctl office exec -- cmd /c 'type D:\kept.txt' | grep kept")
    host.succeed(r"lucarne ctl office exec -- cmd /c 'if exist C:\gone.txt exit 1'")

    host.succeed("systemctl stop lucarne-office.service")
    host.fail("ip link show vm-office")
    host.fail("systemctl is-failed lucarne-office.service")
  '';
}
