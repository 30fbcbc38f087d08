# A file that its project publishes, by URL and hash: a fixed output of Nix's own builder, so that
# nothing of nixpkgs is needed. The value is what `additionalFiles` takes too.
{
  # What the file is called in Windows.
  name,
  url,
  # For checks, where the project tells its versions apart in Windows.
  version ? null,
  # SRI, `sha256-…`; or, as winget's manifests have it, `sha256` in hexadecimal digits.
  hash ? null,
  sha256 ? null,
}:
{
  inherit name version;
  # Its steps bring it: who lists it in `additionalFiles` as well gets it once.
  carried = true;
  path = derivation {
    inherit name url;
    builder = "builtin:fetchurl";
    system = "builtin";
    outputHashMode = "flat";
    outputHashAlgo = if hash == null then "sha256" else null;
    outputHash = if hash == null then sha256 else hash;
    executable = false;
    unpack = false;
    # The file is fetched, not made, so no other machine is faster.
    preferLocalBuild = true;
    # What Nix's own fetchurl.nix lets through.
    impureEnvVars = [
      "http_proxy"
      "https_proxy"
      "ftp_proxy"
      "all_proxy"
      "no_proxy"
    ];
    urls = [ url ];
  };
}
