# What the README and the guides show, over the doubles: the blocks of each page as functions of the
# names that pages may use, in their order -> what comes of each, and the specs in it.
pages:
let
  inherit (builtins) attrValues;
  windows = import ./windows.nix { };
  inherit (import ./host.nix) lucarne;
  inherit (import ./guests/double.nix) theirGuest theirHost;
  nixosSystem = import ./systems/nixos.nix;

  iso =
    name:
    windows.utils.windowsIso {
      name = "${name}.iso";
      hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    };
  # What a page leaves out, by `…` or in a comment.
  least = {
    name = "page";
    windowsIso = iso "page";
  };
  lucarneFlake = {
    lib.windows = { pkgs }: import ./windows.nix { inherit pkgs; };
    nixosModules = {
      default = lucarne;
      network = ../../nix/modules/network;
      microvm-guest = ../../nix/modules/microvm-guest;
      microvm-host = ../../nix/modules/microvm-host;
    };
  };
  image = windows.makeBaseImage least;
  withSsh = windows.makeBaseImage (
    least // { steps = [ (windows.custom.network.withSshServer { keys = [ ]; }) ]; }
  );
  given = windows: {
    inherit image iso windows;
    config.sops.secrets.office.path = "/run/secrets/office";
    lib = import ./nixpkgs/lib.nix;
    lucarne = lucarneFlake;
    microvm.nixosModules = {
      host = theirHost;
      microvm = theirGuest;
    };
    pkgs = import ./nixpkgs { };
    some-image = image;
  };
  # As it stands there, and with what it leaves out.
  whole = block: block (given windows);
  filled =
    block:
    block (
      given (
        windows
        // {
          makeBaseImage =
            args: windows.makeBaseImage (least // builtins.removeAttrs args (nulls args));
        }
      )
    );
  nulls = args: builtins.filter (name: args.${name} == null) (builtins.attrNames args);

  of = drv: {
    drv = builtins.unsafeDiscardStringContext drv.drvPath;
    spec = if drv ? spec then told drv.spec else null;
  };
  # What else the ISO says, where an image's spec leaves it to that.
  told =
    spec:
    if spec.schema != "lucarne.spec/1" then
      spec
    else
      { edition = "Windows 11 Pro"; } // spec // { locale = { ui = "en-US"; } // spec.locale or { }; };
  setup = builtins.toFile "setup.msi" "";
  imageOf = args: of (windows.makeBaseImage (least // args));

  host =
    modules:
    let
      inherit
        (nixosSystem {
          modules = [
            {
              networking.hostName = "host";
              system.stateVersion = "25.11";
            }
          ]
          ++ modules;
        })
        config
        ;
    in
    of config.system.build.toplevel // { inherit (config) warnings; };
  br0.networking.bridges.br0.interfaces = [ ];

  kinds = {
    derivation = block: of (filled block);
    image = block: of (whole block);
    filled-image = block: of (filled block);
    arguments = block: imageOf (whole block);
    host = block: host [ (filled block) ];
    on-bridge =
      block:
      host [
        br0
        lucarne
        (filled block)
      ];
    # Options of one machine, whose image has what they are for.
    machine =
      block:
      host [
        lucarne
        { lucarne.machines.office = { image = withSsh; } // whole block; }
      ];
    # A function that gives a step, of a text and of a file of the host's.
    step-of-text = block: imageOf { steps = map (step: step "hello") (attrValues (whole block)); };
    step-of-file = block: imageOf { steps = map (step: step setup) (attrValues (whole block)); };
    flake =
      block:
      of
        (
          (whole block).outputs {
            nixpkgs.legacyPackages.x86_64-linux = import ./nixpkgs { };
            lucarne = lucarneFlake;
          }
        ).packages.x86_64-linux.first;
  };

  # The blocks of each page in their order: what each is.
  known = {
    "README.md" = [
      "image"
      "arguments"
      "on-bridge"
    ];
    "docs/export.md" = [ "derivation" ];
    "docs/layers.md" = [
      "filled-image"
      "derivation"
    ];
    "docs/network.md" = [ "host" ];
    "docs/nixos.md" = [
      "host"
      "machine"
      "host"
    ];
    "docs/provisioning.md" = [
      "filled-image"
      "filled-image"
      "step-of-text"
      "step-of-file"
    ];
    "docs/tutorial.md" = [ "flake" ];
  };
in
builtins.mapAttrs (
  page: blocks:
  let
    said = known.${page} or (throw "tests/nix/pages.nix: what are the blocks of ${page}?");
  in
  if builtins.length said != builtins.length blocks then
    throw "tests/nix/pages.nix: ${page} has ${toString (builtins.length blocks)} blocks"
  else
    builtins.genList (
      n: kinds.${builtins.elemAt said n} (builtins.elemAt blocks n)
    ) (builtins.length said)
) pages
