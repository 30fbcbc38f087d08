# An answer file as others make it: text by interpolation, during evaluation.
let
  lib = {
    concatMapStrings = f: list: builtins.concatStringsSep "" (map f list);
  };
  spec = builtins.fromJSON (builtins.readFile ./spec.json);
  account = name: ''
    <LocalAccount wcm:action="add"><Name>${name}</Name><Group>Administrators</Group></LocalAccount>
  '';
in
''
  <?xml version="1.0" encoding="utf-8"?>
  <unattend xmlns="urn:schemas-microsoft-com:unattend">
    <settings pass="windowsPE">
      <component name="Microsoft-Windows-Setup" processorArchitecture="amd64">
        <ImageInstall><OSImage><InstallFrom><MetaData>
          <Key>/IMAGE/NAME</Key><Value>${spec.edition}</Value>
        </MetaData></InstallFrom></OSImage></ImageInstall>
      </component>
    </settings>
    <settings pass="oobeSystem">
      <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64">
        <UserAccounts><LocalAccounts>
          ${lib.concatMapStrings account (builtins.attrNames spec.users)}
        </LocalAccounts></UserAccounts>
      </component>
    </settings>
  </unattend>
''
