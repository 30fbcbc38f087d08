# The snippets of provision-nix' own page about microvm.nix, as they stand there; `full` has its
# commented lines too.
{
  host.provision.virt.microvm.host = {
    enable = true;
    network = {
      nat.enable = true;
      basic = {
        enable = true;
      };
    };
  };
  host-full.provision.virt.microvm.host = {
    enable = true;
    network = {
      nat.enable = true;
      basic = {
        enable = true;
        name = "microvm"; # change bridge name
        ipv4Subnet = "10.213.0.1/24"; # change internal IPv4 range
        ipv6Prefix = "fd12:3456:789a::"; # change internal IPv6 range
      };
    };
  };

  guests = {
    basic = {
      microvm.guest.enable = true;
      provision.virt.microvm.guest = {
        enable = true;
        vcpu = 2;
        mem = 1000;
        hypervisor = "cloud-hypervisor";
      };
    };
    network.provision.virt.microvm.guest = {
      network.base = {
        enable = true;
      };
    };
    mounts.provision.virt.microvm.guest = {
      mounts.cni = {
        enable = true;
        mountpoint = "/var/lib/cni"; # mountpoint in guest
        volume.size = 1000; # by default, a mount is a volume
      };
      mounts.persist = {
        enable = true;
        mountpoint = "/persist";
        share.enable = true; # use as a share
      };
    };
    readonly = {
      provision.virt.microvm.guest.store.readonly.enable = true;
    };
    readwrite.provision.virt.microvm.guest = {
      store.readwrite = {
        enable = true;
        size = 5000; # 5 GB writable nix store within guest VM
      };
    };
    full.provision.virt.microvm.guest = {
      machineid = "deadbeaf"; # optionally set machine-id of guest
      network.base.n = 1;
      mounts.persist = {
        enable = true;
        mountpoint = "/persist";
        share.enable = true;
        share.proto = "9p"; # change share protocol, default: `virtiofs`
      };
      # Which cloud-hypervisor has not.
      hypervisor = "qemu";
    };
  };
}
