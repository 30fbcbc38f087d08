//! What makes an instance itself: its name, its domain, its SID.
//!
//! Joining by a blob and sysprep were never run, neither here nor on a real Windows: Wine has
//! neither.

use std::path::Path;
use std::ptr::{null, null_mut};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne_protocol::settings::{Secret, Settings};
use lucarne_protocol::step::FOLDER;
use windows_sys::Win32::Globalization::{
    GetSystemDefaultLCID, GetSystemDefaultUILanguage, LCIDToLocaleName,
};
use windows_sys::Win32::NetworkManagement::NetManagement::{
    NETSETUP_PROVISION_ONLINE_CALLER, NetApiBufferFree, NetGetJoinInformation,
    NetRequestOfflineDomainJoin, NetSetupDomainName,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsHostname, GetComputerNameExW,
};
use zeroize::Zeroizing;

use crate::boot::sysprep::{self, Locales};
use crate::windows::act::Deed;
use crate::windows::wide::{code, done, narrow, wide};
use crate::windows::{files, generalize, system};

/// Names the computer, from the next start on.
pub(super) fn name(settings: &Settings) -> Result<(), String> {
    settings
        .computer_name
        .as_deref()
        .map_or(Ok(()), system::rename)
}

/// Joins the domain, in force from the next start on. By the function, and not by `djoin`, which
/// would read the blob from a file.
pub(super) fn join(deed: &Deed<'_>, settings: &Settings) -> Result<(), String> {
    settings
        .domain_join
        .as_ref()
        .map_or(Ok(()), |blob| join_with(deed, blob))
}

fn join_with(deed: &Deed<'_>, blob: &Secret) -> Result<(), String> {
    if system::is_wine() {
        return Err("Wine joins no domain".to_owned());
    }
    // `djoin` breaks its lines, and may end with one.
    let text: String = blob.reveal().split_whitespace().collect();
    let text = Zeroizing::new(text);
    let bytes = STANDARD.decode(text.as_bytes()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| "the blob is no base64".to_owned())?;
    let length = u32::try_from(bytes.len()).map_err(|_| "the blob is too long".to_owned())?;
    let windows = deed.variables.get("SystemRoot");
    let windows = wide(windows.as_deref().unwrap_or(r"C:\Windows"));
    // SAFETY: the blob has the length that is told, and the path ends with a zero.
    let joined = unsafe {
        NetRequestOfflineDomainJoin(
            bytes.as_ptr(),
            length,
            NETSETUP_PROVISION_ONLINE_CALLER,
            windows.as_ptr(),
        )
    };
    code(joined, "cannot join the domain")
}

/// Whether all that was asked for is in force.
pub(super) fn holds(settings: &Settings) -> Result<(), String> {
    let mut wrong = Vec::new();
    if let Some(wanted) = &settings.computer_name {
        let is = computer_name()?;
        if !is.eq_ignore_ascii_case(wanted) {
            wrong.push(format!("the computer is called `{is}`"));
        }
    }
    if settings.domain_join.is_some() && !is_joined()? {
        wrong.push("it is in no domain".to_owned());
    }
    super::all(wrong)
}

/// As Windows has it in this start.
fn computer_name() -> Result<String, String> {
    let mut units = [0_u16; 256];
    let mut length = 256;
    let kind = ComputerNamePhysicalDnsHostname;
    // SAFETY: `units` has the length that is told.
    let got = unsafe { GetComputerNameExW(kind, units.as_mut_ptr(), &raw mut length) };
    done(got, "cannot read the computer's name")?;
    Ok(narrow(&units))
}

fn is_joined() -> Result<bool, String> {
    let mut name = null_mut();
    let mut kind = 0;
    // SAFETY: no server is named, and both take what is given.
    let got = unsafe { NetGetJoinInformation(null(), &raw mut name, &raw mut kind) };
    code(got, "cannot read what the computer is joined to")?;
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { NetApiBufferFree(name.cast()) };
    Ok(kind == NetSetupDomainName)
}

/// Has Windows make itself anew, with another SID, at the next start.
pub(super) fn own_sid(deed: &mut Deed<'_>) -> Result<(), String> {
    let path = format!(r"{FOLDER}\sysprep.xml");
    let locales = Locales {
        // SAFETY: the call has no conditions.
        ui: locale(u32::from(unsafe { GetSystemDefaultUILanguage() }))?,
        // SAFETY: the call has no conditions.
        system: locale(unsafe { GetSystemDefaultLCID() })?,
    };
    files::write_whole(&path, sysprep::answer_file(&locales).as_bytes())?;
    let done = generalize::generalize(&path, deed.limit);
    files::remove(Path::new(&path))?;
    (deed.output)(done?);
    Ok(())
}

fn locale(id: u32) -> Result<String, String> {
    let mut units = [0_u16; 85];
    // SAFETY: `units` has the length that is told.
    let got = unsafe { LCIDToLocaleName(id, units.as_mut_ptr(), 85, 0) };
    done(i32::from(got > 0), "cannot read the system's locale")?;
    Ok(narrow(&units))
}
