{ windows }:
windows.makeBaseImage {
  name = "server-2022";
  windowsIso = windows.utils.windowsIso {
    name = "server-2022.iso";
    hash = "sha256-NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNA=";
  };
  edition = 4;
  # A KMS client key, which is no secret.
  productKey = "WX4NM-KYWYW-QJJR4-XV3QB-6VM33";
}
