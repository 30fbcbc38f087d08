//! What a step does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lucarne_protocol::step::{
    Action, Appx, Argument, Capability, ExitCodes, Feature, Firewall, Hosts, Location, Msi,
    Program, Script, Step, Task, TaskKind,
};

use super::process::{self, Run};
use super::variables::Variables;
use super::{account, certificate, changes, files, letters, scm, share, system};
use crate::exit::{self, Exit};
use crate::machine::Performed;
use crate::task::{RunsAs, Task as TaskXml};
use crate::{args, glob, list, quote, task, text};

/// Removes app packages. Windows has no function for it but those of WinRT, and `dism` knows
/// nothing of accounts. The names come as one parameter: a file.
const REMOVE_APPX: &str = include_str!("remove_appx.ps1");

/// A step's surroundings.
pub(super) struct Deed<'a> {
    pub(super) variables: Variables,
    pub(super) limit: Duration,
    /// Where what a step's program logs goes.
    pub(super) logs: &'a str,
    pub(super) id: &'a str,
    pub(super) output: &'a mut dyn FnMut(String),
}

/// What came of it: an exit code where there is one, and whether it wants a restart.
type Came = Result<Performed, String>;

const DONE: Performed = Performed {
    ms: 0,
    exit: None,
    restart: false,
    error: None,
};

impl Deed<'_> {
    /// Does it.
    pub(super) fn act(&mut self, step: &Step) -> Came {
        match &step.action {
            Action::Program(program) => return self.program(program),
            Action::Msi(msi) => return self.msi(msi),
            Action::PowerShell(script) => return self.power_shell(script),
            Action::Cmd(script) => return self.cmd(script),
            Action::Msix(msix) => return self.dism(&args::provision(msix)),
            Action::Feature(feature) => return self.feature(feature),
            Action::Capability(capability) => return self.capability(capability),
            Action::Appx(appx) => return self.appx(appx),
            Action::Driver(driver) => {
                // 259 (`ERROR_NO_MORE_ITEMS`): no device waited, or all have a better driver.
                let codes = codes(&[0, 259], &[3010, 1641]);
                return self.own(
                    "pnputil.exe",
                    &args::add_drivers(&driver.folder.path()),
                    &codes,
                );
            }
            Action::Power(power) => {
                let codes = codes(&[0], &[]);
                let mut runs = args::power(power).into_iter();
                // The last one's end, or that of the first that failed.
                return runs.try_fold(DONE, |came, arguments| match came.error {
                    None => self.own("powercfg.exe", &arguments, &codes),
                    Some(_) => Ok(came),
                });
            }
            Action::Firewall(firewall) => return self.firewall(firewall),
            Action::Task(task) => return self.task(task),
            Action::Reboot => {
                return Ok(Performed {
                    restart: true,
                    ..DONE
                });
            }
            _ => {}
        }
        self.by_functions(&step.action).map(|()| DONE)
    }

    /// What Windows has functions for.
    fn by_functions(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Registry(change) => changes::registry(change),
            Action::File(file) => files::write(file, &self.variables),
            Action::Directory(directory) => files::directory(directory, &self.variables),
            Action::Delete(delete) => files::delete(delete, &self.variables),
            Action::Service(service) => scm::apply(service, self.limit),
            Action::Certificate(it) => certificate::add(&it.certificate.path(), &it.store),
            Action::Environment(change) => changes::variable(change),
            Action::User(user) => account::user(user),
            Action::Group(group) => account::group(group),
            Action::Share(share) => share::apply(share, &self.variables),
            Action::Hosts(hosts) => self.hosts(hosts),
            Action::ComputerName(name) => system::rename(name),
            Action::TimeZone(name) => system::set_zone(name),
            // Every action is in one of the two lists.
            other => Err(format!("nobody does {other:?}")),
        }
    }

    /// Runs a program and judges how it ended.
    fn run(&mut self, program: &str, line: String, folder: &str, codes: &ExitCodes) -> Came {
        let run = Run {
            program,
            line,
            variables: &self.variables,
            folder,
            limit: self.limit,
        };
        let code = run.run(self.output)?;
        let (restart, error) = match exit::judge(code, codes) {
            Exit::Done => (false, None),
            Exit::Restart => (true, None),
            Exit::Failed(why) => (false, Some(why)),
        };
        Ok(Performed {
            exit: Some(code.into()),
            restart,
            error,
            ..DONE
        })
    }

    /// One of Windows' own programs.
    fn own(&mut self, name: &str, arguments: &[String], codes: &ExitCodes) -> Came {
        let folder = self.system_folder();
        let program = format!(r"{folder}\{name}");
        let line = quote::line(&program, arguments);
        self.run(&program, line, &folder, codes)
    }

    /// The same of a program that ends with 0 when it is done.
    pub(super) fn own_well(&mut self, name: &str, arguments: &[String]) -> Came {
        self.own(name, arguments, &codes(&[0], &[]))
    }

    /// The same of another program.
    pub(super) fn program_well(&mut self, program: &str, arguments: &[String]) -> Came {
        let (folder, _) = glob::split(program);
        let line = quote::line(program, arguments);
        self.run(program, line, folder, &codes(&[0], &[]))
    }

    /// One of Windows' own programs, however it ends.
    pub(super) fn own_quietly(&mut self, name: &str, arguments: &[String]) -> Result<(), String> {
        self.own_well(name, arguments).map(|_| ())
    }

    fn system_folder(&self) -> String {
        let windows = self.variables.get("SystemRoot");
        format!(r"{}\System32", windows.as_deref().unwrap_or(r"C:\Windows"))
    }

    fn program(&mut self, program: &Program) -> Came {
        for (name, value) in &program.environment {
            self.variables.set(name, value);
        }
        let path = match &program.program {
            Location::Payload(payload) => payload.path(),
            Location::Path(path) => {
                let path = text::expand(path, |name| self.variables.get(name));
                process::find(&path, &self.variables)?
            }
        };
        // cmd would read these, and it reads arguments by rules of its own.
        if [".cmd", ".bat"]
            .iter()
            .any(|end| path.to_lowercase().ends_with(end))
        {
            return Err(format!("`{path}` is a script: a step `cmd` runs it"));
        }
        let (own, _) = glob::split(&path);
        let folder = program.working_folder.as_deref().unwrap_or(own);
        let folder = text::expand(folder, |name| self.variables.get(name));
        let line = quote::line(&path, &texts(&program.arguments));
        self.run(&path, line, &folder, &program.exit_codes)
    }

    fn msi(&mut self, msi: &Msi) -> Came {
        let folder = self.system_folder();
        let program = format!(r"{folder}\msiexec.exe");
        let log = format!(r"{}\{}.log", self.logs, self.id);
        let arguments = ["/i", &msi.package.path(), "/qn", "/norestart", "/l*v", &log];
        let mut line = quote::line(&program, &arguments.map(str::to_owned));
        for (name, value) in &msi.properties {
            line += &format!(" {}", quote::property(name, value));
        }
        self.run(&program, line, &folder, &msi.exit_codes)
    }

    /// A script's parameters, which it is given as variables too.
    fn parameters(&mut self, script: &Script) -> Vec<String> {
        let parameters = texts(&script.arguments);
        for (number, parameter) in (1..).zip(&parameters) {
            let name = format!("LUCARNE_ARG_{number}");
            self.variables.set(&name, parameter);
        }
        parameters
    }

    pub(super) fn power_shell(&mut self, script: &Script) -> Came {
        let parameters = self.parameters(script);
        let arguments = args::power_shell(&script.script.path(), &parameters);
        self.power_shell_with(&arguments, &script.exit_codes)
    }

    fn power_shell_with(&mut self, arguments: &[String], codes: &ExitCodes) -> Came {
        self.own(r"WindowsPowerShell\v1.0\powershell.exe", arguments, codes)
    }

    fn cmd(&mut self, script: &Script) -> Came {
        let parameters = self.parameters(script);
        let path = script.script.path();
        let program = format!(r"{}\cmd.exe", self.system_folder());
        let line = quote::cmd_line(&program, &path, &parameters)?;
        let (folder, _) = glob::split(&path);
        self.run(&program, line, folder, &script.exit_codes)
    }

    fn dism(&mut self, arguments: &[String]) -> Came {
        self.own("dism.exe", arguments, &codes(&[0], &[3010, 1641]))
    }

    fn feature(&mut self, feature: &Feature) -> Came {
        let source = letters::windows_sources();
        self.dism(&args::feature(feature, source.as_deref()))
    }

    fn capability(&mut self, capability: &Capability) -> Came {
        let own = capability.source.as_ref().map(|source| source.path());
        let source = own.or_else(letters::windows_sources);
        self.dism(&args::capability(capability, source.as_deref()))
    }

    fn appx(&mut self, appx: &Appx) -> Came {
        let folder = format!(r"{}\{}", self.logs, self.id);
        files::make(&folder)?;
        let (script, names) = (
            format!(r"{folder}\remove.ps1"),
            format!(r"{folder}\names.txt"),
        );
        let list = appx.remove.iter().map(|name| format!("{name}\r\n"));
        for (path, text) in [(&script, text::crlf(REMOVE_APPX)), (&names, list.collect())] {
            // PowerShell 5.1 reads ANSI where there is no mark.
            files::write_whole(path, format!("\u{feff}{text}").as_bytes())?;
        }
        let came = self.power_shell_with(&args::power_shell(&script, &[names]), &codes(&[0], &[]));
        files::remove(Path::new(&folder))?;
        came
    }

    fn firewall(&mut self, firewall: &Firewall) -> Came {
        // It says 1 for a rule that is not there, and for everything else too.
        let gone = codes(&[0, 1], &[]);
        let done = codes(&[0], &[]);
        match firewall {
            Firewall::Rule(rule) => {
                self.own("netsh.exe", &args::firewall_delete(&rule.name), &gone)?;
                self.own("netsh.exe", &args::firewall_add(rule), &done)
            }
            Firewall::DeleteRule(name) => {
                self.own("netsh.exe", &args::firewall_delete(name), &gone)
            }
            Firewall::Group { group, enabled } => {
                self.own("netsh.exe", &args::firewall_group(group, *enabled), &done)
            }
        }
    }

    fn task(&mut self, it: &Task) -> Came {
        let done = codes(&[0], &[]);
        if let TaskKind::Create {
            program,
            arguments,
            trigger,
            system,
        } = &it.task
        {
            let xml = task::xml(&TaskXml {
                program,
                arguments,
                trigger,
                runs_as: if *system {
                    RunsAs::System
                } else {
                    RunsAs::Users
                },
            });
            return self.make_task(&it.name, &xml);
        }
        let mut came = DONE;
        for name in self.tasks(&it.name)? {
            let arguments = match it.task {
                TaskKind::Delete => args::task_delete(&name),
                TaskKind::Enable => args::task_change(&name, true),
                _ => args::task_change(&name, false),
            };
            came = self.own("schtasks.exe", &arguments, &done)?;
            if came.error.is_some() {
                break;
            }
        }
        if it.task == TaskKind::Enable && came == DONE {
            return Err(format!("there is no task `{}`", it.name));
        }
        Ok(came)
    }

    pub(super) fn make_task(&mut self, name: &str, xml: &str) -> Came {
        let file = format!(r"{}\{}.xml", self.logs, self.id);
        let units = std::iter::once(0xfeff).chain(xml.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
        files::make(self.logs)?;
        files::write_whole(&file, &bytes)?;
        let came = self.own(
            "schtasks.exe",
            &args::task_create(name, &file),
            &codes(&[0], &[]),
        );
        files::remove(Path::new(&file))?;
        came
    }

    /// The tasks that a name stands for: each is a file of that name. What `schtasks` itself
    /// lists is in the system's language.
    fn tasks(&self, name: &str) -> Result<Vec<String>, String> {
        let (folder, pattern) = glob::split(name.trim_start_matches('\\'));
        let place = format!(r"{}\Tasks\{folder}", self.system_folder());
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| format!("cannot list `{place}`: {error}"))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| format!("cannot list `{place}`: {error}"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if glob::fits(pattern, &name) && !entry.path().is_dir() {
                let above = if folder.is_empty() { "" } else { r"\" };
                found.push(format!(r"{above}{folder}\{name}"));
            }
        }
        found.sort();
        Ok(found)
    }

    fn hosts(&mut self, hosts: &Hosts) -> Result<(), String> {
        let path = format!(r"{}\drivers\etc\hosts", self.system_folder());
        let known = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            known => known.map_err(|error| format!("cannot read `{path}`: {error}"))?,
        };
        let known = String::from_utf8_lossy(&known).into_owned();
        let new = list::hosts(&known, &hosts.address, &hosts.names);
        // Written in place: the file keeps who may what with it.
        fs::write(&path, new).map_err(|error| format!("cannot write `{path}`: {error}"))
    }
}

/// Arguments as a program gets them.
fn texts(arguments: &[Argument]) -> Vec<String> {
    arguments.iter().map(Argument::text).collect()
}

/// Exit codes of Windows' own programs.
fn codes(success: &[i64], reboot: &[i64]) -> ExitCodes {
    ExitCodes {
        success: success.to_vec(),
        reboot: reboot.to_vec(),
    }
}
