//! The network and the domain.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The network, as Windows is told of it while it is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// The workgroup, at most 15 bytes. Default: Windows' own, `WORKGROUP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workgroup: Option<String>,
    /// What is put behind names without a dot, in this order, at most 20. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_suffixes: Option<Vec<String>>,
    /// Interfaces by their name in Windows, such as `Ethernet`, or their MAC address, at most 16.
    /// Default: each asks DHCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interfaces: Option<BTreeMap<String, Interface>>,
}

/// One network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interface {
    /// Its addresses with the length of their network's prefix, such as `192.0.2.10/24`, at most
    /// 16. Default: DHCP's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<String>>,
    /// The routers to everywhere, at most one of IPv4 and one of IPv6. Default: DHCP's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateways: Option<Vec<String>>,
    /// The name servers' addresses, in this order, at most 8. Default: DHCP's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_servers: Option<Vec<String>>,
    /// The interface's own DNS suffix. Default: DHCP's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_suffix: Option<String>,
}

/// The domain to belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// What `djoin /provision /printblob` wrote on a computer of the domain, in Base64. It is the
    /// password of one computer account, and stands in the store. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline_join: Option<String>,
    /// Refused: an install has no network to join a domain on; `offlineJoin` needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Refused: an install has no network to join a domain on; `offlineJoin` needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Refused: an install has no network to join a domain on; `offlineJoin` needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}
