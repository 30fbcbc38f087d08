# What each machine must have for itself: told of all but the first that have the same, with a way
# out.
{ machines, values }:
let
  clashes = import ../../clashes.nix values;
  names = import ../names.nix;
  lower = import ../../lower.nix;
  inherit (import ../words.nix) ofMachine quoted;

  unique =
    {
      option,
      what,
      of ? values: toString values.${option},
      hint,
    }:
    let
      # What is missing is told elsewhere.
      keysOf = values: builtins.filter (key: key != "") [ (of values) ];
      problem =
        {
          name,
          key,
          first,
        }:
        {
          at = ofMachine name option;
          what = "${what} `${key}` is that of `${first}` too";
          hint = hint name;
        };
    in
    map problem (clashes keysOf);

  instead =
    option: value: name:
    "give one of them another, such as ${quoted name option (value name)}";
in
builtins.concatMap unique [
  {
    option = "hostName";
    what = "its name";
    of = values: lower values.hostName;
    hint = instead "hostName" (_: "another");
  }
  {
    option = "mac";
    what = "its card's address";
    hint = instead "mac" (name: names.mac "${name}-2");
  }
  {
    option = "tap";
    what = "its interface";
    hint = instead "tap" (name: names.tap machines.${name}.tapPrefix "${name}-2");
  }
  {
    option = "cid";
    what = "its address for vsock";
    hint = instead "cid" (name: names.cid "${name}-2");
  }
  {
    option = "address";
    what = "its address";
    hint = _: "pin another one, or leave it out for one that is free";
  }
  {
    option = "address6";
    what = "its address of IPv6";
    hint = _: "name another one of the prefix, or take a shorter prefix, best one of 64 bits";
  }
]
