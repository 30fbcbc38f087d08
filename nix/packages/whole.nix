# The repository without what a working copy gathers.
builtins.path {
  name = "lucarne-source";
  path = ../..;
  filter =
    path: _type:
    !builtins.elem (baseNameOf path) [
      ".git"
      "result"
      "target"
    ];
}
