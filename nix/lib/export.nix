# { <format> = image -> { name ? … } -> what another engine takes of an image, a derivation; … }.
# Its builder is `lucarne`, as a machine's: no image depends on it, and its checks are the helper's.
# One of them is made here too, for it would come after hours of installing.
{ system, tools }:
let
  # What each engine's disks hang on; null where a format is a file's alone. src/export has the same.
  formats = builtins.fromJSON (builtins.readFile ../../data/export-buses.json);
  isImage = import ./is-image.nix;
  paths = import ./install-tools.nix tools;
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
    [ bus ] ++ (if spec ? virtioWinIso then builtins.filter (other: other != bus) virtio else [ ]);

  words = buses: builtins.concatStringsSep " or " (map (bus: "`${bus}`") buses);

  fits =
    format: image: value:
    let
      spec = bottom image;
      mine = startsFrom spec;
      theirs = formats.${format};
      known = builtins.elem (builtins.head mine) (
        virtio
        ++ [
          "nvme"
          "sata"
        ]
      );
    in
    if
      builtins.isAttrs image
      && image ? spec
      && theirs != null
      && known
      && !builtins.any (bus: builtins.elem bus theirs) mine
    then
      throw (
        "lucarne: export.${format}: disk.bus: the Windows of `${spec.name}` starts from ${words mine},"
        + " and `${format}` has no such disk\n"
        + "hint: install it with ${words theirs}, or with `virtioWinIso`: its drivers start from both"
        + " buses of virtio's"
      )
    else
      value;

  export =
    format: image: args:
    let
      at = "export.${format}";
      wrong = unknown args;
      own = if builtins.isAttrs image then image.spec.name or null else null;
      name = args.name or (if own == null then "windows-${format}" else "${own}-${format}");
    in
    if !isImage image then
      throw (
        "lucarne: ${at}: what is given is beside an image, and none itself\n"
        + "hint: name a value of `makeBaseImage` or `addLayer`"
      )
    else if wrong != [ ] then
      throw "lucarne: ${at}: ${(builtins.head wrong).what}\nhint: ${(builtins.head wrong).hint}"
    else
      fits format image (derivation {
        name = import ./store-name.nix at name;
        inherit system format;
        image = "${image}";
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
