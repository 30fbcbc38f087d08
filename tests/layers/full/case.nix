# Every option of a layer.
base:
base.addLayer {
  name = "office";
  steps = [
    {
      id = "folder";
      name = "Make a folder";
      directory.path = ''C:\Tools'';
    }
    {
      file = {
        path = ''C:\Tools\read.me'';
        text = "a layer\n";
      };
      reboot = true;
    }
    {
      cmd.text = "echo done\r\nexit /b 0\r\n";
      timeoutSec = 300;
    }
    {
      phase = "boot";
      registry = {
        key = ''HKLM\SOFTWARE\Example'';
        values.Seen = 1;
      };
    }
  ];
  machine = {
    cores = 8;
    memoryMib = 8192;
    cpu = "Skylake-Client";
  };
  install = {
    accel = "auto";
    deadlines = {
      firmwareSec = 60;
      stepsSec = 900;
      settleSec = 300;
      shutdownSec = 120;
      totalSec = 1200;
    };
    stallSec = 100;
    spareSpaceMib = 0;
  };
  seal.compression = "none";
}
