# What projects publish, and its hashes. Each comment says who tells the hash.
fetch: {
  # winget-pkgs, 7zip.7zip 25.01.
  _7zip = fetch {
    name = "7zip.msi";
    url = "https://7-zip.org/a/7z2501-x64.msi";
    sha256 = "e7eb0b7ed5efa4e087b7b17f191797f7af5b7f442d1290c66f3a21777005ef57";
  };

  # winget-pkgs, Python.Python.3.13 3.13.11.
  python3 = fetch {
    name = "python-3.13.11-amd64.exe";
    url = "https://www.python.org/ftp/python/3.13.11/python-3.13.11-amd64.exe";
    sha256 = "30d4654b3eac7ddfdf2682db4c8dcb490f3055f4f33c6906d6b828f680152101";
  };

  # teidesu/nixfiles.
  python3_11_5 = fetch {
    name = "python-3.11.5-amd64.exe";
    url = "https://www.python.org/ftp/python/3.11.5/python-3.11.5-amd64.exe";
    hash = "sha256-G7RvZbtvcbKVgByP9Za7W2n6TAZFVB2189O6wzqm6t4=";
  };

  # winget-pkgs, Microsoft.VCRedist.2015+.x64 14.38.33135.0; the URL has the hash too.
  vcredistX64 = fetch {
    name = "VC_redist.x64.exe";
    version = "14.38.33135";
    url = "https://download.visualstudio.microsoft.com/download/pr/6ba404bb-6312-403e-83be-04b062914c98/1AD7988C17663CC742B01BEF1A6DF2ED1741173009579AD50A94434E54F56073/VC_redist.x64.exe";
    sha256 = "1ad7988c17663cc742b01bef1a6df2ed1741173009579ad50a94434e54f56073";
  };

  # winget-pkgs, Microsoft.VCRedist.2015+.x86 14.38.33135.0; the URL has the hash too.
  vcredistX86 = fetch {
    name = "VC_redist.x86.exe";
    version = "14.38.33135";
    url = "https://download.visualstudio.microsoft.com/download/pr/71c6392f-8df5-4b61-8d50-dba6a525fb9d/510FC8C2112E2BC544FB29A72191EABCC68D3A5A7468D35D7694493BC8593A79/VC_redist.x86.exe";
    sha256 = "510fc8c2112e2bc544fb29a72191eabcc68d3a5a7468d35d7694493bc8593a79";
  };

  # teidesu/nixfiles.
  nomachine = fetch {
    name = "nomachine.exe";
    url = "https://download.nomachine.com/download/8.8/Windows/nomachine_8.8.1_1_x64.exe";
    hash = "sha256-zb4egeW+XvRP1L2q3paDB6+u8/H/LAe62sKJUgFA4r8=";
  };

  # winget-pkgs, Git.Git 2.52.0.
  git = fetch {
    name = "Git-64-bit.exe";
    url = "https://github.com/git-for-windows/git/releases/download/v2.52.0.windows.1/Git-2.52.0-64-bit.exe";
    sha256 = "d8de7a3152266c8bb13577eab850ea1df6dccf8c2aa48be5b4a1c58b7190d62c";
  };

  # winget-pkgs, Microsoft.DotNet.DesktopRuntime.10 10.0.10.
  dotnet = fetch {
    name = "windowsdesktop-runtime-win-x64.exe";
    version = "10.0.10";
    url = "https://builds.dotnet.microsoft.com/dotnet/WindowsDesktop/10.0.10/windowsdesktop-runtime-10.0.10-win-x64.exe";
    sha256 = "e82fc901c8f52d716293b2bc0830ce0dd254a06268c457a19e8fc503560a84d1";
  };

  # winget-pkgs, WinFsp.WinFsp 2.1.25156.
  winfsp = fetch {
    name = "winfsp.msi";
    url = "https://github.com/winfsp/winfsp/releases/download/v2.1/winfsp-2.1.25156.msi";
    sha256 = "073a70e00f77423e34bed98b86e600def93393ba5822204fac57a29324db9f7a";
  };
}
