# What somebody may have of the host: options, and the settings of systemd that they are. `whose` is
# the word for them; `defaults` are values, and `defaultsOf` the option that has them.
{ lib }:
let
  inherit (lib) mkOption types;
  of = type: example: description: { inherit type example description; };

  weight = what: of (types.ints.between 1 10000) 50 (
    "How much of the host's ${what} {whose} against everything else that wants some, systemd's"
    + " `{setting}=`: 100 is what everything has. Null says nothing of it."
  );
  all = {
    cpuQuota = of (types.strMatching "[1-9][0-9]*%") "200%" (
      "The most of the host's CPUs that {whose}, systemd's `{setting}=`: `100%` is one of them. Null is"
      + " no limit."
    );
    cpuWeight = weight "CPUs";
    ioWeight = weight "disks";
    memoryMax = of (types.strMatching "[1-9][0-9]*[KMGT]?") "3G" (
      "The most of the host's memory that {whose}, systemd's `{setting}=`: beyond it the kernel ends a"
      + " hypervisor, which is a power cut. That needs more than its guest has: a quarter more is wise."
      + " Null is no limit."
    );
  };
  settings = {
    cpuQuota = "CPUQuota";
    cpuWeight = "CPUWeight";
    ioWeight = "IOWeight";
    memoryMax = "MemoryMax";
  };
in
{
  options =
    {
      whose,
      defaults ? { },
      defaultsOf ? null,
    }:
    lib.mapAttrs (
      name: it:
      mkOption (
        {
          type = types.nullOr it.type;
          default = defaults.${name} or null;
          inherit (it) example;
          description =
            lib.replaceStrings [ "{whose}" "{setting}" ] [ whose settings.${name} ] it.description + "\n";
        }
        // lib.optionalAttrs (defaultsOf != null) {
          defaultText = lib.literalExpression "config.${defaultsOf}.${name}";
        }
      )
    ) all;

  # The settings of some values, where they are other than `below`: an empty one takes back what
  # another file says.
  settings =
    { values, below ? { } }:
    lib.mapAttrs' (name: setting: {
      name = setting;
      value = if values.${name} == null then "" else values.${name};
    }) (lib.filterAttrs (name: _: values.${name} != below.${name} or null) settings);
}
