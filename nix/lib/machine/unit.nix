# A machine's service, as a value of `systemd.services`: a pure function that makeSystemdService and
# the NixOS module share. Everything is a text or a number, so that it is JSON too.
#
# The unit calls, in this order:
#   + lucarne tap up TAP --bridge BRIDGE --user USER   (a bridge; as root)
#   + lucarne data-folder FOLDER --user USER           (a data disk elsewhere; as root)
#     lucarne run [--tools FILE] [--group GROUP] MACHINE
#   + lucarne tap down TAP                             (a bridge; as root, however it ended)
{
  # The program, by its path.
  lucarne,
  # lucarne.machine/1, as a value and as the file that the service reads.
  machine,
  file,
  # The tools by path, a JSON file; else those of common distributions.
  tools ? null,
  # A group whose members may ask the machine for something; it must be there.
  group ? null,
  # Secrets by name, each a file that systemd reads when the machine starts.
  credentials ? { },
  # What starts it with the host, or null.
  target ? "multi-user.target",
  restart ? "on-failure",
  restartIfChanged ? false,
  # How long Windows may take to its `ready`, in seconds.
  startTimeoutSec ? 1800,
  # systemd's `CPUQuota=` and `MemoryMax=`.
  cpuQuota ? null,
  memoryMax ? null,
}:
let
  inherit (import ./words.nix)
    command
    device
    verbatim
    ;
  inherit (machine) name;

  readsTap = (machine.network.mode or "user") == "bridge";
  inherit (machine.network) tap bridge;
  disk = machine.dataDisk.path or null;
  folder = dirOf disk;

  some = condition: list: if condition then list else [ ];
  set = condition: attributes: if condition then attributes else { };

  # systemd knows the user's name when the command starts.
  asRoot = words: "+" + command ([ lucarne ] ++ words);
  forUser = words: asRoot (words ++ [ "--user" ]) + " \${USER}";

  bridged = readsTap && machine.network ? bridge;
  # A target waits for what it wants, and must not wait for Windows: unless it is told not to, as
  # `lucarne.target` is, it does not when the service comes after it.
  waits = some (target != null && target != "lucarne.target") [ target ];
in
{
  description = "Windows machine `${name}`";
  after = [ "network.target" ] ++ waits ++ some bridged [ (device bridge) ];
  wants = some bridged [ (device bridge) ];
  wantedBy = some (target != null) [ target ];

  # A machine in use is not to lose its power because the host's configuration changed.
  inherit restartIfChanged;

  serviceConfig = {
    Type = "notify";
    NotifyAccess = "main";
    ExecStartPre =
      some readsTap [
        (forUser (
          [
            "tap"
            "up"
            tap
          ]
          ++ some bridged [
            "--bridge"
            bridge
          ]
        ))
      ]
      ++ some (disk != null) [
        (forUser [
          "data-folder"
          folder
        ])
      ];
    ExecStart = command (
      [
        lucarne
        "run"
      ]
      ++ some (tools != null) [
        "--tools"
        tools
      ]
      ++ some (group != null) [
        "--group"
        group
      ]
      ++ [ file ]
    );
    ExecStopPost = some readsTap [
      (asRoot [
        "tap"
        "down"
        tap
      ])
    ];

    # The helper is asked to stop, and asks Windows; by default systemd would end QEMU beside it,
    # which is a power cut.
    KillMode = "mixed";
    TimeoutStartSec = startTimeoutSec;
    # Power is cut by the helper, which records it, before systemd would.
    TimeoutStopSec = (machine.shutdownTimeoutSec or 120) + 30;
    Restart = restart;
    RestartSec = 10;
    # What is wrong with a spec is wrong the next time too.
    RestartPreventExitStatus = 1;

    DynamicUser = true;
    StateDirectory = "lucarne/${name}";
    StateDirectoryMode = "0700";
    CacheDirectory = "lucarne/${name}";
    CacheDirectoryMode = "0700";
    RuntimeDirectory = "lucarne/${name}";
    RuntimeDirectoryMode = if group == null then "0700" else "0710";
    LoadCredential = map (id: "${id}:${verbatim credentials.${id}}") (builtins.attrNames credentials);
    # Where it exists udev gives the host's devices to it.
    SupplementaryGroups = some (
      (machine.machine.accel or "kvm") != "tcg"
      || machine.usb or [ ] != [ ]
      || machine.pci or [ ] != [ ]
    ) [ "kvm" ];
  }
  # The primary one: it is the only other group that a private user namespace knows.
  // set (group != null) { Group = group; }
  // set (cpuQuota != null) { CPUQuota = cpuQuota; }
  // set (memoryMax != null) { MemoryMax = memoryMax; }
  // import ./confine.nix {
    inherit machine group;
    folders = some (disk != null) [ folder ];
  };
}
