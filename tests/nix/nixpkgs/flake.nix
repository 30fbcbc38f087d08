{
  description = "A double of nixpkgs: the attributes that this flake uses, and no others";

  outputs = _: {
    legacyPackages.x86_64-linux = import ./. { };
    # What a template calls.
    lib.nixosSystem = import ../systems/nixos.nix;
  };
}
