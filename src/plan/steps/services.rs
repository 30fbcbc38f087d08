//! Rules of services and scheduled tasks.

use lucarne_protocol::step::{
    Action, NewService, Recovery, Service, Start, State, Task, TaskKind, Trigger,
};

use super::desk::Desk;
use super::{lines, paths, programs, texts, vital};
use crate::plan::accounts::same;
use crate::plan::rules::wrong_text;
use crate::problem::{attribute, operand};
use crate::spec::step;

/// The limits of `CreateService`.
const NAME_MAX: usize = 256;
const TEXT_MAX: usize = 8_000;
const ARGUMENTS_MAX: usize = 256;
const DEPENDENCIES_MAX: usize = 64;
/// A day.
const RESTART_MS_MAX: u64 = 24 * 3600 * 1000;
/// A task's path is one of the file system's, below `C:\Windows\System32\Tasks`.
const TASK_MAX: usize = 200;
/// What a task's program ends with: cmd runs the last two.
const RUN_BY_TASKS: [&str; 4] = [".exe", ".com", ".bat", ".cmd"];
/// 31 days, the longest interval of a repetition (`RepetitionPattern.Interval`).
const MINUTES_MAX: u64 = 31 * 24 * 60;

/// A service.
pub(super) fn service(desk: &mut Desk<'_, '_>, at: &str, said: &step::Service) -> (Action, String) {
    service_name(desk, &attribute(at, "name"), &said.name);
    let create = create(desk, at, said);
    let recovery = said.restart_after_ms.map(|milliseconds| {
        if milliseconds > RESTART_MS_MAX {
            let what = format!("{milliseconds} ms is not from 0 to {RESTART_MS_MAX} ms");
            let hint = "it is in milliseconds: a minute is 60000";
            desk.problem(&attribute(at, "restartAfterMs"), what, hint);
        }
        Recovery {
            restart_after_ms: u32::try_from(milliseconds).unwrap_or(u32::MAX),
        }
    });
    let start = said.start.map(|start| match start {
        step::ServiceStart::Automatic => Start::Automatic,
        step::ServiceStart::Delayed => Start::Delayed,
        step::ServiceStart::Manual => Start::Manual,
        step::ServiceStart::Disabled => Start::Disabled,
    });
    let state = said.state.map(|state| match state {
        step::ServiceState::Running => State::Running,
        step::ServiceState::Stopped => State::Stopped,
    });
    let delete = said.delete.unwrap_or(false);
    vital::service(desk, &attribute(at, "name"), &said.name, start, delete);
    let changes = create.is_some() || start.is_some() || state.is_some() || recovery.is_some();
    if delete && changes {
        let hint = "leave it out, or all but the name";
        desk.problem(
            &attribute(at, "delete"),
            "is said, and something else too",
            hint,
        );
    } else if !delete && !changes {
        let hint = "`program` makes it, `start`, `state` and `restartAfterMs` change it, `delete` \
                    removes it";
        desk.problem_of_all(at, "says nothing to do", hint);
    } else if start == Some(Start::Disabled) && state == Some(State::Running) {
        let hint = "Windows starts no disabled service; leave one of them out";
        desk.problem(
            &attribute(at, "state"),
            "is running, and `start` is disabled",
            hint,
        );
    }
    let word = match (delete, &create) {
        (true, _) => "Remove",
        (false, Some(_)) => "Make",
        (false, None) => "Change",
    };
    let name = format!("{word} the service {}", said.name);
    let service = Service {
        name: said.name.clone(),
        create,
        start,
        state,
        recovery,
        delete,
    };
    (Action::Service(service), name)
}

/// A service's short name.
pub(super) fn service_name(desk: &mut Desk<'_, '_>, at: &str, name: &str) {
    let what = wrong_text(name, NAME_MAX).or_else(|| {
        let bad = name.chars().find(|c| "/\\".contains(*c))?;
        Some(format!("has {}", operand(&bad.to_string())))
    });
    if let Some(what) = what {
        let hint = format!(
            "1 to {NAME_MAX} characters without `/` and `\\` make it, as `sc query` \
                            shows it"
        );
        desk.problem(at, what, hint);
    }
}

fn create(desk: &mut Desk<'_, '_>, at: &str, said: &step::Service) -> Option<NewService> {
    let depends_on = said.depends_on.clone().unwrap_or_default();
    let Some(program) = &said.program else {
        for (name, is_said) in [
            ("arguments", said.arguments.is_some()),
            ("displayName", said.display_name.is_some()),
            ("description", said.description.is_some()),
            ("dependsOn", said.depends_on.is_some()),
        ] {
            if is_said {
                let hint = "say its `program` too, or leave it out";
                desk.problem(
                    &attribute(at, name),
                    "is of a service to be made alone",
                    hint,
                );
            }
        }
        return None;
    };
    let hint = "a service's program ends with `.exe`; one of another kind is its argument";
    programs::started(desk, &attribute(at, "program"), program, &[".exe"], hint);
    let arguments = plain(desk, &attribute(at, "arguments"), said.arguments.as_deref());
    texts::optional(
        desk,
        &attribute(at, "displayName"),
        said.display_name.as_ref(),
        NAME_MAX,
    );
    texts::optional(
        desk,
        &attribute(at, "description"),
        said.description.as_ref(),
        TEXT_MAX,
    );
    let at = attribute(at, "dependsOn");
    let paths = desk.elements(&at, &depends_on, DEPENDENCIES_MAX);
    for (name, at) in depends_on.iter().zip(paths) {
        service_name(desk, &at, name);
        if same(name, &said.name) {
            desk.problem(&at, "is the service itself", "leave it out");
        }
    }
    Some(NewService {
        program: program.clone(),
        arguments,
        display_name: said.display_name.clone(),
        description: said.description.clone(),
        depends_on,
    })
}

/// Arguments that are texts.
fn plain(desk: &mut Desk<'_, '_>, at: &str, said: Option<&[String]>) -> Vec<String> {
    let said = said.unwrap_or_default();
    let paths = desk.elements(at, said, ARGUMENTS_MAX);
    let mut before = None;
    for (text, at) in said.iter().zip(paths) {
        texts::value(desk, &at, text, TEXT_MAX);
        desk.warn_of_argument(&at, before.replace(text), text);
    }
    lines::plain(desk, at, said);
    said.to_vec()
}

/// A scheduled task.
pub(super) fn task(desk: &mut Desk<'_, '_>, at: &str, said: &step::Task) -> (Action, String) {
    let removes = matches!(
        said.change,
        Some(step::TaskChange::Disable | step::TaskChange::Delete)
    );
    task_name(desk, &attribute(at, "name"), &said.name, removes);
    vital::task(desk, &attribute(at, "name"), &said.name);
    let (task, word) = match (&said.program, said.change) {
        (Some(program), None) => (new_task(desk, at, said, program), "Make"),
        (None, Some(change)) => {
            if said.arguments.is_some() || said.trigger.is_some() || said.system.is_some() {
                let hint = "`arguments`, `trigger` and `system` are of a task to be made";
                desk.problem(&attribute(at, "change"), "is said, and more", hint);
            }
            match change {
                step::TaskChange::Enable => (TaskKind::Enable, "Enable"),
                step::TaskChange::Disable => (TaskKind::Disable, "Disable"),
                step::TaskChange::Delete => (TaskKind::Delete, "Remove"),
            }
        }
        _ => {
            let hint = super::one_of(said.program.is_some());
            desk.problem_of_all(at, "one of `program` and `change` says what is done", hint);
            (TaskKind::Enable, "Change")
        }
    };
    let name = format!("{word} the task {}", said.name);
    let task = Task {
        name: said.name.clone(),
        task,
    };
    (Action::Task(task), name)
}

fn task_name(desk: &mut Desk<'_, '_>, at: &str, name: &str, may_have_star: bool) {
    let units = name.encode_utf16().count();
    let parts = name.strip_prefix('\\').unwrap_or(name).split('\\');
    let last = parts.clone().count().saturating_sub(1);
    let star = |index: usize, part: &str| {
        if may_have_star && index == last {
            part.replace('*', "x")
        } else {
            part.to_owned()
        }
    };
    let mut parts = parts.enumerate();
    let what = if units > TASK_MAX {
        Some(format!("has {units} characters, more than {TASK_MAX}"))
    } else {
        parts.find_map(|(index, part)| {
            let what = paths::wrong_name(&star(index, part), TASK_MAX)?;
            Some(format!("the part {} {what}", operand(part)))
        })
    };
    if let Some(what) = what {
        desk.problem(at, what, r"such as `\Example\Nightly`");
    }
}

/// A task is XML, which has of the control characters those of ends of lines and of tabs alone.
fn in_xml(desk: &mut Desk<'_, '_>, at: &str, arguments: &[String]) {
    let paths = desk.rules.elements(at, arguments.len());
    for (text, at) in arguments.iter().zip(paths) {
        let lines = ['\t', '\n', '\r'];
        let bad = |c: &char| *c < ' ' && !lines.contains(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
        if let Some(bad) = text.chars().find(bad) {
            let what = format!("has U+{:04X}, which no task can have", u32::from(bad));
            desk.problem(&at, what, "write it to a file, and give the file's path");
        }
    }
}

/// What begins with Windows begins before anybody is logged on that it could run as.
fn somebody_is_there(desk: &mut Desk<'_, '_>, at: &str, said: &step::Task) {
    let trigger = said.trigger.clone().unwrap_or_default();
    let with_windows = [
        ("startup", trigger.startup == Some(true)),
        ("everyMin", trigger.every_min.is_some()),
    ];
    if said.system == Some(false)
        && let Some((name, _)) = with_windows.iter().find(|(_, is_said)| *is_said)
    {
        let what = format!("`{name}` begins when Windows starts, and nobody is logged on then");
        let hint = "leave `system` out, or choose `logon` or `daily`";
        desk.problem(&attribute(at, "system"), what, hint);
    }
}

fn new_task(desk: &mut Desk<'_, '_>, at: &str, said: &step::Task, program: &str) -> TaskKind {
    let hint = "`.exe`, `.com`, `.bat` and `.cmd` are programs; one of another kind is the \
                argument of what opens it";
    programs::started(
        desk,
        &attribute(at, "program"),
        program,
        &RUN_BY_TASKS,
        hint,
    );
    let arguments = plain(desk, &attribute(at, "arguments"), said.arguments.as_deref());
    in_xml(desk, &attribute(at, "arguments"), &arguments);
    somebody_is_there(desk, at, said);
    let at = attribute(at, "trigger");
    let said_trigger = said.trigger.clone().unwrap_or_default();
    let mut triggers = Vec::new();
    triggers.extend((said_trigger.startup == Some(true)).then_some(Trigger::Startup));
    triggers.extend((said_trigger.logon == Some(true)).then_some(Trigger::Logon));
    triggers.extend(said_trigger.daily.map(|time| {
        if !is_time(&time) {
            let what = format!("{} is no time of a day", operand(&time));
            desk.problem(&attribute(&at, "daily"), what, "such as `03:30`");
        }
        Trigger::Daily(time)
    }));
    triggers.extend(said_trigger.every_min.map(|minutes| {
        if !(1..=MINUTES_MAX).contains(&minutes) {
            let what = format!("{minutes} min is not from 1 to {MINUTES_MAX} min");
            desk.problem(&attribute(&at, "everyMin"), what, "a day has 1440 minutes");
        }
        Trigger::Minutes(u32::try_from(minutes).unwrap_or(u32::MAX))
    }));
    if triggers.len() != 1 {
        let what = format!("says {} times", triggers.len());
        let hint = "exactly one of `startup`, `logon`, `daily` and `everyMin` is there";
        desk.problem_of_all(&at, what, hint);
    }
    TaskKind::Create {
        program: program.to_owned(),
        arguments,
        trigger: triggers.pop().unwrap_or(Trigger::Startup),
        system: said.system.unwrap_or(true),
    }
}

fn is_time(text: &str) -> bool {
    let two = |text: &str, below: u8| {
        text.len() == 2
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.parse().is_ok_and(|number: u8| number < below)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| two(hour, 24) && two(minute, 60))
}
