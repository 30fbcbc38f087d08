# What the stand-in is made with, of a package set: its program, the programs that this starts, and
# files by the options that name them.
{ pkgs, standin }:
let
  programs = [
    pkgs.cdrkit
    pkgs.dosfstools
    pkgs.glibc.bin
    pkgs.mtools
    pkgs.ntfs3g
    pkgs.openssl
    pkgs.python3Packages.virt-firmware
    pkgs.sbsigntool
    pkgs.systemdUkify
    pkgs.util-linux
    pkgs.wimlib
    pkgs.xz
    pkgs.zstd
  ];
  inherit (pkgs.linuxPackages) kernel;
in
{
  standin = "${standin}/bin/lucarne-standin";
  path = builtins.concatStringsSep ":" (map (package: "${package}/bin") programs);
  sources = {
    ovmf-vars = "${pkgs.OVMFFull.fd}/FV/OVMF_VARS.fd";
    efi-programs = "${pkgs.systemdUkify}/lib/systemd/boot/efi";
    kernel = "${kernel}/bzImage";
    modules = "${kernel.modules or kernel}/lib/modules/${kernel.modDirVersion}";
  };
}
