{
  kind = "server";
  iso = "server-2022.iso";
  image = {
    edition = 4;
    # A KMS client key, which is no secret.
    productKey = "WX4NM-KYWYW-QJJR4-XV3QB-6VM33";
  };
}
