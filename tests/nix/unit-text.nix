# The unit file of a value of `systemd.services`, as NixOS writes one: a list is a line for each
# element, an empty one is none, and `""` is what takes back what was there.
service:
let
  inherit (builtins) attrNames concatMap concatStringsSep;

  text =
    value:
    if builtins.isBool value then (if value then "true" else "false") else toString value;
  lines =
    settings:
    concatMap (
      name:
      let
        value = settings.${name};
      in
      map (one: "${name}=${text one}") (if builtins.isList value then value else [ value ])
    ) (attrNames settings);
  some = name: list: if list == [ ] then [ ] else [ "${name}=${concatStringsSep " " list}" ];
in
concatStringsSep "\n" (
  [
    "[Unit]"
    "Description=${service.description}"
  ]
  ++ some "After" service.after
  ++ some "Before" (service.before or [ ])
  ++ some "Conflicts" (service.conflicts or [ ])
  ++ some "Wants" service.wants
  ++ lines (service.unitConfig or { })
  ++ [
    ""
    "[Service]"
  ]
  ++ lines service.serviceConfig
  ++ [
    ""
    "[Install]"
  ]
  ++ some "WantedBy" service.wantedBy
)
+ "\n"
