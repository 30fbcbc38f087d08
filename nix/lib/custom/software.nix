# Programs: each is one value, { package, install }. `install` brings its own file, so that listing
# `package` in `additionalFiles` besides does nothing.
{ step, fetch }:
let
  inherit (step) installer registry windowsPath;
  packages = import ./packages.nix fetch;

  # A step that installs a package of Windows Installer.
  msi =
    {
      name,
      source,
      check ? null,
      properties ? null,
    }:
    {
      inherit name check;
      msi = { inherit source properties; };
    };

  # What 7-Zip can open.
  archives = [
    "001"
    "7z"
    "arj"
    "bz2"
    "bzip2"
    "cab"
    "cpio"
    "deb"
    "dmg"
    "gz"
    "gzip"
    "hfs"
    "iso"
    "lha"
    "lzh"
    "lzma"
    "rar"
    "rpm"
    "split"
    "swm"
    "tar"
    "taz"
    "tbz"
    "tbz2"
    "tgz"
    "tpz"
    "wim"
    "xar"
    "z"
    "zip"
  ];

  # The installer reads 0 and 1; `toString` makes nothing of false.
  text = value: if builtins.isBool value then (if value then "1" else "0") else toString value;

  # { NAME = VALUE; … }: the installer's own parameters, by default for all accounts and in PATH.
  python = package: folder: {
    inherit package;
    install =
      parameters:
      let
        all = {
          InstallAllUsers = 1;
          PrependPath = 1;
        }
        // parameters;
        usual = text all.InstallAllUsers == "1" && !(all ? TargetDir);
      in
      [
        (installer {
          name = "Install Python";
          source = package.path;
          arguments = [
            "/quiet"
          ]
          ++ map (name: "${name}=${text all.${name}}") (builtins.attrNames all);
          check = if usual then { path = "C:\\Program Files\\${folder}\\python.exe"; } else null;
        })
      ];
  };

  # Microsoft's own; 1638 means that a newer one is there.
  vcRuntime =
    architecture: key: package:
    installer {
      name = "Install the Visual C++ runtime for ${architecture}";
      source = package.path;
      arguments = [
        "/install"
        "/quiet"
        "/norestart"
      ];
      success = [
        0
        1638
      ];
      # `Installed` is of any version since 2015.
      check.powerShell = {
        source = ./vc-runtime.ps1;
        arguments = [
          "HKLM:\\SOFTWARE\\${key}Microsoft\\VisualStudio\\14.0\\VC\\Runtimes\\${architecture}"
          package.version
        ];
      };
    };

  winfsp = [
    (msi {
      name = "Install WinFsp";
      source = packages.winfsp.path;
      check.service = "WinFsp.Launcher";
    })
  ];
in
{
  # A path with Edge's own variables, such as ''D:/EdgeData/''${user_name}''.
  edge.setUserDataDirectory =
    path:
    registry "Move Edge's data" "HKLM\\SOFTWARE\\Policies\\Microsoft\\Edge" {
      UserDataDir = windowsPath path;
    };

  # { assoc ? [ "7z" … ] }: the kinds of files that it opens.
  _7zip = {
    package = packages._7zip;
    install =
      {
        assoc ? archives,
      }:
      let
        classes = "HKLM\\SOFTWARE\\Classes";
        # ".zip" is "zip".
        bare = ext: if builtins.substring 0 1 ext == "." then builtins.substring 1 (-1) ext else ext;
        kind = ext: [
          (registry "Open .${ext} with 7-Zip" "${classes}\\.${ext}" { "" = "7-Zip.${ext}"; })
          (registry "Call .${ext} an archive" "${classes}\\7-Zip.${ext}" { "" = "${ext} Archive"; })
          (registry "Say how 7-Zip opens .${ext}" "${classes}\\7-Zip.${ext}\\shell\\open\\command" {
            "" = "\"C:\\Program Files\\7-Zip\\7zFM.exe\" \"%1\"";
          })
        ];
      in
      [
        (msi {
          name = "Install 7-Zip";
          source = packages._7zip.path;
          check.path = "C:\\Program Files\\7-Zip\\7zFM.exe";
        })
        (map (ext: kind (bare ext)) assoc)
      ];
  };

  python3 = python packages.python3 "Python313";
  python3_11_5 = python packages.python3_11_5 "Python311";

  # The runtimes of Visual Studio 2015 to 2022.
  vcredist = {
    package = packages.vcredistX64;
    install = [
      (vcRuntime "X64" "" packages.vcredistX64)
      (vcRuntime "X86" "WOW6432Node\\" packages.vcredistX86)
    ];
  };

  nomachine = {
    package = packages.nomachine;
    install = [
      (installer {
        name = "Install NoMachine";
        source = packages.nomachine.path;
        arguments = [
          "/VERYSILENT"
          "/SUPPRESSMSGBOXES"
          "/NORESTART"
        ];
      })
    ];
  };

  git = {
    package = packages.git;
    install = [
      (installer {
        name = "Install Git";
        source = packages.git.path;
        arguments = [
          "/SP-"
          "/VERYSILENT"
          "/SUPPRESSMSGBOXES"
          "/NORESTART"
        ];
        check.path = "C:\\Program Files\\Git\\cmd\\git.exe";
      })
    ];
  };

  # The runtime for desktop programs of .NET 10.
  dotnet = {
    package = packages.dotnet;
    install = [
      (installer {
        name = "Install .NET";
        source = packages.dotnet.path;
        arguments = [
          "/install"
          "/quiet"
          "/norestart"
        ];
        # `dotnet.exe` is of all versions.
        check.powerShell = {
          source = ./dotnet-runtime.ps1;
          arguments = [
            "C:\\Program Files\\dotnet\\shared\\Microsoft.WindowsDesktop.App"
            packages.dotnet.version
          ];
        };
      })
    ];
  };

  # For images that set `defaults.guestAgent` to false and want it later in their list.
  guestAgent.install = [
    (msi {
      name = "Install QEMU's guest agent";
      source = "virtio-win:guest-agent/qemu-ga-x86_64.msi";
    })
  ];

  # Drivers and services of virtio-win, all of them.
  virtioGuestTools.install = [
    (msi {
      name = "Install virtio-win's guest tools";
      source = "virtio-win:virtio-win-gt-x64.msi";
    })
  ];

  # { source }: the SPICE project's `spice-vdagent-x64-….msi`. It publishes no hash.
  spiceAgent.install =
    { source }:
    [
      (msi {
        name = "Install SPICE's agent";
        inherit source;
      })
    ];

  winfsp = {
    package = packages.winfsp;
    install = winfsp;
  };

  # { system ? "w11" }: the folder of virtio-win's release for this Windows. WinFsp, and the service
  # that mounts what the host shares (virtio-win's page "Virtiofs: Shared file system").
  virtiofs = {
    package = packages.winfsp;
    install =
      {
        system ? "w11",
      }:
      let
        program = "C:\\Program Files\\Virtio-Win\\VioFS\\virtiofs.exe";
      in
      winfsp
      ++ [
        {
          name = "Copy virtiofs.exe";
          file = {
            path = program;
            source = "virtio-win:viofs/${system}/amd64/virtiofs.exe";
          };
        }
        {
          name = "Mount what the host shares";
          service = {
            name = "VirtioFsSvc";
            inherit program;
            displayName = "Virtio FS Service";
            dependsOn = [
              "WinFsp.Launcher"
              "VirtioFsDrv"
            ];
            start = "automatic";
          };
        }
      ];
  };
}
