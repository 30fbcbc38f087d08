# Of all tools those that an install may run or read; the rest is evaluation's, or a machine's.
tools:
import ./drop-nulls.nix (
  builtins.removeAttrs tools [
    "builder"
    "ip"
    "lucarne"
    "virtioWinIso"
    "virtiofsd"
  ]
)
