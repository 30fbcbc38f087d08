{
  description = "A host of microvm.nix with a Linux guest and a Windows machine on one network";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    # Its own nixpkgs builds the image: a `follows` would install Windows again with each update.
    lucarne.url = "flake:lucarne";
  };

  outputs =
    {
      nixpkgs,
      microvm,
      lucarne,
      ...
    }:
    let
      system = "x86_64-linux";
      windows = lucarne.lib.windows { pkgs = nixpkgs.legacyPackages.${system}; };
      image = windows.makeBaseImage {
        name = "office";
        windowsIso = windows.utils.windowsIsos.windows-11-enterprise-evaluation-26200-6584;
        edition = "Windows 11 Enterprise Evaluation";
        locale.ui = "en-US";
      };
    in
    {
      packages.${system}.default = image;

      nixosConfigurations.host = nixpkgs.lib.nixosSystem {
        modules = [
          microvm.nixosModules.host
          lucarne.nixosModules.default
          lucarne.nixosModules.microvm-host
          ./host.nix
          {
            lucarne.machines.office = { inherit image; };
            microvm.vms.web.config.imports = [
              lucarne.nixosModules.microvm-guest
              ./web.nix
            ];
          }
        ];
      };
    };
}
