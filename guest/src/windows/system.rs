//! The machine as a whole: privileges, restarts, its name, its zone, chance, code pages.

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_ALL_ASSIGNED, ERROR_SHUTDOWN_IN_PROGRESS,
    ERROR_SHUTDOWN_IS_SCHEDULED, GetLastError, HANDLE, LUID, SYSTEMTIME,
};
use windows_sys::Win32::Globalization::{
    CP_ACP, CP_OEMCP, CP_UTF8, GetACP, MultiByteToWideChar, WC_NO_BEST_FIT_CHARS,
    WideCharToMultiByte,
};
use windows_sys::Win32::Security::Cryptography::{
    BCRYPT_USE_SYSTEM_PREFERRED_RNG, BCryptGenRandom,
};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_PRIVILEGE_ENABLED,
    TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;
use windows_sys::Win32::System::Shutdown::{
    InitiateShutdownW, SHTDN_REASON_FLAG_PLANNED, SHTDN_REASON_MAJOR_OPERATINGSYSTEM,
    SHTDN_REASON_MINOR_RECONFIG, SHUTDOWN_FORCE_OTHERS, SHUTDOWN_FORCE_SELF,
    SHUTDOWN_GRACE_OVERRIDE, SHUTDOWN_POWEROFF, SHUTDOWN_RESTART,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsHostname, SetComputerNameExW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::Win32::System::Time::{
    DYNAMIC_TIME_ZONE_INFORMATION, SetDynamicTimeZoneInformation,
};

use super::registry::Key;
use super::wide::{Handle, code, done, wide, words};
use crate::value::{self, Zone};

/// What SYSTEM may do, once it asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Privilege {
    Backup,
    Restore,
    Shutdown,
    TimeZone,
}

/// Asks for a privilege that the account has.
pub(super) fn enable(privilege: Privilege) -> Result<(), String> {
    let name = match privilege {
        Privilege::Backup => "SeBackupPrivilege",
        Privilege::Restore => "SeRestorePrivilege",
        Privilege::Shutdown => "SeShutdownPrivilege",
        Privilege::TimeZone => "SeTimeZonePrivilege",
    };
    let what = format!("cannot have the privilege `{name}`");
    let mut token: HANDLE = null_mut();
    let access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
    // SAFETY: the process's own pseudo-handle needs no closing, and `token` takes the handle.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), access, &raw mut token) };
    done(opened, &what)?;
    let token = Handle::new(token, &what)?;
    let units = wide(name);
    let mut id = LUID::default();
    // SAFETY: `units` ends with a zero, and `id` takes the number.
    let found = unsafe { LookupPrivilegeValueW(null(), units.as_ptr(), &raw mut id) };
    done(found, &what)?;
    let wanted = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES {
            Luid: id,
            Attributes: SE_PRIVILEGE_ENABLED,
        }],
    };
    // SAFETY: `wanted` says how many privileges it has, and what was before is not asked for.
    let adjusted =
        unsafe { AdjustTokenPrivileges(token.0, 0, &raw const wanted, 0, null_mut(), null_mut()) };
    // It succeeds without having done anything, and tells so by the error alone.
    // SAFETY: the call has no conditions.
    let missing = unsafe { GetLastError() } == ERROR_NOT_ALL_ASSIGNED;
    done(adjusted, &what)?;
    if missing {
        return Err(format!("{what}: the account has it not"));
    }
    Ok(())
}

/// Restarts Windows, or ends it and switches the machine off. It returns before that happens.
pub(super) fn end(restart: bool) -> Result<(), String> {
    enable(Privilege::Shutdown)?;
    let way = if restart {
        SHUTDOWN_RESTART
    } else {
        SHUTDOWN_POWEROFF
    };
    // Nobody is there to save anything, and a full shutdown leaves no hibernated kernel behind.
    let flags = way | SHUTDOWN_FORCE_OTHERS | SHUTDOWN_FORCE_SELF | SHUTDOWN_GRACE_OVERRIDE;
    let reason = SHTDN_REASON_MAJOR_OPERATINGSYSTEM
        | SHTDN_REASON_MINOR_RECONFIG
        | SHTDN_REASON_FLAG_PLANNED;
    // SAFETY: no computer and no message are named.
    match unsafe { InitiateShutdownW(null(), null(), 0, flags, reason) } {
        // A program of a step's was quicker.
        0 | ERROR_SHUTDOWN_IN_PROGRESS | ERROR_SHUTDOWN_IS_SCHEDULED => Ok(()),
        // Wine has no such function: there who started the program starts it again.
        ERROR_CALL_NOT_IMPLEMENTED if is_wine() => Ok(()),
        error => Err(format!("cannot end Windows: {}", words(error))),
    }
}

/// Tells this start of Windows from every other: a number in a key that does not outlive it.
pub(super) fn start() -> Result<u64, String> {
    let key = Key::create_volatile(HKEY_LOCAL_MACHINE, r"SOFTWARE\LucarneStart")?;
    let known = key.get("Id")?.map(|(_, bytes)| <[u8; 8]>::try_from(bytes));
    if let Some(Ok(bytes)) = known {
        return Ok(u64::from_le_bytes(bytes));
    }
    let random = random()?;
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&random[..8]);
    key.set("Id", value::REG_QWORD, &bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Bytes that nobody can guess.
pub(super) fn random() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    // SAFETY: `bytes` has the length that is told.
    let made = unsafe {
        BCryptGenRandom(
            null_mut(),
            bytes.as_mut_ptr(),
            32,
            BCRYPT_USE_SYSTEM_PREFERRED_RNG,
        )
    };
    if made != 0 {
        return Err(format!("Windows gives no random bytes: {made:#x}"));
    }
    Ok(bytes)
}

/// Names the computer; it is called so from the next start on.
pub(super) fn rename(name: &str) -> Result<(), String> {
    let units = wide(name);
    // SAFETY: `units` ends with a zero.
    let set = unsafe { SetComputerNameExW(ComputerNamePhysicalDnsHostname, units.as_ptr()) };
    done(set, &format!("cannot name the computer `{name}`"))
}

/// Sets the time zone by Windows' name of it.
pub(super) fn set_zone(name: &str) -> Result<(), String> {
    let path = format!(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones\{name}");
    let missing = || format!("Windows has no time zone `{name}`");
    let key = Key::open(HKEY_LOCAL_MACHINE, &path)?.ok_or_else(missing)?;
    let (_, bytes) = key.get("TZI")?.ok_or_else(missing)?;
    let zone = Zone::read(&bytes)?;
    let mut info = DYNAMIC_TIME_ZONE_INFORMATION {
        Bias: zone.bias,
        StandardBias: zone.standard_bias,
        DaylightBias: zone.daylight_bias,
        StandardDate: time(zone.standard),
        DaylightDate: time(zone.daylight),
        ..Default::default()
    };
    copy(&mut info.TimeZoneKeyName, name);
    copy(
        &mut info.StandardName,
        &key.text("Std")?.unwrap_or_default(),
    );
    copy(
        &mut info.DaylightName,
        &key.text("Dlt")?.unwrap_or_default(),
    );
    enable(Privilege::TimeZone)?;
    // SAFETY: `info` is whole.
    let set = unsafe { SetDynamicTimeZoneInformation(&raw const info) };
    done(set, &format!("cannot set the time zone `{name}`"))
}

fn time([year, month, weekday, day, hour, minute, second, ms]: [u16; 8]) -> SYSTEMTIME {
    SYSTEMTIME {
        wYear: year,
        wMonth: month,
        wDayOfWeek: weekday,
        wDay: day,
        wHour: hour,
        wMinute: minute,
        wSecond: second,
        wMilliseconds: ms,
    }
}

/// A text into a field, cut where it is too long, with a zero behind it.
fn copy(field: &mut [u16], text: &str) {
    let room = field.len() - 1;
    for (unit, place) in text.encode_utf16().take(room).zip(field.iter_mut()) {
        *place = unit;
    }
}

/// Bytes of a program's output as text: programs without a window write the code page of consoles.
pub(super) fn from_console(bytes: &[u8]) -> String {
    let Ok(length) = i32::try_from(bytes.len()) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let mut units = vec![0_u16; bytes.len() * 2];
    let room = i32::try_from(units.len()).unwrap_or(i32::MAX);
    // SAFETY: both buffers have the lengths that are told.
    let count = unsafe {
        MultiByteToWideChar(
            CP_OEMCP,
            0,
            bytes.as_ptr(),
            length,
            units.as_mut_ptr(),
            room,
        )
    };
    match usize::try_from(count) {
        Ok(count) if count > 0 => String::from_utf16_lossy(&units[..count]),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A text in Windows' own code page. A character that it has not is an error.
pub(super) fn to_ansi(text: &str) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // There is a Windows whose own code page this is, and the call below refuses it.
    // SAFETY: the call has no conditions.
    if unsafe { GetACP() } == CP_UTF8 {
        return Ok(text.as_bytes().to_vec());
    }
    let what = "the text does not fit into Windows' code page";
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = i32::try_from(units.len()).map_err(|_| "the text is too long")?;
    // No code page has more than four bytes for a unit.
    let mut bytes = vec![0_u8; units.len() * 4];
    let room = i32::try_from(bytes.len()).map_err(|_| "the text is too long")?;
    let mut replaced = 0;
    // SAFETY: both buffers have the lengths that are told.
    let count = unsafe {
        WideCharToMultiByte(
            CP_ACP,
            WC_NO_BEST_FIT_CHARS,
            units.as_ptr(),
            length,
            bytes.as_mut_ptr(),
            room,
            null(),
            &raw mut replaced,
        )
    };
    if replaced != 0 {
        return Err(what.to_owned());
    }
    code(u32::from(count == 0), what)?;
    bytes.truncate(usize::try_from(count).unwrap_or(0));
    Ok(bytes)
}

/// Whether this Windows is Wine.
pub(super) fn is_wine() -> bool {
    let name = wide("ntdll.dll");
    // SAFETY: `name` ends with a zero, and every process has the library for as long as it lives.
    let library = unsafe { GetModuleHandleW(name.as_ptr()) };
    // SAFETY: the library is loaded, and the name ends with a zero. It is not called.
    unsafe { GetProcAddress(library, c"wine_get_version".as_ptr().cast()) }.is_some()
}
