# What a unit of microvm.nix's host keeps as its own, where ours has other words for it: its type,
# who runs it and how it is called.
[
  "DynamicUser"
  "ExecStart"
  "ExecStopPost"
  "NotifyAccess"
  "Type"
]
