{
  description = "A Windows image for CI, which is checked";

  inputs.lucarne.url = "flake:lucarne";

  outputs =
    { lucarne, ... }:
    let
      system = "x86_64-linux";
      # The system alone is asked of it: what builds images is Lucarne's own nixpkgs.
      windows = lucarne.lib.windows { pkgs.stdenv.hostPlatform = { inherit system; }; };

      base = windows.makeBaseImage {
        name = "ci";
        windowsIso = windows.utils.windowsIsos.windows-11-enterprise-evaluation-26200-6584;
        edition = "Windows 11 Enterprise Evaluation";
        locale.ui = "en-US";
        steps = [ windows.custom.system.withLongPaths ];
      };

      # In a layer, so that another version of a tool installs no Windows.
      image = base.addLayer {
        name = "ci-tools";
        steps = with windows.custom.software; [
          git.install
          vcredist.install
        ];
      };
    in
    {
      packages.${system} = {
        inherit base;
        default = image;
      };

      checks.${system} = {
        inherit image;
        # What can be asked of it without a start.
        inherit (image.tests) sealed;
        # What it is for: a machine starts, does this, and is thrown away.
        works = image.run {
          name = "ci-works";
          script = ''
            "C:\Program Files\Git\cmd\git.exe" --version > C:\Run\out\git.txt
          '';
        };
      };
    };
}
