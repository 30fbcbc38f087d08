//! What the guest program has of its own in Windows, beside its folder: no step may take it away
//! while it does the steps.

/// Its service.
pub const SERVICE: &str = "lucarne";

/// The task that goes on with the session's steps at the build account's next logon.
pub const SESSION_TASK: &str = r"\Lucarne session";
