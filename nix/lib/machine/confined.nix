# Confines that each hypervisor can bear, as settings of `serviceConfig`: what is beside them is a
# matter of what the machine has.
{
  # No rights of its own; what needs some is done before and after it.
  CapabilityBoundingSet = "";
  AmbientCapabilities = "";
  NoNewPrivileges = true;
  PrivateUsers = true;
  RestrictSUIDSGID = true;
  KeyringMode = "private";

  # Everything is read-only but what is named beside this.
  ProtectSystem = "strict";
  PrivateTmp = true;

  # The kernel's settings, logs, modules, clock and control groups are the host's.
  ProtectKernelTunables = true;
  ProtectKernelModules = true;
  ProtectKernelLogs = true;
  ProtectControlGroups = true;
  ProtectClock = true;
  ProtectHostname = true;
  PrivateIPC = true;
  LockPersonality = true;
  RestrictRealtime = true;
  RestrictNamespaces = true;

  SystemCallArchitectures = "native";
  # What is refused is refused as a kernel without it would: QEMU and glibc go on without.
  SystemCallErrorNumber = "EPERM";
}
