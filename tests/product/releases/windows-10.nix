{
  kind = "client";
  iso = "Win10_22H2_EnglishInternational_x64.iso";
  image = {
    edition = "Professional";
    # A KMS client key, which is no secret.
    productKey = "W269N-WFGWX-YVC9B-4J6C9-T83GX";
  };
}
