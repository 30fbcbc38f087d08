//! The specialize pass: commands before anybody logs on, and a few settings that matter here.

use anyhow::{Result, ensure};

use super::{
    Answer, Command, commands, network, settings, switches, truth, windows_pe::check_command,
};

/// What the pass asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub computer_name: Option<String>,
    pub commands: Vec<Command>,
}

/// Reads the pass.
pub fn wish(answer: &Answer) -> Result<Wish> {
    settings::check(answer, "specialize")?;
    network::check(answer)?;
    switches::check(answer)?;
    let deployment = answer.component("specialize", "Deployment");
    let list = deployment.and_then(|component| component.child("RunSynchronous"));
    let commands = commands(list, "RunSynchronousCommand", "Path")?;
    for command in &commands {
        check_command(&command.line)?;
    }
    let shell = answer.component("specialize", "Shell-Setup");
    let computer_name = shell.and_then(|shell| shell.text_at("ComputerName"));
    if let Some(name) = computer_name {
        check_computer_name(name)?;
    }
    Ok(Wish {
        computer_name: computer_name.map(str::to_owned),
        commands,
    })
}

/// Whether any pass forbids Windows to encrypt C: by itself.
pub fn prevents_encryption(answer: &Answer) -> Result<bool> {
    for pass in ["offlineServicing", "specialize", "oobeSystem"] {
        if let Some(component) = answer.component(pass, "SecureStartup-FilterDriver")
            && truth(component, "PreventDeviceEncryption")? == Some(true)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_computer_name(name: &str) -> Result<()> {
    // Windows makes up a name.
    if name.is_empty() || name == "*" {
        return Ok(());
    }
    let forbidden = "{|}~[\\]^':;<=>?@!\"#$%`()+/.,*& ";
    ensure!(
        name.len() <= 15,
        "the computer name `{name}` has more than 15 bytes"
    );
    ensure!(
        !name.contains(|c| forbidden.contains(c)),
        "`{name}` is no computer name"
    );
    ensure!(
        !name.bytes().all(|byte| byte.is_ascii_digit()),
        "a computer name of digits only"
    );
    Ok(())
}
