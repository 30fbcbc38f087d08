//! Services, through the service control manager.

pub(super) mod door;
pub(super) mod program;

use std::mem::size_of;
use std::ptr::{null, null_mut};
use std::thread;
use std::time::{Duration, Instant};

use lucarne_protocol::step::{NewService, Recovery, Service, Start, State};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_MORE_DATA, ERROR_SERVICE_ALREADY_RUNNING,
    ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_MARKED_FOR_DELETE, GetLastError,
};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, ChangeServiceConfigW, CloseServiceHandle, ControlService,
    CreateServiceW, DeleteService, ENUM_SERVICE_STATUSW, EnumDependentServicesW, OpenSCManagerW,
    OpenServiceW, QueryServiceStatusEx, SC_ACTION, SC_ACTION_RESTART, SC_HANDLE,
    SC_MANAGER_CONNECT, SC_MANAGER_CREATE_SERVICE, SC_STATUS_PROCESS_INFO, SERVICE_ACTIVE,
    SERVICE_AUTO_START, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_CONFIG_DESCRIPTION,
    SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONTROL_STOP, SERVICE_DELAYED_AUTO_START_INFO,
    SERVICE_DEMAND_START, SERVICE_DESCRIPTIONW, SERVICE_DISABLED, SERVICE_ERROR_NORMAL,
    SERVICE_FAILURE_ACTIONSW, SERVICE_NO_CHANGE, SERVICE_STATUS, SERVICE_STATUS_PROCESS,
    SERVICE_WIN32_OWN_PROCESS, StartServiceW,
};

use super::wide::{done, last, narrow_at, wide, wide_list, words};
use crate::quote;
use crate::service::{
    self, QUERY_STATUS, RUNNING, STOP_PENDING, STOPPED, Stopping, is_done_without,
};

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

fn manager(rights: u32) -> Result<Open, String> {
    // SAFETY: neither a machine nor a database is named.
    let manager = unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT | rights) };
    if manager.is_null() {
        return Err(last("cannot open the service manager"));
    }
    Ok(Open(manager))
}

/// Opens a service, or says by which code it cannot.
fn try_open(manager: &Open, name: &str, rights: u32) -> Result<Open, u32> {
    let text = wide(name);
    // SAFETY: the manager is open, and `text` ends with a zero.
    let service = unsafe { OpenServiceW(manager.0, text.as_ptr(), rights) };
    if service.is_null() {
        return Err(last_code());
    }
    Ok(Open(service))
}

fn open(manager: &Open, name: &str, rights: u32) -> Result<Option<Open>, String> {
    match try_open(manager, name, rights) {
        Ok(service) => Ok(Some(service)),
        Err(ERROR_SERVICE_DOES_NOT_EXIST) => Ok(None),
        Err(code) => {
            let words = words(code);
            Err(format!("cannot open the service `{name}`: {words}"))
        }
    }
}

/// Whether there is a service of that name.
pub(super) fn exists(name: &str) -> Result<bool, String> {
    let manager = manager(0)?;
    match try_open(&manager, name, QUERY_STATUS) {
        // One that lets nobody look is there too.
        Ok(_) | Err(ERROR_ACCESS_DENIED) => Ok(true),
        Err(_) => Ok(open(&manager, name, QUERY_STATUS)?.is_some()),
    }
}

/// Whether it runs.
pub(super) fn runs(name: &str) -> bool {
    let state = manager(0).and_then(|manager| match open(&manager, name, QUERY_STATUS)? {
        Some(service) => state(&service).map(Some),
        None => Ok(None),
    });
    state == Ok(Some(RUNNING))
}

/// Does a step.
pub(super) fn apply(service: &Service, limit: Duration) -> Result<(), String> {
    let name = &service.name;
    let makes = service.create.as_ref().map(|_| SC_MANAGER_CREATE_SERVICE);
    let manager = manager(makes.unwrap_or_default())?;
    let end = End::after(limit);
    let rights = service::rights(service);
    let open = match (open(&manager, name, rights)?, &service.create) {
        (Some(open), _) if service.delete => return delete(&manager, &open, name, end),
        (Some(open), Some(new)) => configure(&open, new).map(|()| open)?,
        (Some(open), None) => open,
        (None, _) if is_done_without(service) => return Ok(()),
        (None, Some(new)) => create(&manager, name, new, rights)?,
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
        Some(State::Running) => begin(&open, name, end),
        Some(State::Stopped) => stop(&manager, &open, name, end),
        None => Ok(()),
    }
}

fn line(new: &NewService) -> Vec<u16> {
    wide(&quote::line(&new.program, &new.arguments))
}

fn create(manager: &Open, name: &str, new: &NewService, rights: u32) -> Result<Open, String> {
    let (text, line) = (wide(name), line(new));
    let shown = wide(new.display_name.as_deref().unwrap_or(name));
    let needs = wide_list(new.depends_on.iter().map(String::as_str));
    // SAFETY: the manager is open, and every text ends with a zero, the list with two.
    let service = unsafe {
        CreateServiceW(
            manager.0,
            text.as_ptr(),
            shown.as_ptr(),
            rights,
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

/// When the time of a step is over.
#[derive(Clone, Copy)]
struct End {
    at: Instant,
    sec: u64,
}

impl End {
    fn after(limit: Duration) -> Self {
        Self {
            at: Instant::now() + limit,
            sec: limit.as_secs(),
        }
    }

    /// Waits a little before a service is looked at again, unless the time is over.
    fn pause(self, name: &str) -> Result<(), String> {
        if Instant::now() >= self.at {
            let sec = self.sec;
            return Err(format!("the service `{name}` was not ready within {sec} s"));
        }
        thread::park_timeout(LOOK);
        Ok(())
    }
}

fn begin(service: &Open, name: &str, end: End) -> Result<(), String> {
    // One that is about to stop counts as one that runs, until it has.
    while state(service)? == STOP_PENDING {
        end.pause(name)?;
    }
    // SAFETY: the service is open, and gets no arguments.
    let started = unsafe { StartServiceW(service.0, 0, null()) };
    if started == 0 && last_code() != ERROR_SERVICE_ALREADY_RUNNING {
        return Err(last(&format!("cannot start the service `{name}`")));
    }
    loop {
        match state(service)? {
            RUNNING => return Ok(()),
            STOPPED => return Err(format!("the service `{name}` stopped when it was started")),
            _ => end.pause(name)?,
        }
    }
}

/// Stops it, and before it those that need it and run.
fn stop(manager: &Open, service: &Open, name: &str, end: End) -> Result<(), String> {
    let mut told = false;
    loop {
        match service::stopping(state(service)?) {
            Stopping::Done => return Ok(()),
            // It may take a while until it is seen to be on its way.
            Stopping::Tell if told => {}
            Stopping::Wait => {}
            Stopping::Tell => {
                for other in dependents(service, name)? {
                    if let Some(open) = open(manager, &other, service::TO_STOP)? {
                        stop(manager, &open, &other, end)?;
                    }
                }
                told = tell_to_stop(service, name)?;
            }
        }
        end.pause(name)?;
    }
}

/// False: it does not take the word now, and is to be told again.
fn tell_to_stop(service: &Open, name: &str) -> Result<bool, String> {
    let mut status = SERVICE_STATUS::default();
    // SAFETY: the service is open, and `status` takes what it answers.
    let told = unsafe { ControlService(service.0, SERVICE_CONTROL_STOP, &raw mut status) };
    if told == 0 && !service::refuses_for_now(last_code()) {
        return Err(last(&format!("cannot stop the service `{name}`")));
    }
    Ok(told != 0)
}

/// The names of those that need it and run. Windows hands out those that need these too.
fn dependents(service: &Open, name: &str) -> Result<Vec<String>, String> {
    let mut room: Vec<ENUM_SERVICE_STATUSW> = Vec::new();
    loop {
        let bytes = u32::try_from(room.len() * size_of::<ENUM_SERVICE_STATUSW>());
        let (mut needed, mut count) = (0, 0);
        // SAFETY: the service is open, and `room` has the bytes that are told.
        let got = unsafe {
            EnumDependentServicesW(
                service.0,
                SERVICE_ACTIVE,
                room.as_mut_ptr(),
                bytes.unwrap_or_default(),
                &raw mut needed,
                &raw mut count,
            )
        };
        if got != 0 {
            let found = room.iter().take(usize::try_from(count).unwrap_or_default());
            // SAFETY: the names lie behind the entries in `room`, each with a zero at its end.
            return Ok(found
                .map(|entry| unsafe { narrow_at(entry.lpServiceName) })
                .collect());
        }
        let entries =
            usize::try_from(needed).unwrap_or_default() / size_of::<ENUM_SERVICE_STATUSW>();
        if last_code() != ERROR_MORE_DATA || entries < room.len() {
            let what = format!("cannot tell what needs the service `{name}`");
            return Err(last(&what));
        }
        room.resize(entries + 1, ENUM_SERVICE_STATUSW::default());
    }
}

fn delete(manager: &Open, service: &Open, name: &str, end: End) -> Result<(), String> {
    stop(manager, service, name, end)?;
    // SAFETY: the service is open.
    let deleted = unsafe { DeleteService(service.0) };
    if deleted == 0 && last_code() != ERROR_SERVICE_MARKED_FOR_DELETE {
        return Err(last(&format!("cannot delete the service `{name}`")));
    }
    Ok(())
}
