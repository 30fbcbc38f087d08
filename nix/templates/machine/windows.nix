# The image: Windows as it is after its first start, with these settings.
windows:
windows.makeBaseImage {
  name = "office";
  windowsIso = windows.utils.windowsIsos.windows-11-enterprise-evaluation-26200-6584;
  edition = "Windows 11 Enterprise Evaluation";
  locale.ui = "en-US";
  timeZone = "UTC";
  # The machine gives it a password at its start.
  users.ada.groups = [ "Administrators" ];
  remoteDesktop.enable = true;
  steps = with windows.custom; [
    explorer.withFileExtensions
    system.withLongPaths
  ];
}
