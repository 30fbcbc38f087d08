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

  callPackageOf =
    set: file: arguments:
    let
      function = import file;
    in
    function (builtins.intersectAttrs (builtins.functionArgs function) set // arguments);

  # What is built for Windows.
  mingw = self // {
    callPackage = callPackageOf mingw;
    windows.pthreads = package "mingw-w64-pthreads-13.0.0" { };
  };

  self = {
    lib = import ./lib.nix;

    stdenv.hostPlatform = {
      inherit system;
      isDarwin = false;
    };

    callPackage = callPackageOf self;

    rustPlatform.buildRustPackage =
      {
        pname,
        version,
        src,
        cargoLock,
        meta,
        buildInputs ? [ ],
        buildNoDefaultFeatures ? false,
        buildType ? "release",
        cargoBuildFlags ? [ ],
        doCheck ? true,
        env ? { },
        nativeBuildInputs ? [ ],
        postInstall ? "",
        sourceRoot ? "source",
      }:
      assert builtins.pathExists cargoLock.lockFile;
      package "${pname}-${version}" {
        inherit
          src
          sourceRoot
          buildInputs
          buildNoDefaultFeatures
          buildType
          cargoBuildFlags
          doCheck
          nativeBuildInputs
          postInstall
          ;
        cargoLock = "${cargoLock.lockFile}";
        env = builtins.toJSON env;
      }
      // {
        inherit meta pname version;
      };

    installShellFiles = package "install-shell-files" { };
    makeBinaryWrapper = package "make-binary-wrapper-hook" { };

    symlinkJoin =
      {
        name,
        paths,
        nativeBuildInputs ? [ ],
        postBuild ? "",
        meta ? { },
      }:
      package name { inherit paths nativeBuildInputs postBuild; } // { inherit meta; };

    mkShell =
      {
        packages,
        inputsFrom ? [ ],
      }:
      package "nix-shell" { inherit packages inputsFrom; };

    writeShellScriptBin =
      name: text:
      package name { inherit text; };

    writeText =
      name: text:
      package name { inherit text; };

    linkFarm =
      name: entries:
      package name { entries = builtins.toJSON (builtins.mapAttrs (_: entry: "${entry}") entries); };

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

    coreutils = package "coreutils-9.8" { };
    cdrkit = package "cdrkit-1.1.11" { };
    dnsmasq = package "dnsmasq-2.92" { };
    dosfstools = package "dosfstools-4.2" { };
    glibc = {
      bin = package "glibc-2.42-bin" { };
      static = package "glibc-2.42-static" { };
    };
    iproute2 = package "iproute2-6.17.0" { };
    linuxPackages.kernel = package "linux-6.18.1" { } // {
      modDirVersion = "6.18.1";
      modules = package "linux-6.18.1-modules" { };
    };
    mtools = package "mtools-4.0.49" { };
    ntfs3g = package "ntfs3g-2022.10.3" { };
    openssl = package "openssl-3.6.0" { };
    python3Packages.virt-firmware = package "virt-firmware-25.7" { };
    sbsigntool = package "sbsigntool-0.9.5" { };
    systemdUkify = package "systemd-258.2" { };
    util-linux = package "util-linux-2.41.2-bin" { };
    xz = package "xz-5.8.1-bin" { };
    zstd = package "zstd-1.5.7-bin" { };

    pkgsCross.mingwW64 = mingw;

    OVMFFull.fd = package "OVMF-202505-fd" { };
    nftables = package "nftables-1.1.6" { };
    nix = package "nix-2.34.0" { };
    nixfmt-tree = package "nixfmt-tree" { };
    qemu = package "qemu-11.0.0" { };
    qemu_kvm = package "qemu-host-cpu-only-11.0.0" { };
    swtpm = package "swtpm-0.10.1" { };
    # A NixOS test is a derivation with its driver beside it.
    testers.runNixOSTest =
      test:
      package "vm-test-run-${test.name}" { requiredSystemFeatures = [ "kvm" ]; } // { inherit test; };
    virtiofsd = package "virtiofsd-1.13.2" { };
    virtio-win.src = package "virtio-win.iso" { };
    wimlib = package "wimlib-1.14.4" { };
  };
in
self
