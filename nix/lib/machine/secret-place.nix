# What may be wrong with the file of a secret, as far as its path tells: each asks a path or a text
# (`is`). What has the secret is called by the name.
let
  paths = import ../paths.nix;
in
name: {
  relative = {
    is = value: !paths.isAbsolute (toString value);
    what = "is no absolute path";
    hint = "name the file that holds the secret, such as \"/run/secrets/${name}\"";
  };

  odd = {
    is = value: !paths.isVerbatim (toString value);
    what = "no line of a unit holds the path as it is";
    hint = "write it without quotation marks, `\\`, control characters and blanks at its end";
  };

  stored = {
    is = paths.isStored;
    what = "is a file of the store, which everybody on this host can read";
    hint =
      "name a file that the store does not hold, as a text, such as \"/run/secrets/${name}\" of"
      + " sops-nix or agenix";
  };
}
