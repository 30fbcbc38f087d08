//! Steps, and files of the host's, as `plan.json` shows them.

use lucarne_protocol::step::{Action, Steps};
use serde::{Serialize, Serializer};

use super::payloads::host_name;

/// All of them, without the passwords of accounts.
pub(crate) fn without_passwords<S: Serializer>(
    steps: &Steps,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut steps = steps.clone();
    if let Some(logon) = &mut steps.finish.auto_logon {
        logon.password.clear();
    }
    for step in &mut steps.steps {
        if let Action::User(user) = &mut step.action {
            user.password = None;
        }
    }
    steps.serialize(serializer)
}

/// Files of the host's without the folders that they are in.
pub(crate) fn names_of_hosts<S: Serializer>(
    paths: &[String],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| host_name(path)))
}
