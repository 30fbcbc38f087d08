# The name that was meant, of those that there are, or null. What is near is what src/problem.rs
# calls near, but for swapped letters, which count as two here: then by one in two letters.
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    stringLength
    substring
    ;

  letters = text: genList (i: substring i 1 text) (stringLength text);
  lower = builtins.replaceStrings (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
    letters "abcdefghijklmnopqrstuvwxyz"
  );
  least = a: b: if a < b then a else b;

  # Levenshtein's distance, a row of its table at a time.
  distance =
    one: other:
    let
      columns = letters other;
      width = builtins.length columns;
      row =
        before: letter:
        foldl' (
          after: column:
          let
            left = elemAt after column;
            above = elemAt before (column + 1);
            across = elemAt before column + (if elemAt columns column == letter then 0 else 1);
          in
          after ++ [ (least across (1 + least left above)) ]
        ) [ (1 + builtins.head before) ] (genList (i: i) width);
    in
    elemAt (foldl' row (genList (i: i) (width + 1)) (letters one)) width;

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
    it: it.distance * 2 <= (if stringLength it.candidate < 4 then 4 else stringLength it.candidate)
  ) told;
  nearer = a: b: if b.distance < a.distance then b else a;
in
if stringLength meant > most || near == [ ] then
  null
else
  (foldl' nearer (builtins.head near) near).candidate
