# What is wrong with the names of each machine and its interface.
values:
let
  inherit (builtins)
    attrNames
    concatMap
    ;
  lower = import ../../lower.nix;
  isLabel = import ../is-label.nix;
  isInterface = import ../../machine/is-interface.nix;
  inherit (import ../words.nix) ofMachine quoted;

  some = condition: problem: if condition then [ problem ] else [ ];

  ofOne =
    name:
    let
      inherit (values.${name}) hostName tap;
    in
    some (!isLabel hostName) {
      at = ofMachine name "hostName";
      what = "`${hostName}` can be no machine's name in a network";
      hint = "1 to 63 letters, digits and `-` make one, such as ${quoted name "hostName" "guest-1"}";
    }
    # RFC 6761, 6.3.
    ++ some (lower hostName == "localhost") {
      at = ofMachine name "hostName";
      what = "`${hostName}` is for each host the host itself";
      hint = "call it otherwise, such as ${quoted name "hostName" "guest-1"}";
    }
    ++ some (!isInterface tap) {
      at = ofMachine name "tap";
      what = "`${tap}` can be no interface's name";
      hint = "1 to 15 letters, digits and `-._` make one; leave it out for one that fits";
    };
in
concatMap ofOne (attrNames values)
