{ windows }:
windows.makeBaseImage {
  name = "steps";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  disk.bus = "nvme";
  users.ada = { };
  install.deadlines = {
    stepsSec = 7200;
    totalSec = 20000;
  };
  # Every field of every kind of step.
  steps = [
    {
      id = "registry.all";
      name = "Values of every type";
      phase = "specialize";
      timeoutSec = 60;
      registry = {
        key = "HKLM\\SOFTWARE\\Example";
        values = {
          "" = "the default value";
          Number = 4294967295;
          Text = "50% of \"it\"";
          List = [
            "one"
            "two"
          ];
          Typed1.dword = 1;
          Typed2.qword = 9007199254740993;
          Typed3.string = "text";
          Typed4.expandString = "%ProgramFiles%\\Example";
          Typed5.multiString = [ "one" ];
          Typed6.binary = "00FF10";
          Typed7.none = true;
        };
        deleteValues = [ "Old" ];
      };
      check.registry = {
        key = "HKLM\\SOFTWARE\\Example";
        name = "Number";
        data = 4294967295;
      };
    }
    {
      registry = {
        key = "EveryUser\\Software\\Example";
        delete = true;
      };
    }
    { registry.key = "DefaultUser\\Software\\Example"; }
    {
      file = {
        path = "%ProgramData%\\Example\\keys";
        text = ''
          first
          zweite: äöü
        '';
        encoding = "utf8Bom";
        lineEnds = "keep";
        append = true;
        sddl = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";
      };
    }
    {
      file = {
        path = "C:\\Example";
        source = ./files;
      };
    }
    {
      directory = {
        path = "D:\\Shared";
        sddl = "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;BU)";
      };
      phase = "boot";
    }
    { delete = "C:\\Windows\\Temp\\*"; }
    {
      phase = "session";
      program = {
        source = ./files/setup.exe;
        arguments = [
          "/S"
          "/D=C:\\Program Files\\Example"
          {
            prefix = "/config:";
            source = ./files/readme.txt;
          }
        ];
        environment.EXAMPLE = "1";
        workingFolder = "C:\\Windows\\Temp";
        files."setup.ini" = ./files/readme.txt;
        exitCodes = {
          success = [
            0
            (-1)
          ];
          reboot = [ 3010 ];
        };
      };
      check.path = "C:\\Program Files\\Example\\example.exe";
      reboot = true;
    }
    {
      program = {
        path = "dism.exe";
        arguments = [
          "/online"
          "/add-package"
          {
            prefix = "/packagepath:";
            source = ./files/update.msu;
          }
        ];
      };
    }
    {
      msi = {
        source = ./files/package.msi;
        properties.INSTALLDIR = "C:\\Example";
        exitCodes.success = [
          0
          1641
        ];
      };
      check.service = "example";
    }
    {
      msix = {
        source = ./files/app.msix;
        dependencies = [ ./files/dependency.appx ];
        license = ./files/license.xml;
      };
    }
    {
      service = {
        name = "example";
        program = "C:\\Example\\service.exe";
        arguments = [ "--quiet" ];
        displayName = "Example";
        description = "Is an example";
        dependsOn = [ "Tcpip" ];
        start = "delayed";
        state = "running";
        restartAfterMs = 60000;
      };
    }
    {
      service = {
        name = "old";
        delete = true;
      };
    }
    {
      task = {
        name = "\\Example\\Nightly";
        program = "C:\\Example\\nightly.exe";
        arguments = [ "--now" ];
        trigger.daily = "03:30";
        system = false;
      };
    }
    {
      task = {
        name = "Hourly";
        program = "C:\\Example\\hourly.exe";
        trigger.everyMin = 60;
      };
    }
    {
      task = {
        name = "Starting";
        program = "C:\\Example\\starting.exe";
        trigger.startup = true;
      };
    }
    {
      task = {
        name = "LoggingOn";
        program = "C:\\Example\\logon.exe";
        trigger.logon = true;
      };
    }
    {
      task = {
        name = "\\OneDrive*";
        change = "delete";
      };
    }
    {
      firewall = {
        name = "Example";
        direction = "inbound";
        verdict = "allow";
        protocol = "tcp";
        localPorts = [
          22
          "5000-5010"
        ];
        remoteAddresses = [
          "192.0.2.0/24"
          "2001:db8::1"
          "LocalSubnet"
        ];
        program = "C:\\Example\\service.exe";
        profiles = [
          "domain"
          "private"
        ];
      };
    }
    {
      firewall = {
        name = "Old";
        delete = true;
      };
    }
    {
      firewall = {
        group = "@FirewallAPI.dll,-28752";
        enable = true;
      };
    }
    {
      feature = {
        name = "Microsoft-Hyper-V";
        enable = false;
      };
    }
    {
      capability = {
        name = "OpenSSH.Server~~~~0.0.1.0";
        add = true;
        source = ./files;
      };
    }
    {
      appx.remove = [
        "Microsoft.BingNews"
        "king.com.*"
      ];
    }
    { driver.source = ./driver; }
    {
      certificate = {
        source = ./files/root.cer;
        store = "TrustedPublisher";
      };
    }
    {
      environment = {
        name = "EXAMPLE";
        value = "%ProgramData%\\Example";
        scope = "everyUser";
      };
    }
    {
      environment = {
        name = "PATH";
        append = [ "C:\\Example" ];
      };
    }
    {
      environment = {
        name = "PATH";
        prepend = [ "C:\\Example\\first" ];
      };
    }
    {
      environment = {
        name = "OLD";
        delete = true;
      };
    }
    {
      power = {
        plan = "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c";
        hibernation = false;
        timeOuts = [
          {
            of = "monitor";
            source = "mains";
            minutes = 0;
          }
          {
            of = "standby";
            minutes = 0;
          }
        ];
      };
    }
    {
      user = {
        name = "grace";
        password = "Compiler-1952";
        displayName = "Grace Hopper";
        description = "Finds moths";
        groups = [ "Users" ];
        enabled = true;
      };
    }
    {
      user = {
        name = "old";
        delete = true;
      };
    }
    {
      group = {
        name = "Writers";
        description = "Write programs";
        add = [ "ada" ];
        remove = [ "grace" ];
      };
    }
    {
      group = {
        name = "Readers";
        delete = true;
      };
    }
    {
      share = {
        name = "Shared";
        path = "D:\\Shared";
        description = "For all";
        grants = {
          Everyone = "read";
          ada = "change";
          Administrators = "full";
        };
      };
      phase = "boot";
    }
    {
      share = {
        name = "Old";
        delete = true;
      };
    }
    {
      hosts = {
        address = "192.0.2.1";
        names = [
          "server.example.org"
          "server"
        ];
      };
    }
    {
      powerShell = {
        text = ''
          param([string] $Greeting)
          Write-Output "$Greeting, Jürgen"
        '';
        arguments = [
          "it's 5 o'clock"
          { source = ./files/readme.txt; }
        ];
        files."readme.txt" = ./files/readme.txt;
        exitCodes = {
          success = [ 0 ];
          reboot = [ 3010 ];
        };
      };
      phase = "session";
      check.powerShell.text = "exit 1";
    }
    { powerShell.source = ./files/from-host.ps1; }
    {
      cmd = {
        text = ''
          @echo off
          setlocal EnableDelayedExpansion
          copy "%~dp0readme.txt" "!LUCARNE_ARG_1!"
        '';
        arguments = [ "C:\\Example\\50% & more.txt" ];
        files."readme.txt" = ./files/readme.txt;
      };
    }
    { cmd.source = ./files/from-host.cmd; }
    { computerName = "EXAMPLE"; }
    { timeZone = "Europe/Vienna"; }
    { reboot = true; }
  ];
}
