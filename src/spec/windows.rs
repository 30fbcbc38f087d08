//! What Windows itself can be told to do otherwise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Switches of Windows. What is not said is left as Windows has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Windows {
    /// Whether Windows tries to activate itself. Default: Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_activation: Option<bool>,
    /// The customer experience improvement program. Default: Windows' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_experience: Option<bool>,
    /// Server: Internet Explorer's enhanced security. Default: Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhanced_security: Option<bool>,
    /// Reports of errors to Microsoft. Default: Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_reporting: Option<bool>,
    /// Server: Server Manager opens at each logon. Default: Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_manager: Option<bool>,
    /// Not on Server: restore points. Default: Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_restore: Option<bool>,
    /// User Account Control: administrators are asked before a program changes Windows. Default:
    /// Windows' own, true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uac: Option<bool>,
}

/// Remote Desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoteDesktop {
    /// Whether Windows takes connections, in its firewall too. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Whether who connects says who they are before there is a desktop. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_level_authentication: Option<bool>,
}

/// The size of the desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Display {
    /// Its width in pixels, from 640 to 7680. Default: 1280.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its height in pixels, from 480 to 4320. Default: 800.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}
