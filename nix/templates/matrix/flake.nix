{
  description = "Three editions of Windows Server, each by itself and with two layers";

  inputs.lucarne.url = "flake:lucarne";

  outputs =
    { lucarne, ... }:
    let
      system = "x86_64-linux";
      # The system alone is asked of it: what builds images is Lucarne's own nixpkgs.
      windows = lucarne.lib.windows { pkgs.stdenv.hostPlatform = { inherit system; }; };
    in
    {
      # 2025-core-en-us, 2025-core-en-us-tools, 2025-core-en-us-web, 2025-datacenter-en-us …
      packages.${system} = windows.matrix {
        releases."2025" = windows.utils.windowsIsos.windows-server-2025-evaluation-26100-32230;
        editions = {
          core = "Windows Server 2025 Standard Evaluation";
          standard = "Windows Server 2025 Standard Evaluation (Desktop Experience)";
          datacenter = "Windows Server 2025 Datacenter Evaluation (Desktop Experience)";
        };
        languages = [ "en-US" ];

        layers = {
          tools.steps = with windows.custom.software; [
            git.install
            vcredist.install
          ];
          # On the layer `tools` of the same edition, which both of them share.
          web = {
            on = "tools";
            steps = [
              {
                powerShell.text = ''
                  Install-WindowsFeature -Name Web-Server
                '';
              }
            ];
          };
        };

        # What all of them have.
        common = {
          timeZone = "UTC";
          steps = [ windows.custom.system.withLongPaths ];
        };
      };
    };
}
