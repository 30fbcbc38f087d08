# What of a machine's listens on the host, beyond its own sockets: { protocol, address, port, at }.
machine:
map (
  forward:
  {
    inherit (forward) address protocol;
    port = forward.hostPort;
    at = "network.forwardPorts";
  }
) (if machine.network.mode == "user" then machine.network.forwardPorts else [ ])
++ (
  if builtins.isAttrs machine.display.vnc then
    [
      {
        inherit (machine.display.vnc) address port;
        protocol = "tcp";
        at = "display.vnc";
      }
    ]
  else
    [ ]
)
