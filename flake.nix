{
  description = "Turns a Windows ISO into a Nix value: unattended installs as store paths";

  # Images are built with this nixpkgs whatever the host uses: a `follows` here, or an update of
  # the lock, installs every image again. Nix 2.24 or newer.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      own = self.packages.${system};
      standin = import ./nix/checks/standin.nix {
        inherit system;
        tools = import ./nix/checks/standin-tools.nix {
          inherit pkgs;
          standin = own.lucarne-standin;
        };
      };
    in
    {
      lib = {
        # { pkgs, tools ? … } -> { makeBaseImage, makeSystemdService, … }. `pkgs` tells the
        # system; the tools are those of the nixpkgs that is locked here, so that an image outlives
        # the host's updates.
        windows =
          {
            pkgs,
            tools ? self.lib.tools,
          }:
          import ./nix/lib {
            inherit (pkgs.stdenv.hostPlatform) system;
            inherit tools;
          };

        tools = import ./nix/tools.nix {
          inherit pkgs;
          builder = own.lucarne-builder;
          guest = own.lucarne-guest;
          inherit (own) lucarne;
        };
      };

      # `lucarne.machines.<name>`.
      nixosModules.default = import ./nix/modules {
        inherit (self.lib) tools;
        package = own.lucarne;
      };

      # `lucarne.network`, which `default` has too.
      nixosModules.network = ./nix/modules/network;

      # Linux guests of microvm.nix: `lucarne.microvm.{host,guest}`, and provision-nix' names of them.
      nixosModules.microvm-host = ./nix/modules/microvm-host;
      nixosModules.microvm-guest = ./nix/modules/microvm-guest;
      nixosModules.provision-compat = ./nix/modules/provision-compat.nix;

      packages.${system} = {
        default = pkgs.callPackage ./nix/packages/lucarne-with-tools.nix {
          inherit (own) lucarne;
          inherit (self.lib) tools;
        };
        lucarne = pkgs.callPackage ./nix/packages/lucarne.nix { };
        lucarne-builder = pkgs.callPackage ./nix/packages/lucarne-builder.nix { };
        lucarne-guest = pkgs.pkgsCross.mingwW64.callPackage ./nix/packages/lucarne-guest.nix { };
        lucarne-standin = pkgs.callPackage ./nix/packages/standin.nix { };
        # The reference of options, as it is in docs/.
        docs = pkgs.callPackage ./nix/packages/docs.nix { };
      };

      apps.${system}.demo = {
        type = "app";
        program = "${pkgs.callPackage ./nix/packages/demo.nix { flake = self; }}/bin/lucarne-demo";
        meta.description = "Installs Windows from an ISO into the store and shows what came of it";
      };

      templates = import ./nix/templates;

      overlays.default = _final: _prev: { inherit (own) lucarne lucarne-builder; };

      checks.${system} = {
        evaluation = import ./nix/checks/evaluation.nix { inherit pkgs; };
        modules = import ./nix/checks/modules.nix {
          inherit pkgs;
          nixpkgs = "${nixpkgs}";
        };
        install = import ./nix/checks/install.nix {
          windows = given: self.lib.windows ({ inherit pkgs; } // given);
          inherit (self.lib) tools;
          inherit standin;
        };
        # Steps on top of it.
        layer = self.checks.${system}.install.addLayer {
          name = "standin-layer";
          steps = [ { directory.path = "C:\\Layer"; } ];
        };
        # Its tests are cargo's.
        inherit (own) lucarne lucarne-builder;
      };

      # What needs KVM, and an ISO that a person brings.
      legacyPackages.${system}.vmTests = import ./nix/checks/vm-tests.nix {
        inherit pkgs;
        windows = self.lib.windows { inherit pkgs; };
        module = self.nixosModules.default;
      };

      devShells.${system}.default = import ./nix/shell.nix { inherit pkgs; };

      formatter.${system} = pkgs.nixfmt-tree;
    };
}
