# The whole job without KVM: an install of the stand-in, whose small system an emulated CPU is enough
# for.
{
  windows,
  tools,
  standin,
}:
(windows {
  tools = tools // {
    inherit (standin) varsMs virtioWinIso;
  };
}).makeBaseImage
  {
    name = "standin";
    inherit (standin) windowsIso;
    edition = "Windows 11 Pro";
    machine.cores = 2;
    install.accel = "tcg";
  }
