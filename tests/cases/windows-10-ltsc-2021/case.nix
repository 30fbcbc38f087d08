{ windows }:
windows.makeBaseImage {
  name = "windows-10-ltsc-2021";
  windowsIso = windows.utils.windowsIso {
    name = "SW_DVD9_WIN_ENT_LTSC_2021_64BIT_English.iso";
    hash = "sha256-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA=";
  };
  edition = "EnterpriseS";
  # The machine's own devices only.
  drivers = [ ];
}
