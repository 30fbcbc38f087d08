//! Logons of the build account after a restart: a task of its, elevated.

use std::time::Duration;

use lucarne_protocol::own::SESSION_TASK;
use lucarne_protocol::step::Trigger;

use super::act::Deed;
use super::variables;
use crate::args;
use crate::task::{RunsAs, Task, xml};

const LOGS: &str = lucarne_protocol::step::FOLDER;
const LIMIT: Duration = Duration::from_secs(120);

fn deed<T>(act: impl FnOnce(&mut Deed) -> Result<T, String>) -> Result<T, String> {
    act(&mut Deed {
        variables: variables::fresh()?,
        limit: LIMIT,
        logs: LOGS,
        id: "session",
        output: &mut |_| {},
    })
}

/// Has the program started again at the next logon: first-logon commands run once, and what
/// `Run` keys start is not elevated.
pub(super) fn again(program: &str, trigger: &Trigger) -> Result<(), String> {
    let arguments = ["session".to_owned()];
    deed(|deed| {
        let user = deed
            .variables
            .get("USERNAME")
            .ok_or("nobody is logged on")?;
        let xml = xml(&Task {
            program,
            arguments: &arguments,
            trigger,
            runs_as: RunsAs::Elevated(&user),
        });
        match deed.make_task(SESSION_TASK, &xml)?.error {
            Some(error) => Err(format!("cannot make the task of the session: {error}")),
            None => Ok(()),
        }
    })
}

/// Takes the task away. One that is not there is as good.
pub(super) fn no_more() -> Result<(), String> {
    deed(|deed| deed.own_quietly("schtasks.exe", &args::task_delete(SESSION_TASK)))
}
