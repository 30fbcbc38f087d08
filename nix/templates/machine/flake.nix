{
  description = "A host of NixOS with a Windows machine";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    # Its own nixpkgs builds the image: a `follows` would install Windows again with each update.
    lucarne.url = "flake:lucarne";
  };

  outputs =
    { nixpkgs, lucarne, ... }:
    let
      system = "x86_64-linux";
      windows = lucarne.lib.windows { pkgs = nixpkgs.legacyPackages.${system}; };
      image = import ./windows.nix windows;
    in
    {
      packages.${system} = {
        inherit image;
        default = image;
      };

      nixosConfigurations.host = nixpkgs.lib.nixosSystem {
        modules = [
          lucarne.nixosModules.default
          ./host.nix
          { lucarne.machines.office = { inherit image; }; }
        ];
      };
    };
}
