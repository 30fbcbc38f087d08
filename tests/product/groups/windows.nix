# Windows' own switches, each the other way round, and the desktop. Which there are hangs on the
# kind of Windows: to say another one is refused, of which tests/reject has examples.
{ kind }:
let
  own = {
    client.systemRestore = false;
    server = {
      enhancedSecurity = false;
      serverManager = false;
    };
    core = { };
  };
in
{
  windows = {
    autoActivation = false;
    customerExperience = false;
    errorReporting = false;
    uac = false;
  }
  // own.${kind};
  display = {
    width = 1920;
    height = 1080;
  };
  defaults = {
    preventDeviceEncryption = false;
    realTimeIsUniversal = false;
    noHibernation = false;
    onlineAllDisks = false;
    passwordsNeverExpire = false;
    displayAlwaysOn = false;
    shutdownWithoutLogon = false;
  };
}
