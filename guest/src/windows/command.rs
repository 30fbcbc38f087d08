//! The program's commands.

use std::fs;
use std::mem::size_of;
use std::process::ExitCode;

use lucarne_protocol::step::{
    FOLDER, NewService, Recovery, STEPS_SCHEMA, Service, Start, State as Wanted, Steps, Trigger,
};
use lucarne_protocol::{Kind, own};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;
use windows_sys::Win32::System::Threading::{
    CreateMutexW, INFINITE, ReleaseMutex, WaitForSingleObject,
};

use super::generalize;
use super::layer::{self, Found};
use super::registry::Key;
use super::scm;
use super::security::Descriptor;
use super::system;
use super::wide::{Handle, wide};
use super::world::{self, World};
use super::{logon, service};
use crate::course::{self, Role, Then};
use crate::machine::Machine as _;
use crate::state::{Stage, State};
use crate::value;

/// A document of steps is no longer than this.
const STEPS_BYTES_MAX: u64 = 256 << 20;

const USAGE: &str = "\
usage: lucarne-guest COMMAND [--port N] [--settings FILE]
  specialize  do the steps of Setup's pass
  register    make the service, do the steps of the session, start the service
  session     go on with the steps of the session
  service     what the service manager starts
  run         do what the service does, in the foreground; `--settings` names a file in the
              place of the medium with a start's settings
  state       print the state";

/// Runs a command.
#[must_use]
pub fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let asked = match Asked::take(&mut words) {
        Ok(asked) => asked,
        Err(error) => return told(Err(error)),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let port = asked.port;
    told(match words[..] {
        ["run"] => run(asked),
        // What a service reads must not be named by whoever may start it.
        _ if asked.settings.is_some() => Err("only `run` knows `--settings`".to_owned()),
        ["specialize"] => drive(Role::Specialize, asked).and_then(leave),
        ["register"] => register(port),
        ["session"] => session(port),
        ["service"] => service::dispatch(port),
        ["state"] => load().map(|state| print!("{}", state.text())),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    })
}

fn told(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            world::note(&format!("error: {error}"));
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the words of the command line ask for besides the command.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// COM1 is the host's.
    pub(super) port: u32,
    settings: Option<String>,
}

impl Asked {
    pub(super) fn on(port: u32) -> Self {
        let settings = None;
        Self { port, settings }
    }

    /// Takes the options out of the words.
    fn take(words: &mut Vec<String>) -> Result<Self, String> {
        let port = option(words, "--port")?.map(|word| word.parse());
        let port = port
            .unwrap_or(Ok(1))
            .map_err(|_| "`--port` needs a number")?;
        let settings = option(words, "--settings")?;
        Ok(Self { port, settings })
    }
}

/// Takes an option and its value out of the words.
fn option(words: &mut Vec<String>, name: &str) -> Result<Option<String>, String> {
    let Some(at) = words.iter().position(|word| word == name) else {
        return Ok(None);
    };
    let value = words.get(at + 1).cloned();
    let value = value.ok_or_else(|| format!("`{name}` needs a value"))?;
    words.drain(at..at + 2);
    Ok(Some(value))
}

pub(super) fn state_path() -> String {
    format!(r"{FOLDER}\state.json")
}

pub(super) fn steps_path() -> String {
    format!(r"{FOLDER}\steps.json")
}

/// What is remembered; nothing before the first start.
pub(super) fn load() -> Result<State, String> {
    let path = state_path();
    match fs::read_to_string(&path) {
        Ok(text) => State::read(&text).map_err(|error| format!("`{path}`: {error}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
        Err(error) => Err(format!("cannot read `{path}`: {error}")),
    }
}

/// The steps of the media, or those that later starts need.
pub(super) fn steps() -> Result<Steps, String> {
    let path = steps_path();
    let cannot = |error: std::io::Error| format!("cannot read `{path}`: {error}");
    if fs::metadata(&path).map_err(cannot)?.len() > STEPS_BYTES_MAX {
        return Err(format!("`{path}` is too long"));
    }
    let text = fs::read_to_string(&path).map_err(cannot)?;
    let steps: Steps = serde_json::from_str(&text)
        .map_err(|error| format!("`{path}` is no list of steps: {error}"))?;
    if steps.schema != STEPS_SCHEMA {
        return Err(format!(
            "`{path}` is of another version than `{STEPS_SCHEMA}`"
        ));
    }
    Ok(steps)
}

/// Keeps the program's other processes from the course while it lives.
pub(super) struct Turn {
    mutex: Handle,
}

impl Turn {
    /// Waits for the turn. A process that ended without giving it back gave it back.
    pub(super) fn take() -> Result<Self, String> {
        let name = wide(r"Global\LucarneGuest");
        // What SYSTEM makes is SYSTEM's alone otherwise, and the session's process is another's.
        let descriptor = Descriptor::new("D:(A;;GA;;;SY)(A;;GA;;;BA)")?;
        let security = SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
            bInheritHandle: 0,
            lpSecurityDescriptor: descriptor.0,
        };
        // SAFETY: `name` ends with a zero, and the descriptor lives as long as the call.
        let mutex = unsafe { CreateMutexW(&raw const security, 0, name.as_ptr()) };
        let mutex = Handle::new(mutex, "cannot make the mutex")?;
        // SAFETY: the mutex is open.
        unsafe { WaitForSingleObject(mutex.0, INFINITE) };
        Ok(Self { mutex })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // SAFETY: the mutex is open, and this thread has it.
        unsafe { ReleaseMutex(self.mutex.0) };
    }
}

/// Goes through the course in one role.
pub(super) fn drive(role: Role, asked: Asked) -> Result<Then, String> {
    let _turn = Turn::take()?;
    let mut world = World::new(asked.port, asked.settings)?;
    let went = go(role, &mut world);
    // Without a state or steps nothing can be resumed: the host is told, once.
    if let Err(error) = &went {
        world.say(Kind::Failed {
            message: error.clone(),
        });
    }
    went
}

fn go(role: Role, world: &mut World) -> Result<Then, String> {
    let mut state = load()?;
    // The image's last start of its own build is not over before it was left.
    let sealed = state.stage == Stage::Sealed && state.leaving != Some(world.windows_start());
    if role == Role::Service && sealed {
        generalize::begin()?;
        match layer::take(&mut state, world)? {
            Found::Nothing => {}
            Found::Layer => world.save(&state)?,
            Found::Program => return Ok(Then::Restart),
        }
    }
    course::go(&steps()?, &mut state, role, world)
}

/// Does what is left to do.
pub(super) fn leave(then: Then) -> Result<(), String> {
    match then {
        Then::Finished | Then::Ready => Ok(()),
        Then::Restart => {
            println!("restart");
            system::end(true)
        }
        Then::PowerOff => {
            println!("power off");
            system::end(false)
        }
    }
}

fn needs_session() -> Result<bool, String> {
    Ok(course::needs_session(&steps()?, &load()?))
}

/// Everything in one process: for tests, and for people who look.
fn run(asked: Asked) -> Result<(), String> {
    if needs_session()? {
        let then = drive(Role::Session, asked.clone())?;
        if then != Then::Finished {
            return leave(then);
        }
    }
    leave(drive(Role::Service, asked)?)
}

/// The one command of the first logon.
fn register(port: u32) -> Result<(), String> {
    let program = format!(r"{FOLDER}\lucarne-guest.exe");
    let mut arguments = vec!["service".to_owned()];
    if port != 1 {
        arguments.extend(["--port".to_owned(), port.to_string()]);
    }
    let made = Service {
        name: own::SERVICE.to_owned(),
        create: Some(NewService {
            program: program.clone(),
            arguments,
            display_name: Some("Lucarne".to_owned()),
            description: Some("Sets this machine up, and reports to its host".to_owned()),
            depends_on: Vec::new(),
        }),
        start: Some(Start::Automatic),
        state: None,
        recovery: Some(Recovery {
            restart_after_ms: 5_000,
        }),
        delete: false,
    };
    scm::apply(&made, service::START)?;
    if needs_session()? {
        logon::again(&program, &Trigger::Logon)?;
        return session(port);
    }
    end_of_session()
}

/// The session's part, at the first logon and at those after a restart.
fn session(port: u32) -> Result<(), String> {
    if needs_session()? {
        let then = drive(Role::Session, Asked::on(port))?;
        if then != Then::Finished {
            return leave(then);
        }
    }
    logon::no_more()?;
    end_of_session()
}

/// Nobody has to be logged on any more.
fn end_of_session() -> Result<(), String> {
    let path = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let key = Key::create(HKEY_LOCAL_MACHINE, path)?;
    // Windows adds one to the count of the answer file.
    key.set("AutoLogonCount", value::REG_DWORD, &0_u32.to_le_bytes())?;
    key.set_text("AutoAdminLogon", "0")?;
    let started = Service {
        name: own::SERVICE.to_owned(),
        create: None,
        start: None,
        state: Some(Wanted::Running),
        recovery: None,
        delete: false,
    };
    scm::apply(&started, service::START)
}

/// Whether the service has its turn: the session's steps come first.
pub(super) fn is_services_turn() -> Result<bool, String> {
    let _turn = Turn::take()?;
    Ok(!needs_session()?)
}
