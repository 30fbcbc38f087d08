# The reference of the modules' options: docs/options-*.md, made anew.
{
  lib,
  linkFarm,
  writeText,
}:
linkFarm "lucarne-docs" (
  lib.mapAttrs' (name: page: {
    name = "${name}.md";
    value = writeText "${name}.md" page.text;
  }) (import ../docs { inherit lib; })
)
