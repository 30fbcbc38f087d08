# What is wrong with the place of a machine's data disk, as far as its path tells.
# { name, path } -> { what, hint }, or null.
let
  paths = import ../paths.nix;

  # What is emptied at each start of the host or after some days, or was never a disk's.
  passing = [
    "/dev"
    "/proc"
    "/run"
    "/sys"
    "/tmp"
    # Whoever needs room may empty it.
    "/var/cache"
    "/var/run"
    "/var/tmp"
  ];

  # Where systemd has the folders of services whose users it makes up (`DynamicUser=`): one of
  # another service would be given away like an earlier one of the machine's.
  made = map (kind: "/var/${kind}/private") [
    "lib"
    "log"
  ];
in
{ name, path }:
let
  folder = "/srv/lucarne/${name}";
  plainly =
    "write it from the root on, without quotation marks, `\\`, `:`, `.`, `..`, `//` and `/` at its"
    + " end, such as `${folder}/data.qcow2`";

  # A link to where systemd has it (`DynamicUser=`).
  state = "/var/lib/lucarne/${name}";
  above = builtins.filter (folder: paths.isIn folder path);
  is = folders: above folders != [ ];
  the = folders: "lies in `${builtins.head (above folders)}`";
in
if !paths.isAbsolute path then
  {
    what = "is no absolute path";
    hint = plainly;
  }
else if !paths.isPlain path then
  {
    what = "`${path}` is not written plainly";
    hint = plainly;
  }
else if paths.isInRoot path then
  {
    what = "lies in `/`, which can be no machine's own";
    hint = "name a folder that holds nothing else, such as `${folder}`";
  }
# So says `lucarne data-folder`.
else if paths.isInRoot (dirOf path) then
  {
    what = "`${dirOf path}` lies in `/`, as parts of the host do";
    hint = "name a folder that holds nothing else, such as `${folder}`";
  }
else if is [ "/root" ] then
  {
    what = "lies in `/root`, where only root gets";
    hint = "name a folder that others may go through, such as `${folder}`";
  }
else if is passing then
  {
    what = "${the passing}, where no file stays";
    hint = "name a folder that is kept, such as `${folder}`";
  }
else if is made then
  {
    what = "${the made}, where systemd has services' own folders";
    hint = "name a folder that no service has, such as `${folder}`";
  }
else if paths.isStored path then
  {
    what = "lies in the store, which nobody writes to";
    hint = "name a folder of the host's, such as `${folder}`";
  }
else if is [ state ] then
  {
    what = "lies in `${state}`, the machine's state folder";
    hint = "leave it out: the disk is in that folder then";
  }
else if paths.isIn (dirOf path) state then
  {
    what = "`${dirOf path}` holds the machine's state folder, `${state}`";
    hint = "name a folder that holds nothing else, such as `${folder}`";
  }
else
  null
