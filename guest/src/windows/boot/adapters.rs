//! Network adapters: what Windows shows of them, and netsh that is told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::{null, null_mut};
use std::slice;
use std::time::{Duration, Instant};

use lucarne_protocol::settings::{Adapter, Address, Mac};
use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, ERROR_NOT_FOUND, ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GAA_FLAG_INCLUDE_GATEWAYS, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_FRIENDLY_NAME,
    GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses, GetIpForwardTable2, IP_ADAPTER_ADDRESSES_LH,
    MIB_IPFORWARD_ROW2,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, IpPrefixOriginManual, NlroManual, SOCKADDR_IN, SOCKADDR_IN6,
    SOCKET_ADDRESS,
};
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;

use super::wait;
use crate::boot::adapter::{self, Manual, Nic};
use crate::windows::act::Deed;
use crate::windows::registry::Key;
use crate::windows::wide::code;

/// How long an adapter may take to appear, and then to have what it was told.
const ARRIVAL: Duration = Duration::from_secs(30);
const SETTLED: Duration = Duration::from_secs(20);
/// How often Windows may say that its list has grown in between.
const TRIES_MAX: u32 = 8;

/// Tells each adapter, and then looks at it.
pub(super) fn tell(deed: &mut Deed<'_>, adapters: &[Adapter]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for wanted in adapters {
        if let Err(error) = one(deed, wanted) {
            wrong.push(error);
        }
    }
    super::all(wrong)
}

fn one(deed: &mut Deed<'_>, wanted: &Adapter) -> Result<(), String> {
    let nic = arrived(wanted.mac)?;
    // Before the rest, whose change makes Windows read it.
    let key = Key::create(HKEY_LOCAL_MACHINE, &interface("Tcpip", &nic.guid))?;
    let suffix = wanted.dns_suffix.as_deref().unwrap_or_default();
    if key.text("Domain")?.unwrap_or_default() != suffix {
        key.set_text("Domain", suffix)?;
    }
    for arguments in adapter::commands(&nic, wanted) {
        // What it says is told as output; what counts is what the adapter has in the end.
        deed.own_well("netsh.exe", &arguments)?;
    }
    let end = Instant::now() + SETTLED;
    loop {
        match adapter::wrong(&look(wanted.mac)?, wanted) {
            None => return Ok(()),
            Some(_) if Instant::now() < end => wait(),
            Some(wrong) => return Err(wrong),
        }
    }
}

/// The adapter, once Windows shows it.
fn arrived(mac: Mac) -> Result<Nic, String> {
    let end = Instant::now() + ARRIVAL;
    loop {
        match look(mac) {
            Ok(nic) => return Ok(nic),
            Err(_) if Instant::now() < end => wait(),
            Err(error) => return Err(error),
        }
    }
}

/// The adapter with all that it has, and that somebody gave it.
fn look(mac: Mac) -> Result<Nic, String> {
    let mut nic = adapter::find(&nics()?, mac)?.clone();
    nic.manual.gateways = gateways(nic.index)?;
    nic.manual.dns_servers = dns_servers(&nic.guid)?;
    Ok(nic)
}

/// The key of an adapter, below that of IPv4 or IPv6.
fn interface(stack: &str, guid: &str) -> String {
    format!(r"SYSTEM\CurrentControlSet\Services\{stack}\Parameters\Interfaces\{guid}")
}

/// The name servers that somebody gave an adapter; those of DHCP are in other values.
fn dns_servers(guid: &str) -> Result<Vec<IpAddr>, String> {
    let mut servers = Vec::new();
    for stack in ["Tcpip", "Tcpip6"] {
        if let Some(key) = Key::open(HKEY_LOCAL_MACHINE, &interface(stack, guid))? {
            let text = key.text("NameServer")?.unwrap_or_default();
            servers.extend(adapter::servers(&text));
        }
    }
    Ok(servers)
}

/// The gateways of IPv6 that somebody gave an adapter, and no router.
fn gateways(index: u32) -> Result<Vec<IpAddr>, String> {
    let mut table = null_mut();
    // SAFETY: `table` takes the pointer.
    let got = unsafe { GetIpForwardTable2(AF_INET6, &raw mut table) };
    // There is no route, or no IPv6.
    if [ERROR_NOT_FOUND, ERROR_NOT_SUPPORTED].contains(&got) {
        return Ok(Vec::new());
    }
    code(got, "cannot list the routes")?;
    // SAFETY: Windows made the table, and so many rows are there.
    let rows = unsafe {
        let first = (&raw const (*table).Table).cast::<MIB_IPFORWARD_ROW2>();
        slice::from_raw_parts(first, (*table).NumEntries as usize)
    };
    let rows = rows.iter().filter(|row| {
        let is_default = row.DestinationPrefix.PrefixLength == 0;
        row.InterfaceIndex == index && is_default && row.Origin == NlroManual
    });
    // SAFETY: routes of IPv6 are what was asked for.
    let hops = rows.map(|row| Ipv6Addr::from(unsafe { row.NextHop.Ipv6.sin6_addr.u.Byte }));
    let gateways = hops.filter(|ip| !ip.is_unspecified()).map(IpAddr::from);
    let gateways = gateways.collect();
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { FreeMibTable(table.cast()) };
    Ok(gateways)
}

/// All adapters that have an address of hardware.
fn nics() -> Result<Vec<Nic>, String> {
    let what = "cannot list the network adapters";
    let flags = GAA_FLAG_INCLUDE_GATEWAYS
        | GAA_FLAG_SKIP_ANYCAST
        | GAA_FLAG_SKIP_MULTICAST
        | GAA_FLAG_SKIP_FRIENDLY_NAME;
    let mut length: u32 = 16 << 10;
    for _ in 0..TRIES_MAX {
        // Of eight bytes each, as the list's structures are aligned.
        let mut buffer = vec![0_u64; length as usize / 8 + 1];
        let list: *mut IP_ADAPTER_ADDRESSES_LH = buffer.as_mut_ptr().cast();
        // SAFETY: `buffer` has at least the length that is told.
        let got =
            unsafe { GetAdaptersAddresses(AF_UNSPEC.into(), flags, null(), list, &raw mut length) };
        match got {
            ERROR_BUFFER_OVERFLOW => {}
            ERROR_NO_DATA => return Ok(Vec::new()),
            got => {
                code(got, what)?;
                // SAFETY: Windows filled the list, and it lives as long as `buffer`.
                return Ok(unsafe { read(list) });
            }
        }
    }
    Err(format!("{what}: they keep changing"))
}

/// Reads Windows' list.
///
/// # Safety
/// `list` is one that `GetAdaptersAddresses` made, in a buffer that lives.
unsafe fn read(list: *const IP_ADAPTER_ADDRESSES_LH) -> Vec<Nic> {
    let mut nics = Vec::new();
    let mut at = list;
    // SAFETY: every pointer of the list is null, or one to a structure in its buffer.
    while let Some(adapter) = unsafe { at.as_ref() } {
        at = adapter.Next;
        let [a, b, c, d, e, f, ..] = adapter.PhysicalAddress;
        if adapter.PhysicalAddressLength != 6 {
            continue;
        }
        // SAFETY: both members of the union are numbers of one place.
        let v4 = unsafe { adapter.Anonymous1.Anonymous.IfIndex };
        let mut nic = Nic {
            mac: Mac([a, b, c, d, e, f]),
            index: if v4 == 0 { adapter.Ipv6IfIndex } else { v4 },
            // SAFETY: the name ends with a zero.
            guid: unsafe { std::ffi::CStr::from_ptr(adapter.AdapterName.cast()) }
                .to_string_lossy()
                .into_owned(),
            is_up: adapter.OperStatus == IfOperStatusUp,
            addresses: Vec::new(),
            gateways: Vec::new(),
            dns_servers: Vec::new(),
            manual: Manual::default(),
        };
        // SAFETY: as above.
        unsafe { fill(&mut nic, adapter) };
        nics.push(nic);
    }
    nics
}

/// Reads the lists of one adapter.
///
/// # Safety
/// As [`read`].
unsafe fn fill(nic: &mut Nic, adapter: &IP_ADAPTER_ADDRESSES_LH) {
    let mut at = adapter.FirstUnicastAddress.cast_const();
    // SAFETY: as above.
    while let Some(it) = unsafe { at.as_ref() } {
        at = it.Next;
        // SAFETY: as above.
        if let Some(ip) = unsafe { ip_of(&it.Address) } {
            nic.addresses.push(ip);
            if it.PrefixOrigin == IpPrefixOriginManual {
                let prefix = it.OnLinkPrefixLength;
                nic.manual.addresses.push(Address { ip, prefix });
            }
        }
    }
    let mut at = adapter.FirstGatewayAddress.cast_const();
    // SAFETY: as above.
    while let Some(it) = unsafe { at.as_ref() } {
        at = it.Next;
        // SAFETY: as above.
        nic.gateways.extend(unsafe { ip_of(&it.Address) });
    }
    let mut at = adapter.FirstDnsServerAddress.cast_const();
    // SAFETY: as above.
    while let Some(it) = unsafe { at.as_ref() } {
        at = it.Next;
        // SAFETY: as above.
        nic.dns_servers.extend(unsafe { ip_of(&it.Address) });
    }
}

/// # Safety
/// The address is null, or one of the family that it says, in a buffer that lives.
unsafe fn ip_of(address: &SOCKET_ADDRESS) -> Option<IpAddr> {
    let at = address.lpSockaddr;
    if at == null_mut() {
        return None;
    }
    // SAFETY: each family has its structure.
    unsafe {
        match (*at).sa_family {
            AF_INET => {
                let number = (*at.cast::<SOCKADDR_IN>()).sin_addr.S_un.S_addr;
                Some(Ipv4Addr::from_bits(u32::from_be(number)).into())
            }
            AF_INET6 => {
                let bytes = (*at.cast::<SOCKADDR_IN6>()).sin6_addr.u.Byte;
                Some(Ipv6Addr::from(bytes).into())
            }
            _ => None,
        }
    }
}
