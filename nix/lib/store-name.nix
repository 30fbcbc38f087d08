# A name that a store path may carry, or a sentence that says why not.
at: name:
let
  problem = import ./name-problem.nix name;
in
import ./refuse.nix at (if problem == null then [ ] else [ (problem // { at = "name"; }) ]) name
