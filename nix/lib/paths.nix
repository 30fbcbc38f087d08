# Paths as texts, of what need not be there when a host is evaluated.
let
  inherit (builtins)
    any
    elem
    filter
    genList
    isString
    length
    split
    ;

  # The names between the `/`, as they are written.
  written = path: filter isString (split "/" path);

  # The names from the root on, as the kernel goes through them where nothing is a link.
  names =
    path:
    builtins.foldl' (
      above: name:
      if name == "" || name == "." then
        above
      else if name == ".." then
        first (length above - 1) above
      else
        above ++ [ name ]
    ) [ ] (written path);
  first = many: list: genList (builtins.elemAt list) (if many > 0 then many else 0);

  # The store, and what NixOS and Nix have links to it in alone.
  stored = [
    builtins.storeDir
    "/etc/static"
    "/nix/var/nix/profiles"
    "/run/booted-system"
    "/run/current-system"
  ];

  odd = name: elem name [ "" "." ".." ];
in
rec {
  isAbsolute = path: builtins.substring 0 1 path == "/";

  # What a path names for a program that runs in a folder.
  fromRoot = folder: path: if isAbsolute path then path else "${folder}/${path}";

  # What systemd reads in a unit's line as it is written: it may cut blanks at an end and take
  # quotation marks away, goes on with the next line behind a `\`, and ends this one where it ends.
  isVerbatim =
    path:
    builtins.match "[^\"'\\[:cntrl:]]*" path != null && builtins.match ".*[[:space:]]" path == null;

  # As systemd takes one side of a bind mount (`BindPaths=`): `:` parts the two, and quotation marks,
  # `\` and control characters are read otherwise when a service starts, or not at all.
  isPlain =
    path:
    isAbsolute path
    && builtins.match "[^:\"'\\[:cntrl:]]*" path != null
    && !any odd (builtins.tail (written path));

  isInRoot = path: length (names path) < 2;

  # Whether a path is another one or lies below it.
  isIn =
    above: path:
    let
      wanted = names above;
    in
    first (length wanted) (names path ++ genList (_: null) (length wanted)) == wanted;

  # Whether one of two paths is the other, or lies below it.
  meet = one: other: isIn one other || isIn other one;

  # The first name of a path below another one, null where it does not lie there.
  firstBelow =
    above: path:
    let
      from = length (names above);
      all = names path;
    in
    if isIn above path && length all > from then builtins.elemAt all from else null;

  isSame = one: other: names one == names other;

  # The one spelling of all paths that are the same.
  normal = path: "/" + builtins.concatStringsSep "/" (names path);

  # Whether everybody on the host can read what a path or a text names: it lies in the store, or is
  # a path of Nix', which is copied there when it becomes a text.
  isStored = path: builtins.isPath path || any (folder: isIn folder (toString path)) stored;
}
