# The only border to nixpkgs: maps a package set to the paths that the derivations hand over.
# Everything else in nix/lib uses `builtins` alone, so that the same functions build with another
# distribution's paths. The names are those of src/tools.rs, and `builder`, `lucarne` and
# `virtioWinIso`.
{
  pkgs,
  builder,
  guest,
  lucarne,
}:
let
  # OVMFFull is built with Secure Boot, SMM and the TPM, and enrolls Microsoft's keys into a third
  # file; a plain OVMF has none of these.
  firmware = "${pkgs.OVMFFull.fd}/FV";
  # qemu_kvm emulates the host's own architecture only. qemu_test would be smaller, but has neither
  # seccomp nor PNG.
  qemu = "${pkgs.qemu_kvm}/bin";
in
{
  builder = "${builder}/bin/lucarne-builder";
  # Not run here: the media carry it.
  guest = "${guest}/bin/lucarne-guest.exe";

  qemu = "${qemu}/qemu-system-x86_64";
  qemuImg = "${qemu}/qemu-img";
  qemuIo = "${qemu}/qemu-io";
  qemuNbd = "${qemu}/qemu-nbd";
  swtpm = "${pkgs.swtpm}/bin/swtpm";
  wimlib = "${pkgs.wimlib}/bin/wimlib-imagex";

  code = "${firmware}/OVMF_CODE.fd";
  vars = "${firmware}/OVMF_VARS.fd";
  varsMs = "${firmware}/OVMF_VARS.ms.fd";

  # A machine's alone: what runs it, serves it folders, and makes its interface.
  lucarne = "${lucarne}/bin/lucarne";
  virtiofsd = "${pkgs.virtiofsd}/bin/virtiofsd";
  ip = "${pkgs.iproute2}/bin/ip";

  # The package is the unpacked folder; its source is the ISO itself.
  virtioWinIso = "${pkgs.virtio-win.src}";
}
