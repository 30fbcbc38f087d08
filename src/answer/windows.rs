//! Windows' own switches and Remote Desktop, each a component of one or two settings.

use crate::plan::Plan;
use crate::unattend::{Component, component, flag, number};

/// Those of the offlineServicing pass.
pub(super) fn offline_servicing(plan: &Plan) -> Option<Component> {
    let uac = plan.windows.uac?;
    Some(component(
        "Microsoft-Windows-LUA-Settings",
        vec![flag("EnableLUA", uac)],
    ))
}

/// Those of the specialize pass.
pub(super) fn specialize(plan: &Plan) -> Vec<Component> {
    let said = &plan.windows;
    let one = |name, setting| component(name, vec![setting]);
    let mut components = Vec::new();
    if let Some(on) = said.error_reporting {
        let setting = number("DisableWER", !on);
        components.push(one("Microsoft-Windows-ErrorReportingCore", setting));
    }
    if let Some(on) = said.enhanced_security {
        components.push(component(
            "Microsoft-Windows-IE-ESC",
            vec![flag("IEHardenAdmin", on), flag("IEHardenUser", on)],
        ));
    }
    if let Some(on) = said.auto_activation {
        let setting = flag("SkipAutoActivation", !on);
        components.push(one("Microsoft-Windows-Security-SPP-UX", setting));
    }
    if let Some(on) = said.server_manager {
        let setting = flag("DoNotOpenServerManagerAtLogon", !on);
        components.push(one("Microsoft-Windows-ServerManager-SvrMgrNc", setting));
    }
    if let Some(on) = said.customer_experience {
        let setting = number("CEIPEnabled", on);
        components.push(one("Microsoft-Windows-SQMApi", setting));
    }
    if let Some(on) = said.system_restore {
        let setting = number("DisableSR", !on);
        components.push(one("Microsoft-Windows-SystemRestore-Main", setting));
    }
    if let Some(desktop) = &plan.remote_desktop {
        let setting = flag("fDenyTSConnections", false);
        let name = "Microsoft-Windows-TerminalServices-LocalSessionManager";
        components.push(one(name, setting));
        let setting = number("UserAuthentication", desktop.network_level_authentication);
        let name = "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions";
        components.push(one(name, setting));
    }
    components
}
