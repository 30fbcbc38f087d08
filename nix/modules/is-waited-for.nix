# Whether networkd's waiting to be online waits for a network of `systemd.network.networks`. Where
# there is none that it waits for, it ends in a failure.
{
  linkConfig ? { },
  ...
}:
let
  isUnmanaged = builtins.elem (linkConfig.Unmanaged or false) [ true "yes" ];
  isRequired = !builtins.elem (linkConfig.RequiredForOnline or true) [ false "no" ];
in
!isUnmanaged && isRequired
