# What nixpkgs would say of an image. Nothing enforces it on a raw derivation: whoever pushes an
# image to a cache passes on Windows.
{ system, name }:
{
  description = "Windows image `${name}`, installed unattended and sealed";
  license = {
    shortName = "unfree";
    fullName = "Unfree";
    deprecated = false;
    free = false;
    redistributable = false;
  };
  platforms = [ system ];
  # No public builder has the ISO.
  hydraPlatforms = [ ];
}
