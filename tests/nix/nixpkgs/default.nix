# A double of nixpkgs, so that everything evaluates without a network. It proves nothing about
# nixpkgs itself: that is why nix/tools.nix and nix/packages are all that touches it. Functions
# take exactly the arguments that nixpkgs documents and this project uses; another one is an error.
{
  system ? "x86_64-linux",
}:
let
  package =
    name: attributes:
    derivation (
      {
        inherit name system;
        builder = "/the/double/of/nixpkgs/builds/nothing";
      }
      // attributes
    );

  self = {
    stdenv.hostPlatform = {
      inherit system;
    };

    callPackage =
      file: arguments:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) self // arguments);

    rustPlatform.buildRustPackage =
      {
        pname,
        version,
        src,
        cargoLock,
        meta,
        buildNoDefaultFeatures ? false,
        cargoBuildFlags ? [ ],
        doCheck ? true,
      }:
      assert builtins.pathExists cargoLock.lockFile;
      package "${pname}-${version}" {
        inherit
          src
          buildNoDefaultFeatures
          cargoBuildFlags
          doCheck
          ;
        cargoLock = "${cargoLock.lockFile}";
      }
      // {
        inherit meta pname version;
      };

    mkShell =
      {
        packages,
        inputsFrom ? [ ],
      }:
      package "nix-shell" { inherit packages inputsFrom; };

    writeText =
      name: text:
      package name { inherit text; };

    cargo = package "cargo-1.96.0" { };
    clippy = package "clippy-1.96.0" { };
    rustc = package "rustc-1.96.0" { };
    rustfmt = package "rustfmt-1.96.0" { };

    writeShellApplication =
      {
        name,
        runtimeInputs,
        text,
      }:
      package name { inherit runtimeInputs text; };

    OVMFFull.fd = package "OVMF-202505-fd" { };
    nix = package "nix-2.34.0" { };
    nixfmt-tree = package "nixfmt-tree" { };
    qemu_kvm = package "qemu-host-cpu-only-11.0.0" { };
    swtpm = package "swtpm-0.10.1" { };
    virtio-win.src = package "virtio-win.iso" { };
    wimlib = package "wimlib-1.14.4" { };
  };
in
self
