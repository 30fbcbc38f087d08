//! The specialize pass: the first start of the new Windows, as SYSTEM, before any account.

use crate::answer::commands::{self, Command};
use crate::answer::{network, windows};
use crate::plan::Plan;
use crate::unattend::{Component, Pass, component, flag, group, leaf, ordered};

pub(super) fn pass(plan: &Plan) -> Pass {
    with(plan, commands::of(plan))
}

/// The same for the copies of a generalised image, which have what the commands bring.
pub(super) fn of_copies(plan: &Plan) -> Pass {
    with(plan, commands::of_copies())
}

fn with(plan: &Plan, commands: Vec<Command>) -> Pass {
    let mut components = vec![deployment(commands)];
    if plan.defaults.prevent_device_encryption {
        components.push(component(
            "Microsoft-Windows-SecureStartup-FilterDriver",
            vec![flag("PreventDeviceEncryption", true)],
        ));
    }
    components.push(shell_setup(plan));
    components.extend(network::components(plan));
    components.extend(windows::specialize(plan));
    components.sort_by_key(|component| component.name);
    Pass {
        name: "specialize",
        components,
    }
}

fn deployment(commands: Vec<Command>) -> Component {
    let commands = commands.into_iter().map(|command| {
        vec![
            leaf("Path", command.path),
            leaf("Description", command.description),
            leaf("WillReboot", "Never"),
        ]
    });
    component(
        "Microsoft-Windows-Deployment",
        vec![group(
            "RunSynchronous",
            ordered("RunSynchronousCommand", commands),
        )],
    )
}

fn shell_setup(plan: &Plan) -> Component {
    // `*` asks for a random name, as leaving the setting out would.
    let name = plan.computer_name.as_deref().unwrap_or("*");
    let mut settings = vec![leaf("ComputerName", name)];
    // The key in windowsPE selects the image; this one is what Windows activates with.
    settings.extend(plan.product_key.iter().map(|key| leaf("ProductKey", key)));
    let owner = &plan.owner;
    let organization = owner.organization.iter();
    settings.extend(organization.map(|text| leaf("RegisteredOrganization", text)));
    settings.extend(owner.name.iter().map(|text| leaf("RegisteredOwner", text)));
    settings.push(leaf("TimeZone", &plan.time_zone.name));
    component("Microsoft-Windows-Shell-Setup", settings)
}
