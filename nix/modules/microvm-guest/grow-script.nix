# Enlarges images: { coreutils, volumes = [ { name, image, size } … ] } -> a piece of a shell script, with
# sizes in MiB. All are judged before one is touched. What is not there yet microvm.nix makes.
{ coreutils, volumes }:
let
  quote = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";
  each = f: builtins.concatStringsSep "" (map f volumes);

  judge =
    {
      name,
      image,
      size,
    }:
    ''
      if [ -f ${quote image} ]; then
        has=$(( ($(${coreutils}/bin/stat --dereference --format=%s -- ${quote image}) + 1048575) / 1048576 ))
        if [ "$has" -gt ${toString size} ]; then
          echo ${quote "lucarne.microvm.guest.mounts.${name}.volume.size: ${toString size} MiB are less than the"} \
            "$has MiB of "${quote "`${image}`"} >&2
          echo "  hint: a volume never shrinks: say $has or more, or leave \`volume.grow\` out" >&2
          shrinks=1
        fi
      fi
    '';
  enlarge =
    { image, size, ... }:
    ''
      [ ! -f ${quote image} ] || ${coreutils}/bin/truncate --size=${toString size}M -- ${quote image}
    '';
in
''
  shrinks=
  ${each judge}
  [ -z "$shrinks" ] || exit 1
  ${each enlarge}
''
