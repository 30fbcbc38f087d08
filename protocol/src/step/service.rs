//! Services and scheduled tasks.

use serde::{Deserialize, Serialize};

/// Makes, changes or removes a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Its short name.
    pub name: String,
    /// Makes it, or changes one that is there to this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<NewService>,
    /// Default: as it is, and by hand for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Default: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Default: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Stops and removes it. One that is not there is as good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

/// A service to be made: a process of its own, as `LocalSystem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewService {
    /// The program, from the letter on.
    pub program: String,
    pub arguments: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Services that must run before it.
    pub depends_on: Vec<String>,
}

/// How a service starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Start {
    Automatic,
    /// Some two minutes after the others.
    Delayed,
    Manual,
    Disabled,
}

/// What a service should be doing after the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Running,
    Stopped,
}

/// What happens when a service dies: it is started again, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recovery {
    /// How long after, in milliseconds.
    pub restart_after_ms: u32,
}

/// Makes, changes or removes a scheduled task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// With its folder, such as `\Backup\Nightly`. To disable and delete, `*` in the last part
    /// stands for any characters.
    pub name: String,
    pub task: Kind,
}

/// What is done to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Kind {
    /// Makes it, or replaces one of that name.
    #[serde(rename_all = "camelCase")]
    Create {
        program: String,
        arguments: Vec<String>,
        trigger: Trigger,
        /// Whether it runs as SYSTEM; else as whoever is logged on.
        system: bool,
    },
    Enable,
    /// One that is not there is as good.
    Disable,
    /// One that is not there is as good.
    Delete,
}

/// When a task runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Trigger {
    Startup,
    /// Of any account.
    Logon,
    /// At that time each day, as `hh:mm`.
    Daily(String),
    /// So often, in minutes, from the start on.
    Minutes(u32),
}
