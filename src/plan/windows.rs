//! Rules of Windows' own switches, Remote Desktop and the display.

use serde::Serialize;

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::problem::Problem;
use crate::spec;
use crate::windows_iso::Image;

/// What the smallest and the largest of QEMU's displays have, in pixels.
const WIDTH: (u32, u32) = (640, 7680);
const HEIGHT: (u32, u32) = (480, 4320);

/// Switches; `None` leaves Windows as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Windows {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_activation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_experience: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhanced_security: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_reporting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_manager: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_restore: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uac: Option<bool>,
}

impl Windows {
    /// Whether nothing was said.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Remote Desktop, where it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteDesktop {
    pub network_level_authentication: bool,
}

/// The size of the desktop, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Display {
    pub width: u32,
    pub height: u32,
}

/// The switches. One whose component the image has not would be an error of Setup's.
pub(super) fn windows(rules: &mut Rules<'_>, image: &Image) -> Windows {
    let spec::Windows {
        auto_activation,
        customer_experience,
        enhanced_security,
        error_reporting,
        server_manager,
        system_restore,
        uac,
    } = rules.spec.windows.clone().unwrap_or_default();
    let system = System::of(image);
    let core = image.installation_type.as_deref() == Some("Server Core");
    let desktop = system.is_some_and(|system| !system.is_server());
    for (name, said, absent) in [
        ("enhancedSecurity", enhanced_security, desktop || core),
        ("serverManager", server_manager, desktop || core),
        (
            "systemRestore",
            system_restore,
            system.is_some_and(System::is_server),
        ),
    ] {
        let (Some(_), true, Some(system)) = (said, absent, system) else {
            continue;
        };
        let core = if core { " Core" } else { "" };
        let what = format!("{}{core} has no such thing", system.name());
        let problem = Problem::new(format!("windows.{name}"), what).hint("leave it out");
        rules.problem_of(&["edition"], problem);
    }
    if uac == Some(false) {
        let what = "is off: every program of an administrator's can change Windows unasked";
        let hint = "leave it out, and start what needs it as administrator";
        rules.warn(Problem::new("windows.uac", what).hint(hint));
    }
    Windows {
        auto_activation,
        customer_experience,
        enhanced_security,
        error_reporting,
        server_manager,
        system_restore,
        uac,
    }
}

/// Remote Desktop.
pub(super) fn remote_desktop(rules: &mut Rules<'_>) -> Option<RemoteDesktop> {
    let said = rules.spec.remote_desktop.clone()?;
    let at = "remoteDesktop.networkLevelAuthentication";
    let enabled = said.enable.unwrap_or(false);
    match said.network_level_authentication {
        Some(_) if !enabled => {
            let problem = Problem::new(at, "is said, and Remote Desktop is off")
                .hint("set `remoteDesktop.enable` to true, or leave it out");
            rules.problem_of(&["remoteDesktop.enable"], problem);
        }
        Some(false) => {
            let what = "is off: who only connects reaches the whole logon screen";
            let hint = "leave it out; nearly every client can do it";
            rules.warn(Problem::new(at, what).hint(hint));
        }
        _ => {}
    }
    enabled.then(|| RemoteDesktop {
        network_level_authentication: said.network_level_authentication.unwrap_or(true),
    })
}

/// The size of the desktop.
pub(super) fn display(rules: &mut Rules<'_>) -> Option<Display> {
    let said = rules.spec.display.clone()?;
    let display = Display {
        width: said.width.unwrap_or(1280),
        height: said.height.unwrap_or(800),
    };
    for (at, pixels, (least, most)) in [
        ("display.width", display.width, WIDTH),
        ("display.height", display.height, HEIGHT),
    ] {
        if !(least..=most).contains(&pixels) {
            let what = format!("{pixels} is not from {least} to {most} pixels");
            let hint = "Windows takes the nearest size that the display has";
            rules.problem(Problem::new(at, what).hint(hint));
        }
    }
    Some(display)
}
