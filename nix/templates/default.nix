# What `nix flake init -t lucarne#NAME` writes, by name. `flake:lucarne` in each is whatever Nix'
# registry says, so that a template hangs on no place that Lucarne lies at.
let
  start = ''
    `nix registry add lucarne URL` tells Nix where you have Lucarne from, once for all such flakes.
    The ISO is Microsoft's evaluation of 90 days: Nix fetches none, and the first build says where it
    is and how it gets into the store. Another one takes `lucarne iso FILE --hash`'s lines.
  '';
in
rec {
  default = machine;

  machine = {
    path = ./machine;
    description = "A host of NixOS with a Windows machine";
    welcomeText = ''
      # A Windows machine on NixOS

      ${start}
      * `windows.nix` is the image, `host.nix` the machine and the host; put your own
        `hardware-configuration.nix` there.
      * `nix build .#image` installs Windows; `nixos-rebuild switch --flake .#host` runs it.
      * `lucarne ctl office status` on the host asks the machine.
    '';
  };

  ci-image = {
    path = ./ci-image;
    description = "An image for CI, which `nix flake check` builds and tries";
    welcomeText = ''
      # A Windows image that is checked

      ${start}
      * `nix build` makes the image, with its tools in a layer.
      * `nix flake check` makes it too, looks whether it is sealed, and runs a command in it.
    '';
  };

  microvm-host = {
    path = ./microvm-host;
    description = "A host of microvm.nix with a Linux guest and a Windows machine on one network";
    welcomeText = ''
      # Linux and Windows on one host

      ${start}
      * `nixos-rebuild switch --flake .#host` runs `microvm@web` and `lucarne-office`, which know each
        other by name.
    '';
  };

  matrix = {
    path = ./matrix;
    description = "Three editions from one ISO, each by itself and with two layers";
    welcomeText = ''
      # Many images

      ${start}
      * `nix flake show` lists nine images; `nix build .#2025-standard-en-us-web` makes one, and what
        it lies on.
    '';
  };
}
