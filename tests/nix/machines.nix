# Machines: their units, documents, rules and options, over the doubles of nixpkgs and NixOS.
{ windows }:
let
  inherit (import ./host.nix)
    declared
    host
    lib
    ;
  inherit (builtins)
    attrNames
    concatMap
    filter
    isString
    listToAttrs
    map
    mapAttrs
    ;
  normal = import ./normal.nix;
  unit = import ../../nix/lib/machine/unit.nix;

  image = (import ./cases.nix).minimal.image;
  withShares = image.override (old: {
    steps = (old.steps or [ ]) ++ windows.custom.software.virtiofs.install { };
  });
  given = import ./rules.nix { inherit image withShares; };

  of = module: (host [ given.host module ]).config;
  failed = config: filter (assertion: !assertion.assertion) config.assertions;
  says = text: message: builtins.replaceStrings [ text ] [ "" ] message != message;

  # A golden file, which `UPDATE_EXPECT` writes.
  golden =
    file: got:
    let
      path = ../.. + "/${file}";
    in
    {
      inherit file got;
      want = if builtins.pathExists path then builtins.fromJSON (builtins.readFile path) else null;
    };

  rule =
    name: rule:
    let
      wrong = failed (of rule.wrong);
    in
    {
      got = {
        wrong = map (
          { message, ... }: says rule.says message && says "\n  hint: " message
        ) wrong;
        right = map (assertion: assertion.message) (failed (of rule.right));
      };
      want = {
        wrong = [ true ];
        right = [ ];
      };
    };

  office = options: { lucarne.machines.office = { inherit image; } // options; };
  machine = options: (of (office options)).lucarne.machines.office;
  documents = filter (name: builtins.pathExists (../machines + "/${name}/case.nix")) (
    attrNames (builtins.readDir ../machines)
  );

  prefixed = prefix: set: listToAttrs (
    map (name: {
      name = "${prefix}-${name}";
      value = set.${name};
    }) (attrNames set)
  );

  capital = text: builtins.match "[A-Z`].*" text != null;
  sentence = text: capital text && builtins.match "(.*\n)*.*\\.\n?" text != null;
in
prefixed "unit" (
  mapAttrs (name: shape: golden "tests/nix/units/${name}.json" (normal (unit shape))) (
    import ./shapes.nix
  )
)
// listToAttrs (
  map (name: {
    name = "document-${name}";
    value = golden "tests/machines/${name}/machine.json" (
      normal (machine (import (../machines + "/${name}/case.nix"))).spec
    );
  }) documents
)
// prefixed "rule" (mapAttrs rule given.rules)
// prefixed "warning" (
  mapAttrs (_: it: {
    got = {
      wrong = map (says it.says) (of it.wrong).warnings;
      right = (of it.right).warnings;
    };
    want = {
      wrong = [ true ];
      right = [ ];
    };
  }) given.warnings
)
// {
  # Each assertion of one machine is failed by a rule above: by its place in the list.
  each-assertion-has-a-rule = {
    got =
      let
        count = builtins.length (of { lucarne.machines.office = { inherit image; }; }).assertions;
        places =
          rule:
          let
            list = (of rule.wrong).assertions;
          in
          filter (index: !(builtins.elemAt list index).assertion) (
            builtins.genList (index: index) (lib.length list)
          );
        hit = concatMap (name: places given.rules.${name}) (attrNames given.rules);
      in
      filter (index: !builtins.elem index hit) (builtins.genList (index: index) count);
    want = [ ];
  };

  # Each machine is told at its own option.
  two-without-microvm = {
    got = map (assertion: builtins.head (builtins.split ":" assertion.message)) (
      failed (of {
        lucarne.machines = listToAttrs (
          map (name: {
            inherit name;
            value = {
              inherit image;
              asMicrovm = true;
              identity.sid = "own";
            };
          }) [ "a" "b" ]
        );
      })
    );
    want = [
      "lucarne.machines.a.asMicrovm"
      "lucarne.machines.b.asMicrovm"
    ];
  };

  options-are-documented = {
    got = map (option: option.loc) (
      filter (
        option:
        !(
          isString (option.description or null)
          && sentence option.description
          && option ? example
        )
      ) declared
    );
    want = [ ];
  };
  # A default that is computed is told in words.
  options-count = {
    got = {
      many = builtins.length declared > 60;
      computed = map (option: option.loc) (filter (option: option ? defaultText) declared);
    };
    want = {
      many = true;
      computed = [
        "lucarne.machines.credentials.adminAccount"
        "lucarne.machines.network.mac"
        "lucarne.machines.network.tap"
        "lucarne.network.machines.hostName"
        "lucarne.network.plan"
        "lucarne.network.registry"
        "lucarne.package"
        "lucarne.tools"
      ];
    };
  };
  # What has no default must be said, or is there to be read.
  options-without-a-default = {
    got = map (option: option.loc) (
      filter (option: !(option ? default || option.readOnly or false)) declared
    );
    want = map (name: "lucarne.machines.${name}") [
      "dataDisk.sizeGiB"
      "display.resolution.height"
      "display.resolution.width"
      "display.vnc.port"
      "identity.certificates.store"
      "image"
      "network.forwardPorts.guestPort"
      "network.forwardPorts.hostPort"
      "shares.path"
      "usb.product"
      "usb.vendor"
    ]
    ++ [
      "lucarne.network.forwards.machine"
      "lucarne.network.forwards.port"
    ];
  };
  # A group's name is no pattern of systemd's.
  group-with-a-percent-sign = {
    got =
      let
        config = of {
          imports = [ (office { }) ];
          lucarne.group = "a%n";
        };
      in
      {
        inherit (config.systemd.services.lucarne-office.serviceConfig) Environment Group;
      };
    want = {
      Environment = [ "\"LUCARNE_GROUP=a%%n\"" ];
      Group = "a%%n";
    };
  };
  # One tool that is named leaves the others as they are.
  tools-one-by-one = {
    got =
      let
        tools = import ./tools.nix;
        config = of {
          imports = [ (office { }) ];
          lucarne.tools.qemu = "/q";
        };
        machine = config.lucarne.machines.office.runner.drvAttrs;
      in
      {
        rest = removeAttrs config.lucarne.tools [ "qemu" ] == removeAttrs tools [ "qemu" ];
        inherit (machine.tools) qemu;
        qemuImg = machine.tools.qemuImg == tools.qemuImg;
      };
    want = {
      rest = true;
      qemu = "/q";
      qemuImg = true;
    };
  };
  types-are-checked = {
    got = map (options: (builtins.tryEval (builtins.toJSON (machine options).spec)).success) [
      { }
      { cores = 0; }
      { dataDisk.sizeGiB = 0; }
      {
        dataDisk = {
          sizeGiB = 1;
          letter = "C";
        };
      }
      { network.mac = "52:54"; }
      { pci = [ "1" ]; }
      { reset = "sometimes"; }
      { coers = 4; }
    ];
    want = [
      true
      false
      false
      false
      false
      false
      false
      false
    ];
  };
}
