# systemd's sizes (`MemoryMax=`, systemd.resource-control(5)) in MiB; null of null.
size:
let
  parts = builtins.match "([0-9]+)([KMGT]?)" size;
  mib = {
    "" = 1.0 / 1048576;
    K = 1.0 / 1024;
    M = 1;
    G = 1024;
    T = 1048576;
  };
in
if size == null then
  null
else
  builtins.fromJSON (builtins.head parts) * mib.${builtins.elemAt parts 1}
