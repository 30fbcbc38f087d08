# The network: addresses, proxies, and what others reach this computer by.
{ step, fetch }:
let
  inherit (step) registry say windowsPath;

  openSsh = fetch {
    name = "OpenSSH-Win64.msi";
    # winget-pkgs, Microsoft.OpenSSH.Preview 10.0.0.0.
    url = "https://github.com/PowerShell/Win32-OpenSSH/releases/download/10.0.0.0p2-Preview/OpenSSH-Win64-v10.0.0.0.msi";
    sha256 = "ddec9c53864280759cf9f74791cefd387100e3946aa849a1c138a4ed1b96b7d9";
  };

  ipv4 =
    at: text:
    let
      byte = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
    in
    if builtins.isString text && builtins.match "(${byte}\\.){3}${byte}" text != null then
      text
    else
      say "network.withStaticIp" "`${at}` is no address of IPv4, such as 192.0.2.1";
in
{
  inherit openSsh;

  # { ip, mask, gateway, dns }, of IPv4; `dns` may be a list. At each start, for the interface of
  # virtio: where a build has another network than a machine, the answer file cannot know it.
  withStaticIp =
    {
      ip,
      mask,
      gateway,
      dns,
    }:
    {
      name = "Set the address";
      phase = "boot";
      powerShell = {
        source = ./static-ip.ps1;
        arguments = [
          (ipv4 "ip" ip)
          (ipv4 "mask" mask)
          (ipv4 "gateway" gateway)
        ]
        ++ map (ipv4 "dns") (if builtins.isList dns then dns else [ dns ]);
      };
    };

  withRdpServer = [
    (registry "Allow Remote Desktop" "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server" {
      fDenyTSConnections = 0;
    })
    (step.openGroup "Open the firewall for Remote Desktop" "@FirewallAPI.dll,-28752")
    # As sshd: a build ends without the certificate that it makes, and a machine starts it when its
    # settings are applied. Windows starts by itself what is not disabled.
    {
      name = "Let only machines start Remote Desktop";
      service = {
        name = "TermService";
        start = "disabled";
      };
    }
    {
      name = "Start Remote Desktop";
      phase = "boot";
      service = {
        name = "TermService";
        start = "manual";
        state = "running";
      };
    }
  ];

  # { keys, source ? …, defaultShell ? null }: keys of administrators, as texts or files. Where
  # Windows has sshd (Server 2025) nothing is installed. It starts with a machine and not with the
  # build, so that each machine makes host keys of its own.
  withSshServer =
    {
      keys,
      source ? openSsh.path,
      defaultShell ? null,
    }:
    let
      text = key: if builtins.isPath key then builtins.readFile key else key;
      trimmed =
        key:
        let
          found = builtins.match "[[:space:]]*(.*[^[:space:]])[[:space:]]*" (text key);
        in
        if !builtins.isString (text key) then
          say "network.withSshServer" "`keys` has something that is neither a text nor a file"
        else if found == null then
          say "network.withSshServer" "`keys` has an empty one"
        else
          builtins.head found;
    in
    [
      {
        name = "Install OpenSSH";
        msi = { inherit source; };
        check.service = "sshd";
      }
      {
        name = "Let only machines start sshd";
        service = {
          name = "sshd";
          start = "manual";
          state = "stopped";
          restartAfterMs = 500;
        };
      }
      {
        name = "Open the firewall for SSH";
        firewall = {
          name = "OpenSSH server of lucarne";
          protocol = "tcp";
          localPorts = [ 22 ];
        };
      }
      # sshd refuses it where others than SYSTEM and Administrators may write, by SID: names differ
      # from language to language.
      {
        name = "Write the keys of administrators";
        file = {
          path = "%ProgramData%\\ssh\\administrators_authorized_keys";
          text =
            if keys == [ ] then
              builtins.warn "lucarne: custom.network.withSshServer: `keys` is empty: only a password lets anybody in" ""
            else
              builtins.concatStringsSep "" (map (key: "${trimmed key}\n") keys);
          lineEnds = "keep";
          sddl = "O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)";
        };
      }
      (step.maybe (defaultShell != null) (
        registry "Set the shell of SSH" "HKLM\\SOFTWARE\\OpenSSH" {
          DefaultShell = windowsPath defaultShell;
        }
      ))
      {
        name = "Start sshd";
        phase = "boot";
        service = {
          name = "sshd";
          state = "running";
        };
      }
    ];

  # { shares = { NAME = "path" or { path, grants ? { }, onBoot ? false }; }; }: grants are Read,
  # Change or Full by account; without any, Everyone reads, which is what `net share` does by itself.
  # `onBoot` shares what is on a disk that a build has not. Without it a share is there as soon as
  # Windows is, before a machine's passwords are set: those of the image open it until then.
  withSmbServer =
    { shares }:
    let
      access = {
        read = "read";
        READ = "read";
        Read = "read";
        change = "change";
        CHANGE = "change";
        Change = "change";
        full = "full";
        FULL = "full";
        Full = "full";
      };
      share =
        name:
        let
          said = shares.${name};
          closed = step.known "network.withSmbServer: shares.${name}" [
            "path"
            "grants"
            "onBoot"
          ];
          value = if builtins.isAttrs said then closed said else { path = said; };
          given = value.grants or { };
          grants = if given == { } then { Everyone = "read"; } else given;
        in
        {
          phase = if value.onBoot or false then "boot" else "system";
          share = {
            inherit name;
            path = windowsPath value.path;
            grants = builtins.mapAttrs (_: word: access.${word} or word) grants;
          };
        };
    in
    [ (step.openGroup "Open the firewall for shares" "@FirewallAPI.dll,-28502") ]
    ++ map share (builtins.attrNames shares);

  # `remoteManagement` of the image does the same in Setup.
  withWinRm = [
    # Microsoft's policy "Allow remote server management through WinRM".
    (registry "Let WinRM listen" "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service" {
      AllowAutoConfig = 1;
      IPv4Filter = "*";
      IPv6Filter = "*";
    })
    (step.openGroup "Open the firewall for WinRM" "@FirewallAPI.dll,-30267")
    # As Remote Desktop: nobody is let in before a machine's passwords are set.
    {
      name = "Let only machines start WinRM";
      service = {
        name = "WinRM";
        start = "disabled";
      };
    }
    {
      name = "Start WinRM";
      phase = "boot";
      service = {
        name = "WinRM";
        start = "manual";
        state = "running";
      };
    }
  ];

  # { server = "proxy.example.org:3128", bypass ? [ "*.example.org" ] }: for programs of every
  # account, and for services.
  withProxy =
    {
      server,
      bypass ? [ ],
    }:
    let
      list = builtins.concatStringsSep ";" bypass;
      settings = "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
    in
    [
      # Policy "Make proxy settings per-machine (rather than per-user)".
      (registry "One proxy for all accounts" "HKLM\\SOFTWARE\\Policies\\${settings}" {
        ProxySettingsPerUser = 0;
      })
      (registry "Set the proxy" "HKLM\\SOFTWARE\\${settings}" (
        {
          ProxyEnable = 1;
          ProxyServer = server;
        }
        // (if bypass == [ ] then { } else { ProxyOverride = list; })
      ))
      {
        name = "Set the proxy of services";
        program = {
          path = "netsh.exe";
          arguments = [
            "winhttp"
            "set"
            "proxy"
            "proxy-server=${server}"
          ]
          ++ (if bypass == [ ] then [ ] else [ "bypass-list=${list}" ]);
        };
      }
    ];
}
