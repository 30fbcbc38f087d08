# Files at the root of C: for as long as steps run: `makeBaseImage`'s `additionalFiles`, and a
# layer's `files`. A list of { name, path } -> { before, after }, steps that bring them and take
# them away.
{
  # Whose they are, as messages and the names of steps have it.
  function,
  at,
  # The phase in which they come; null for the usual one.
  phase ? null,
  # Which of them come at all.
  needed ? _: true,
}:
list:
let
  known = import ./known.nix;
  say =
    place:
    throw "lucarne: ${function}: ${place}: is no { name, path }: a file, and what it is called in C:\\";

  file =
    index:
    let
      here = "${at}[${toString index}]";
      said = builtins.elemAt list index;
    in
    if !(said ? name && said ? path) then
      say here
    else
      # What else the catalogue's packages have means something to it alone.
      known "${function}: ${here}" [
        "name"
        "path"
        "carried"
        "version"
      ] said
      // {
        inherit here;
        windowsPath = "C:\\${said.name}";
      };

  files =
    if builtins.isList list then
      builtins.filter needed (builtins.genList file (builtins.length list))
    else
      throw "lucarne: ${function}: ${at}: is no list of { name, path }";
in
{
  before = map (file: {
    name = "Copy ${file.here}";
    inherit phase;
    file = {
      path = file.windowsPath;
      source = file.path;
    };
  }) files;
  after = map (file: {
    name = "Remove ${file.here}";
    delete = file.windowsPath;
  }) files;
}
