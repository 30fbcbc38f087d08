# The folders that systemd makes for a machine of this name (unit.nix), by each of their paths: those
# of a user that it makes up lie elsewhere, and are links (`DynamicUser=`).
name:
[
  "/run/lucarne/${name}"
]
++ builtins.concatMap (folder: [
  "${folder}/lucarne/${name}"
  "${folder}/private/lucarne/${name}"
]) [
  "/var/cache"
  "/var/lib"
]
