# Whether a set is one value, which nobody merges or looks into: a package, a flake's input and what
# else Nix makes a text of, and what it calls as a function.
value:
value ? outPath
|| value ? __toString
|| value ? __functor
|| value.type or null == "derivation"
