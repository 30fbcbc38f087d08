{
  kind = "client";
  iso = "Win11_24H2_EnglishInternational_x64.iso";
  # What Setup displays. Up to 24H2 the image was named otherwise.
  image.edition = "Windows 11 Pro";
}
