{
  kind = "server";
  iso = "server-2025.iso";
  image.edition = "Windows Server 2025 SERVERSTANDARD";
}
