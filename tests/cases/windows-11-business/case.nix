{ windows }:
windows.makeBaseImage {
  name = "windows-11-business";
  windowsIso = windows.utils.windowsIso {
    name = "SW_DVD9_Win_Pro_11_24H2_64BIT_English.iso";
    hash = "sha256-GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGA=";
  };
  defaults.guestAgent = false;
  # Volume media need no key.
  edition = "Enterprise";
}
