{ windows }:
windows.makeBaseImage {
  name = "server-options";
  windowsIso = windows.utils.windowsIso {
    name = "SERVER_EVAL_x64FRE_en-us.iso";
    hash = "sha256-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=";
  };
  virtioWinIso = null;
  edition = 2;
  timeZone = "America/Sao_Paulo";
  disk.bus = "nvme";
  # What `djoin /provision /printblob` wrote: the one way into a domain without a network.
  domain.offlineJoin = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/";
  remoteDesktop = {
    enable = true;
    networkLevelAuthentication = false;
  };
  administrator.enable = false;
  autoLogon = "ada";
  # Right, and what a server's own policy may refuse.
  users.ada.password = "Ada-2026-x";
  windows = {
    enhancedSecurity = false;
    serverManager = false;
    uac = false;
  };
}
