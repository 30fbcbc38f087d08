{ windows }:
windows.makeBaseImage {
  name = "steps-more";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  disk.bus = "nvme";
  defaults.noHibernation = false;
  # What the choices can be that `steps` does not make, and what is worth a word.
  steps = [
    {
      file = {
        path = "C:\\Example\\a.txt";
        text = "a";
        encoding = "utf8";
        lineEnds = "crlf";
        append = false;
      };
      reboot = false;
    }
    {
      file = {
        path = "C:\\Example\\b.txt";
        text = "b";
        encoding = "utf16";
      };
    }
    {
      file = {
        path = "C:\\Example\\c.txt";
        text = "c";
        encoding = "ansi";
      };
    }
    {
      registry = {
        key = "HKEY_CLASSES_ROOT\\.example";
        values.A = {
          string = "typed";
          none = false;
        };
        delete = false;
      };
    }
    {
      phase = "system";
      service = {
        name = "one";
        start = "automatic";
        state = "stopped";
        delete = false;
      };
    }
    {
      service = {
        name = "two";
        start = "manual";
      };
    }
    {
      service = {
        name = "three";
        start = "disabled";
      };
    }
    {
      task = {
        name = "On";
        change = "enable";
      };
    }
    {
      task = {
        name = "Off";
        change = "disable";
      };
    }
    {
      task = {
        name = "Both";
        program = "C:\\Example\\both.exe";
        system = true;
        trigger = {
          startup = false;
          logon = false;
          everyMin = 5;
        };
      };
    }
    {
      firewall = {
        name = "Out";
        direction = "outbound";
        verdict = "block";
        protocol = "47";
        remoteAddresses = [ "192.0.2.1-192.0.2.9" ];
        profiles = [ "public" ];
        delete = false;
      };
    }
    {
      firewall = {
        group = "@FirewallAPI.dll,-28502";
        enable = false;
      };
    }
    { feature = { name = "NetFx3"; enable = true; }; }
    { capability = { name = "App.StepsRecorder~~~~0.0.1.0"; add = false; }; }
    {
      environment = {
        name = "EXAMPLE";
        delete = false;
        value = "a";
        scope = "machine";
      };
    }
    {
      power = {
        hibernation = true;
        timeOuts = [
          {
            of = "disk";
            source = "battery";
            minutes = 5;
          }
          {
            of = "hibernate";
            minutes = 0;
          }
        ];
      };
    }
    {
      user = {
        name = "guest2";
        enabled = false;
        delete = false;
      };
    }
    {
      group = {
        name = "Empty";
        delete = false;
      };
    }
    {
      share = {
        name = "Kept";
        path = "C:\\Kept";
        delete = false;
      };
    }
    {
      phase = "session";
      registry = {
        key = "HKCU\\Software\\Example";
        values.ApiToken = "not so secret";
      };
    }
    { registry.key = "HKEY_CURRENT_USER\\Software\\Example"; }
    { appx.remove = [ "Microsoft.BingNews" ]; }
    {
      file = {
        path = "C:\\Example\\key.pem";
        text = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
      };
    }
    {
      registry = {
        key = "HKLM\\SOFTWARE\\Example\\Password";
        values."" = "not so secret";
      };
    }
    {
      service = {
        name = "Example";
        program = "C:\\Example\\example.exe";
        arguments = [
          "--password"
          "not so secret"
          "--once"
        ];
      };
    }
    {
      task = {
        name = "Example";
        program = "C:\\Example\\example.cmd";
        arguments = [ "/password:x" ];
        trigger.logon = true;
      };
    }
    {
      powerShell = {
        text = "a";
        arguments = [
          "-Password"
          "not so secret"
          "-PasswordNeverExpires"
          "1"
        ];
      };
    }
  ];
}
