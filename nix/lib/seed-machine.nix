# The arguments of the earlier system's `makeSystemdService` as lucarne.machine/1. The defaults are
# that system's but where they did harm: a data disk in /etc, one MAC for all machines, VNC for
# everybody, fewer cores or less memory than the image was installed with.
let
  names = import ./network/names.nix;
  merge = import ./merge.nix;
  diskOf = import ./seed-disk.nix;
  problems = import ./seed-problems.nix;
  quantities = import ./quantities.nix;

  refuse = import ./refuse.nix "makeSystemdService";

  warn = at: what: builtins.warn "lucarne: makeSystemdService: ${at}: ${what}";

  set = condition: attributes: if condition then attributes else { };

  # Options that mean something else here, or nothing.
  told =
    options: value:
    let
      said = builtins.filter (name: options ? ${name}) (builtins.attrNames foreign);
    in
    builtins.foldl' (value: name: warn "qemuOptions.${name}" foreign.${name} value) value said;
  foreign =
    let
      ofImage = "is the image's; leave it out";
      unused = "means nothing here; leave it out";
    in
    {
      OVMF = ofImage;
      cpufeatures = unused;
      efi = ofImage;
      enableTpm = ofImage;
      hvflags = unused;
      network = unused;
      tap = "is \"tapName\" here; leave it out";
    };

  # ":1" in the earlier system, which let everybody in.
  vnc =
    text:
    let
      parts = builtins.match "([^:]*):0*([0-9]+)" text;
      address = builtins.head parts;
      place = {
        address = if address == "" then "127.0.0.1" else address;
        port = 5900 + builtins.fromJSON (builtins.elemAt parts 1);
      };
    in
    if text == null then
      "none"
    else if address == "" then
      warn "qemuOptions.vnc" "\"${text}\" is on 127.0.0.1 here, for VNC asks for no password" place
    else
      place;

  # A shell split these.
  flags = builtins.concatMap (
    flag:
    if flag == "-usbdevice tablet" then
      [ ]
    else
      builtins.filter (word: builtins.isString word && word != "") (builtins.split "[[:space:]]+" flag)
  );

  gib = mib: (mib + 1023) / 1024;
in
args:
let
  given = refuse (problems args) args;
  options = given.qemuOptions or { };
  name = given.machine.name or given.name or "windows";
  path = given.userImagePath or null;
  extra = flags (options.extraFlags or [ ]);

  # What is said in `machine` counts, and leaves what it does not say as it is.
  machine = merge said (given.machine or { });
  onBridge = (given.machine.network.mode or "bridge") == "bridge";
  said = {
    inherit name;
    image = given.systemImage;
    network =
      set onBridge {
        mode = "bridge";
        tap = given.tapName or (names.tap "tap-" name);
        bridge = given.bridgeName or "br0";
      }
      // set (options ? macAddress) { mac = options.macAddress; };
    dataDisk = {
      sizeGib = gib (quantities.size.of (given.userImageSize or "10G"));
    }
    // set (path != null) { path = diskOf { inherit name path; }; };
  }
  // set (options ? vnc) { display.vnc = vnc options.vnc; }
  // set (extra != [ ]) { extraQemuArgs = extra; }
  // set (options ? cores || options ? memory) {
    machine =
      set (options ? cores) { cores = quantities.number.of options.cores; }
      // set (options ? memory) { memoryMib = quantities.size.of options.memory; };
  };
in
told options (
  if given ? tempDir then
    warn "tempDir" "means nothing here: the throw-away disk lies in the cache folder" machine
  else
    machine
)
