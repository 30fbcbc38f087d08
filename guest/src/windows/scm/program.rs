//! What a service is: its program.

use windows_sys::Win32::System::Services::{QUERY_SERVICE_CONFIGW, QueryServiceConfigW};

use super::{manager, open};
use crate::quote;
use crate::service::QUERY_CONFIG;
use crate::windows::wide::{done, narrow_at};

/// The program of a service; `None` where there is no such service.
pub(in crate::windows) fn of(name: &str) -> Result<Option<String>, String> {
    // SAFETY: the text lies in the structure's buffer and ends with a zero.
    let line = read(name, |config| unsafe { narrow_at(config.lpBinaryPathName) })?;
    Ok(line.map(|line| quote::program(&line).to_owned()))
}

/// Reads a service's configuration, whose texts end with zeros and live as long as the call.
fn read<T>(
    name: &str,
    take: impl FnOnce(&QUERY_SERVICE_CONFIGW) -> T,
) -> Result<Option<T>, String> {
    let Some(service) = open(&manager(0)?, name, QUERY_CONFIG)? else {
        return Ok(None);
    };
    // 8 KiB are the most that it may have. Aligned as it wants.
    let mut buffer = vec![0_u64; 1 << 10];
    let config: *mut QUERY_SERVICE_CONFIGW = buffer.as_mut_ptr().cast();
    let mut needed = 0;
    // SAFETY: the service is open, and `buffer` has the length that is told.
    let got = unsafe { QueryServiceConfigW(service.0, config, 8 << 10, &raw mut needed) };
    done(got, &format!("cannot read the configuration of `{name}`"))?;
    // SAFETY: Windows filled the structure, which lies in `buffer`, as its texts do.
    Ok(Some(take(unsafe { &*config })))
}
