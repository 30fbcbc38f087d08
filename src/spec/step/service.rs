//! Steps of services and scheduled tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A service. With `program` it is made, or changed to that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Its short name, at most 256 characters.
    pub name: String,
    /// The program of a service to be made, from the letter on; it runs as `LocalSystem`. Default:
    /// the service is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The program's arguments. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// What lists call it, at most 256 characters. Default: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Services that must run before it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<String>>,
    /// How it starts. Default: as it is, and `manual` for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<ServiceStart>,
    /// What it does after the step. Default: left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ServiceState>,
    /// How long after its process died it is started again, in milliseconds, from 0 to 86400000.
    /// Default: left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_after_ms: Option<u64>,
    /// Whether it is stopped and removed. One that is not there is as good. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// How a service starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceStart {
    /// With Windows.
    Automatic,
    /// With Windows, some two minutes after the others.
    Delayed,
    /// When something asks for it.
    Manual,
    /// Never.
    Disabled,
}

/// What a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceState {
    Running,
    Stopped,
}

/// A scheduled task. With `program` it is made, or replaces one of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// Its name with its folder, such as `\Backup\Nightly`. Where it is disabled or deleted `*` in
    /// the last part stands for any characters.
    pub name: String,
    /// The program of a task to be made. Default: `change` says what is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The program's arguments. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// When it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// Whether it runs as SYSTEM; else as whoever is logged on, which is nobody yet at `startup`
    /// and `everyMin`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
    /// What is done to a task that is there. Default: `program` makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<TaskChange>,
}

/// What is done to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TaskChange {
    Enable,
    /// One that is not there is as good.
    Disable,
    /// One that is not there is as good.
    Delete,
}

/// When a task runs. Exactly one field is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trigger {
    /// When Windows starts. Always true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup: Option<bool>,
    /// When anybody logs on. Always true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logon: Option<bool>,
    /// Each day at that time, as `hh:mm`. One that was missed while the machine was off runs soon
    /// after its start; where C: is thrown away Windows knows of no run, so at each start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<String>,
    /// So often, in minutes, from 1 to 44640, from the start on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_min: Option<u64>,
}
