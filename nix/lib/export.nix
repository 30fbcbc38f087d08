# { <format> = image -> { name ? … } -> what another engine takes of an image, a derivation; … }.
# Its builder is `lucarne`, as a machine's: no image depends on it, and its checks are the helper's.
# One of them is made here too, for it would come after hours of installing.
{ system, tools }:
let
  inherit (builtins)
    elem
    filter
    head
    isAttrs
    ;
  # What each engine's disks hang on; null where a format is a file's alone. src/export has the same.
  formats = builtins.fromJSON (builtins.readFile ../../data/export-buses.json);
  imagePlace = import ./image-place.nix {
    isBuilt = true;
    otherwise = ", or let `lucarne export` read it where it is";
  };
  isWhole = import ./is-whole.nix;
  nameProblem = import ./name-problem.nix;
  paths = import ./install-tools.nix tools;
  refuse = import ./refuse.nix;
  unknown = import ./unknown.nix [ "name" ];

  lucarne =
    tools.lucarne or (throw "lucarne: `tools` names no `lucarne`, the program that makes exports");

  # The spec that a disk's bus stands in, below all layers.
  bottom =
    image:
    if image ? base then
      bottom image.base
    else if image ? flattened then
      bottom image.flattened
    else
      image.spec;

  virtio = [
    "virtio-scsi"
    "virtio-blk"
  ];

  # What Windows starts from: what it is installed on, and with virtio-win's drivers both of
  # virtio's. What is no bus at all is told by Rust.
  startsFrom =
    spec:
    let
      bus = spec.disk.bus or "virtio-scsi";
    in
    [ bus ] ++ (if spec ? virtioWinIso then filter (other: other != bus) virtio else [ ]);

  words = buses: builtins.concatStringsSep " or " (map (bus: "`${bus}`") buses);

  # Of a folder nothing is known.
  ofBus =
    format: image:
    let
      spec = bottom image;
      mine = startsFrom spec;
      theirs = formats.${format};
      known = elem (head mine) (
        virtio
        ++ [
          "nvme"
          "sata"
        ]
      );
    in
    if
      isAttrs image
      && image ? spec
      && theirs != null
      && known
      && !builtins.any (bus: elem bus theirs) mine
    then
      [
        {
          at = "disk.bus";
          what =
            "the Windows of `${spec.name}` starts from ${words mine}, and `${format}` has no such"
            + " disk";
          hint =
            "install it with ${words theirs}, or with `virtioWinIso`: its drivers start from both buses of"
            + " virtio's";
        }
      ]
    else
      [ ];

  ofArguments =
    args:
    # An image is a set too, whose names are not what was meant.
    if !isAttrs args || isWhole args then
      [
        {
          at = "";
          what =
            let
              kind = if isAttrs args then "a package" else import ./kind.nix args;
            in
            "what follows the image is ${kind}, and no set of arguments";
          hint = "write { }, or { name = \"NAME\"; }";
        }
      ]
    else
      map (it: it // { at = ""; }) (unknown args)
      ++ (
        let
          problem = nameProblem args.name;
        in
        if args ? name && problem != null then [ (problem // { at = "name"; }) ] else [ ]
      );

  export =
    format: image: args:
    let
      place = imagePlace image;
      problems =
        (
          if place.problem == null then
            ofBus format image
          else
            [ (place.problem // { at = "image"; }) ]
        )
        ++ ofArguments args;
      own = if isAttrs image then image.spec.name or null else null;
    in
    refuse "export.${format}" problems (derivation {
      name = args.name or (if own == null then "windows-${format}" else "${own}-${format}");
      inherit system format;
      image = place.folder;
      builder = lucarne;
      args = [ "build-export" ];
      __structuredAttrs = true;
      # The image is on this machine, and has gigabytes.
      preferLocalBuild = true;
      # Windows may not be passed on; build.nix says what that forbids.
      allowSubstitutes = false;
      # It is for machines without this store.
      outputChecks.out.allowedReferences = [ ];
      tools = paths;
    });
in
builtins.mapAttrs (format: _: export format) formats
