# A name that a store path may carry, or a sentence that says why not.
at: name:
let
  problem = import ./name-problem.nix name;
in
if problem == null then
  name
else
  throw "lucarne: ${at}: name: ${problem.what}\nhint: ${problem.hint}"
