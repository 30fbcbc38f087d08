//! Services, through the service control manager.

use std::mem::size_of;
use std::ptr::{null, null_mut};
use std::thread;
use std::time::{Duration, Instant};

use lucarne_protocol::step::{NewService, Recovery, Service, Start, State};
use windows_sys::Win32::Foundation::{
    ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_MARKED_FOR_DELETE,
    ERROR_SERVICE_NOT_ACTIVE, GetLastError,
};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, ChangeServiceConfigW, CloseServiceHandle, ControlService,
    CreateServiceW, DeleteService, OpenSCManagerW, OpenServiceW, QueryServiceStatusEx, SC_ACTION,
    SC_ACTION_RESTART, SC_HANDLE, SC_MANAGER_ALL_ACCESS, SC_STATUS_PROCESS_INFO,
    SERVICE_ALL_ACCESS, SERVICE_AUTO_START, SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
    SERVICE_CONFIG_DESCRIPTION, SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONTROL_STOP,
    SERVICE_DELAYED_AUTO_START_INFO, SERVICE_DEMAND_START, SERVICE_DESCRIPTIONW, SERVICE_DISABLED,
    SERVICE_ERROR_NORMAL, SERVICE_FAILURE_ACTIONSW, SERVICE_NO_CHANGE, SERVICE_RUNNING,
    SERVICE_STATUS, SERVICE_STATUS_PROCESS, SERVICE_STOPPED, SERVICE_WIN32_OWN_PROCESS,
    StartServiceW,
};

use super::wide::{done, last, wide, wide_list};
use crate::quote;

/// How often a service is looked at that is on its way.
const LOOK: Duration = Duration::from_millis(100);

/// The manager, or a service of its.
struct Open(SC_HANDLE);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and nobody uses it afterwards.
        unsafe { CloseServiceHandle(self.0) };
    }
}

fn last_code() -> u32 {
    // SAFETY: the call has no conditions.
    unsafe { GetLastError() }
}

fn manager() -> Result<Open, String> {
    // SAFETY: neither a machine nor a database is named.
    let manager = unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_ALL_ACCESS) };
    if manager.is_null() {
        return Err(last("cannot open the service manager"));
    }
    Ok(Open(manager))
}

fn open(manager: &Open, name: &str) -> Result<Option<Open>, String> {
    let text = wide(name);
    // SAFETY: the manager is open, and `text` ends with a zero.
    let service = unsafe { OpenServiceW(manager.0, text.as_ptr(), SERVICE_ALL_ACCESS) };
    if !service.is_null() {
        return Ok(Some(Open(service)));
    }
    match last_code() {
        ERROR_SERVICE_DOES_NOT_EXIST => Ok(None),
        _ => Err(last(&format!("cannot open the service `{name}`"))),
    }
}

/// Whether there is a service of that name.
pub(super) fn exists(name: &str) -> Result<bool, String> {
    Ok(open(&manager()?, name)?.is_some())
}

/// Whether it runs.
pub(super) fn runs(name: &str) -> bool {
    let state = manager().and_then(|manager| match open(&manager, name)? {
        Some(service) => state(&service).map(Some),
        None => Ok(None),
    });
    state == Ok(Some(SERVICE_RUNNING))
}

/// Does a step.
pub(super) fn apply(service: &Service, limit: Duration) -> Result<(), String> {
    let name = &service.name;
    let manager = manager()?;
    if service.delete {
        return match open(&manager, name)? {
            Some(open) => delete(&open, name, limit),
            None => Ok(()),
        };
    }
    let open = match (open(&manager, name)?, &service.create) {
        (Some(open), Some(new)) => configure(&open, new).map(|()| open)?,
        (Some(open), None) => open,
        (None, Some(new)) => create(&manager, name, new)?,
        (None, None) => return Err(format!("there is no service `{name}`")),
    };
    if let Some(new) = &service.create {
        describe(&open, new)?;
    }
    if let Some(start) = service.start {
        set_start(&open, start)?;
    }
    if let Some(recovery) = service.recovery {
        set_recovery(&open, recovery)?;
    }
    match service.state {
        Some(State::Running) => begin(&open, name, limit),
        Some(State::Stopped) => stop(&open, name, limit),
        None => Ok(()),
    }
}

fn line(new: &NewService) -> Vec<u16> {
    wide(&quote::line(&new.program, &new.arguments))
}

fn create(manager: &Open, name: &str, new: &NewService) -> Result<Open, String> {
    let (text, line) = (wide(name), line(new));
    let shown = wide(new.display_name.as_deref().unwrap_or(name));
    let needs = wide_list(new.depends_on.iter().map(String::as_str));
    // SAFETY: the manager is open, and every text ends with a zero, the list with two.
    let service = unsafe {
        CreateServiceW(
            manager.0,
            text.as_ptr(),
            shown.as_ptr(),
            SERVICE_ALL_ACCESS,
            SERVICE_WIN32_OWN_PROCESS,
            SERVICE_DEMAND_START,
            SERVICE_ERROR_NORMAL,
            line.as_ptr(),
            null(),
            null_mut(),
            needs.as_ptr(),
            null(),
            null(),
        )
    };
    if service.is_null() {
        return Err(last(&format!("cannot make the service `{name}`")));
    }
    Ok(Open(service))
}

fn configure(service: &Open, new: &NewService) -> Result<(), String> {
    let line = line(new);
    let shown = new.display_name.as_deref().map(wide);
    let needs = wide_list(new.depends_on.iter().map(String::as_str));
    // SAFETY: the service is open, and every text ends with a zero, the list with two.
    let changed = unsafe {
        ChangeServiceConfigW(
            service.0,
            SERVICE_WIN32_OWN_PROCESS,
            SERVICE_NO_CHANGE,
            SERVICE_NO_CHANGE,
            line.as_ptr(),
            null(),
            null_mut(),
            needs.as_ptr(),
            null(),
            null(),
            shown.as_ref().map_or(null(), |text| text.as_ptr()),
        )
    };
    done(changed, "cannot change the service")
}

fn describe(service: &Open, new: &NewService) -> Result<(), String> {
    let Some(description) = &new.description else {
        return Ok(());
    };
    let mut text = wide(description);
    let info = SERVICE_DESCRIPTIONW {
        lpDescription: text.as_mut_ptr(),
    };
    set(
        service,
        SERVICE_CONFIG_DESCRIPTION,
        &info,
        "cannot describe the service",
    )
}

/// Sets one of the structures that a service has beside its configuration.
fn set<T>(service: &Open, which: u32, info: &T, what: &str) -> Result<(), String> {
    // SAFETY: each caller hands in the structure that `which` stands for.
    let set = unsafe { ChangeServiceConfig2W(service.0, which, std::ptr::from_ref(info).cast()) };
    done(set, what)
}

fn set_start(service: &Open, start: Start) -> Result<(), String> {
    let what = "cannot say how the service starts";
    let kind = match start {
        Start::Automatic | Start::Delayed => SERVICE_AUTO_START,
        Start::Manual => SERVICE_DEMAND_START,
        Start::Disabled => SERVICE_DISABLED,
    };
    // SAFETY: the service is open, and nothing else is changed.
    let changed = unsafe {
        ChangeServiceConfigW(
            service.0,
            SERVICE_NO_CHANGE,
            kind,
            SERVICE_NO_CHANGE,
            null(),
            null(),
            null_mut(),
            null(),
            null(),
            null(),
            null(),
        )
    };
    done(changed, what)?;
    // Only one that starts by itself can be late.
    if kind != SERVICE_AUTO_START {
        return Ok(());
    }
    let info = SERVICE_DELAYED_AUTO_START_INFO {
        fDelayedAutostart: i32::from(start == Start::Delayed),
    };
    set(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &info, what)
}

fn set_recovery(service: &Open, recovery: Recovery) -> Result<(), String> {
    let mut action = SC_ACTION {
        Type: SC_ACTION_RESTART,
        Delay: recovery.restart_after_ms,
    };
    let info = SERVICE_FAILURE_ACTIONSW {
        // Deaths are forgotten after a day; the last action is done for each one above anyway.
        dwResetPeriod: 86_400,
        lpRebootMsg: null_mut(),
        lpCommand: null_mut(),
        cActions: 1,
        lpsaActions: &raw mut action,
    };
    let what = "cannot say what happens when the service dies";
    set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &info, what)
}

fn state(service: &Open) -> Result<u32, String> {
    let mut status = SERVICE_STATUS_PROCESS::default();
    let mut needed = 0;
    let length = u32::try_from(size_of::<SERVICE_STATUS_PROCESS>()).unwrap_or_default();
    // SAFETY: `status` is of the level that is named, and has the length that is told.
    let got = unsafe {
        QueryServiceStatusEx(
            service.0,
            SC_STATUS_PROCESS_INFO,
            (&raw mut status).cast(),
            length,
            &raw mut needed,
        )
    };
    done(got, "cannot ask for the service's state")?;
    Ok(status.dwCurrentState)
}

/// Waits until it is in a state. One that stopped will not run any more.
fn wait(service: &Open, wanted: u32, name: &str, limit: Duration) -> Result<(), String> {
    let end = Instant::now() + limit;
    loop {
        let now = state(service)?;
        if now == wanted {
            return Ok(());
        }
        if now == SERVICE_STOPPED {
            return Err(format!("the service `{name}` stopped when it was started"));
        }
        if Instant::now() >= end {
            let sec = limit.as_secs();
            return Err(format!("the service `{name}` was not ready within {sec} s"));
        }
        thread::park_timeout(LOOK);
    }
}

fn begin(service: &Open, name: &str, limit: Duration) -> Result<(), String> {
    // SAFETY: the service is open, and gets no arguments.
    let started = unsafe { StartServiceW(service.0, 0, null()) };
    if started == 0 && last_code() != ERROR_SERVICE_ALREADY_RUNNING {
        return Err(last(&format!("cannot start the service `{name}`")));
    }
    wait(service, SERVICE_RUNNING, name, limit)
}

fn stop(service: &Open, name: &str, limit: Duration) -> Result<(), String> {
    if state(service)? == SERVICE_STOPPED {
        return Ok(());
    }
    let mut status = SERVICE_STATUS::default();
    // SAFETY: the service is open, and `status` takes what it answers.
    let told = unsafe { ControlService(service.0, SERVICE_CONTROL_STOP, &raw mut status) };
    if told == 0 && last_code() != ERROR_SERVICE_NOT_ACTIVE {
        return Err(last(&format!("cannot stop the service `{name}`")));
    }
    wait(service, SERVICE_STOPPED, name, limit)
}

fn delete(service: &Open, name: &str, limit: Duration) -> Result<(), String> {
    stop(service, name, limit)?;
    // SAFETY: the service is open.
    let deleted = unsafe { DeleteService(service.0) };
    if deleted == 0 && last_code() != ERROR_SERVICE_MARKED_FOR_DELETE {
        return Err(last(&format!("cannot delete the service `{name}`")));
    }
    Ok(())
}
