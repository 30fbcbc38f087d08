# Every way in from elsewhere.
{
  remoteDesktop = {
    enable = true;
    networkLevelAuthentication = false;
  };
  remoteManagement = true;
}
