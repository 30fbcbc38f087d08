# What working on Lucarne needs beside an editor: Rust, and the tools that `lucarne install` is
# told of with `--tools`.
{ pkgs }:
pkgs.mkShell {
  packages = [
    pkgs.cargo
    pkgs.clippy
    pkgs.rustc
    pkgs.rustfmt
    pkgs.nixfmt-tree
    pkgs.qemu_kvm
    pkgs.swtpm
    pkgs.wimlib
  ];
}
