# The name that was meant, of those that there are, or null. What is near is what src/problem.rs
# calls near: a third of the letters may differ, and two neighbours that are swapped differ once.
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    stringLength
    substring
    ;

  letters = text: genList (i: substring i 1 text) (stringLength text);
  lower = import ./lower.nix;
  least = a: b: if a < b then a else b;

  # The distance of Damerau and Levenshtein, a row of its table at a time.
  distance =
    one: other:
    let
      columns = letters other;
      width = builtins.length columns;
      row =
        {
          earlier,
          before,
          last,
        }:
        letter:
        {
          earlier = before;
          before = foldl' (
            after: column:
            let
              theirs = elemAt columns column;
              left = elemAt after column;
              above = elemAt before (column + 1);
              across = elemAt before column + (if theirs == letter then 0 else 1);
              isSwapped = column > 0 && theirs == last && elemAt columns (column - 1) == letter;
              swapped = if isSwapped then 1 + elemAt earlier (column - 1) else across;
            in
            after ++ [ (least (least across swapped) (1 + least left above)) ]
          ) [ (1 + builtins.head before) ] (genList (i: i) width);
          last = letter;
        };
      first = {
        earlier = [ ];
        before = genList (i: i) (width + 1);
        last = null;
      };
    in
    elemAt (foldl' row first (letters one)).before width;

  # Longer texts are no typing mistake, and the distance takes their product in time.
  most = 80;
in
meant: candidates:
let
  told = map (candidate: {
    inherit candidate;
    distance = distance (lower meant) (lower candidate);
  }) candidates;
  near = builtins.filter (
    it: it.distance * 3 <= (if stringLength it.candidate < 3 then 3 else stringLength it.candidate)
  ) told;
  nearer = a: b: if b.distance < a.distance then b else a;
in
if stringLength meant > most || near == [ ] then
  null
else
  (foldl' nearer (builtins.head near) near).candidate
