//! The service: what Windows' service manager starts.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use lucarne_protocol::own;
use windows_sys::Win32::Foundation::NO_ERROR;
use windows_sys::Win32::System::Services::{
    RegisterServiceCtrlHandlerExW, SERVICE_ACCEPT_SHUTDOWN, SERVICE_ACCEPT_STOP,
    SERVICE_CONTROL_INTERROGATE, SERVICE_CONTROL_SHUTDOWN, SERVICE_CONTROL_STOP, SERVICE_RUNNING,
    SERVICE_STATUS, SERVICE_STOPPED, SERVICE_TABLE_ENTRYW, SERVICE_WIN32_OWN_PROCESS,
    SetServiceStatus, StartServiceCtrlDispatcherW,
};

use super::command::{self, Asked};
use super::wide::{done, wide};
use super::world;
use crate::course::Role;

/// How long the service may take to run, once it is started.
pub(super) const START: Duration = Duration::from_secs(60);
/// How often the service looks whether the session's steps are done.
const LOOK: Duration = Duration::from_secs(2);

/// What the manager calls by itself can be handed nothing.
static PORT: AtomicU32 = AtomicU32::new(1);
static STATUS: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
static STOP: OnceLock<Sender<()>> = OnceLock::new();

/// Hands this thread over to the manager until the service has stopped.
pub(super) fn dispatch(port: u32) -> Result<(), String> {
    PORT.store(port, Ordering::Relaxed);
    let mut name = wide(own::SERVICE);
    let table = [
        SERVICE_TABLE_ENTRYW {
            lpServiceName: name.as_mut_ptr(),
            lpServiceProc: Some(begin),
        },
        SERVICE_TABLE_ENTRYW::default(),
    ];
    // SAFETY: the table ends with an empty entry and lives as long as the call.
    let ran = unsafe { StartServiceCtrlDispatcherW(table.as_ptr()) };
    done(ran, "only the service manager starts the service")
}

unsafe extern "system" fn begin(_: u32, _: *mut windows_sys::core::PWSTR) {
    let (tell, told) = channel();
    // It is called once in a process.
    let _ = STOP.set(tell);
    let name = wide(own::SERVICE);
    // SAFETY: `name` ends with a zero, and the handler lives as long as the program.
    let status = unsafe { RegisterServiceCtrlHandlerExW(name.as_ptr(), Some(hear), null_mut()) };
    STATUS.store(status, Ordering::Release);
    set_state(SERVICE_RUNNING, NO_ERROR);
    let code = match work(PORT.load(Ordering::Relaxed), &told) {
        Ok(()) => NO_ERROR,
        Err(error) => {
            world::note(&format!("error: {error}"));
            1
        }
    };
    set_state(SERVICE_STOPPED, code);
}

/// The manager's words. What is under way is resumed at the next start; jobs end the programs.
unsafe extern "system" fn hear(control: u32, _: u32, _: *mut c_void, _: *mut c_void) -> u32 {
    match control {
        SERVICE_CONTROL_STOP | SERVICE_CONTROL_SHUTDOWN => {
            // The manager lets the process's first thread go on, which ends all of it.
            set_state(SERVICE_STOPPED, NO_ERROR);
            if let Some(stop) = STOP.get() {
                // The service's thread may have ended by itself.
                let _ = stop.send(());
            }
            NO_ERROR
        }
        SERVICE_CONTROL_INTERROGATE => NO_ERROR,
        _ => windows_sys::Win32::Foundation::ERROR_CALL_NOT_IMPLEMENTED,
    }
}

fn set_state(state: u32, code: u32) {
    let accepted = if state == SERVICE_RUNNING {
        SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN
    } else {
        0
    };
    let status = SERVICE_STATUS {
        dwServiceType: SERVICE_WIN32_OWN_PROCESS,
        dwCurrentState: state,
        dwControlsAccepted: accepted,
        dwWin32ExitCode: code,
        ..Default::default()
    };
    // SAFETY: the handle is the manager's, or null, which is refused.
    unsafe { SetServiceStatus(STATUS.load(Ordering::Acquire), &raw const status) };
}

/// The service's work; afterwards it stays until Windows ends.
fn work(port: u32, stop: &Receiver<()>) -> Result<(), String> {
    while !command::is_services_turn()? {
        if stop.recv_timeout(LOOK).is_ok() {
            return Ok(());
        }
    }
    command::leave(command::drive(Role::Service, Asked::on(port))?)?;
    // The handler's word ends it.
    let _ = stop.recv();
    Ok(())
}
