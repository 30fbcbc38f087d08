# A machine's service, as a value of `systemd.services`: a pure function that makeSystemdService and
# the NixOS module share. Everything is a text or a number, so that it is JSON too.
#
# The unit calls, in this order:
#   + lucarne tap up [--tools TOOLS] FILE      with a bridge; as root, for the state folder's owner
#   + lucarne data-folder FILE                 with a data disk elsewhere; as root, for the same
#     lucarne run [--tools TOOLS] FILE           with $LUCARNE_GROUP for a group
#   + lucarne tap down [--tools TOOLS] FILE    with a bridge; as root, however it ended
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
  # Whether another unit makes and removes the TAP interface.
  tapIsElsewhere ? false,
  # systemd's `CPUQuota=` and `MemoryMax=`.
  cpuQuota ? null,
  memoryMax ? null,
}:
let
  inherit (import ./words.nix)
    command
    device
    verbatim
    word
    ;
  inherit (machine) name;

  onBridge = (machine.network.mode or "user") == "bridge";
  makesTap = onBridge && !tapIsElsewhere;
  inherit (machine.network) bridge;
  disk = machine.dataDisk.path or null;

  some = condition: list: if condition then list else [ ];
  set = condition: attributes: if condition then attributes else { };

  secrets = builtins.attrNames credentials;

  # Folders outside of the service's own.
  folders = some (disk != null) [ (dirOf disk) ];
  outside = folders ++ map (share: share.path) (machine.shares or [ ]);

  withTools = some (tools != null) [
    "--tools"
    tools
  ];
  call = words: command ([ lucarne ] ++ words ++ [ file ]);
  asRoot = words: "+" + call words;

  bridged = onBridge && machine.network ? bridge;
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

  unitConfig =
    # Of a secret that is not there systemd tells the path, and starts nothing; else the first process
    # would end without a word, root's before the machine's again and again.
    set (secrets != [ ]) {
      AssertPathExists = map (id: verbatim credentials.${id}) secrets;
    }
    # What they lie on is there before it, and goes after it: else root would make the disk's folder
    # below the mount point, and Windows would have an empty disk or share.
    // set (outside != [ ]) { RequiresMountsFor = map word outside; };

  serviceConfig = {
    Type = "notify";
    NotifyAccess = "main";
    ExecStartPre =
      some makesTap [
        (asRoot (
          [
            "tap"
            "up"
          ]
          ++ withTools
        ))
      ]
      ++ some (disk != null) [ (asRoot [ "data-folder" ]) ];
    ExecStart = call ([ "run" ] ++ withTools);
    ExecStopPost = some makesTap [
      (asRoot (
        [
          "tap"
          "down"
        ]
        ++ withTools
      ))
    ];

    # The helper is asked to stop, and asks Windows; by default systemd would end QEMU beside it,
    # which is a power cut.
    KillMode = "mixed";
    # The helper asks for more while Windows starts.
    TimeoutStartSec = 120;
    # Power is cut by the helper, which records it, before systemd would.
    TimeoutStopSec = (machine.shutdownTimeoutSec or 120) + 30;
    Restart = restart;
    RestartSec = 10;
    # The helper says that it lives as long as QEMU answers it, for which it waits a minute: several
    # words may wait for several answers. One that says nothing any more is ended, and so is its
    # QEMU; that is the power cut that a person would make then.
    WatchdogSec = 300;
    # What is wrong with a spec is wrong the next time too, and so is a secret that systemd cannot
    # give it, of which it makes `243/CREDENTIALS`.
    RestartPreventExitStatus = "1 243";

    DynamicUser = true;
    StateDirectory = "lucarne/${name}";
    StateDirectoryMode = "0700";
    CacheDirectory = "lucarne/${name}";
    CacheDirectoryMode = "0700";
    RuntimeDirectory = "lucarne/${name}";
    RuntimeDirectoryMode = if group == null then "0700" else "0710";
    LoadCredential = map (id: "${id}:${verbatim credentials.${id}}") secrets;
    # Where it exists udev gives the host's devices to it.
    SupplementaryGroups = some (
      (machine.machine.accel or "kvm") != "tcg"
      || machine.usb or [ ] != [ ]
      || machine.pci or [ ] != [ ]
    ) [ "kvm" ];
  }
  # The primary one: it is the only other group that a private user namespace knows.
  // set (group != null) {
    Group = verbatim group;
    # Not in the command line, which is another's where microvm.nix's host runs it.
    # A list, to which a host may add.
    Environment = [ (word "LUCARNE_GROUP=${group}") ];
  }
  // set (cpuQuota != null) { CPUQuota = cpuQuota; }
  // set (memoryMax != null) { MemoryMax = memoryMax; }
  // import ./confine.nix {
    inherit machine group folders;
  };
}
