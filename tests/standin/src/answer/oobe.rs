//! The oobeSystem pass: accounts, the automatic logon, and the first logon's commands.

use anyhow::{Context as _, Result, bail, ensure};

use super::{Answer, Command, commands, number, password, settings, tree::Element, truth};

/// A local account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub groups: Vec<String>,
    pub password: String,
}

/// What the pass asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub accounts: Vec<Account>,
    /// Who is logged on by itself, and how often.
    pub logon: (String, u32),
    pub commands: Vec<Command>,
}

/// Names that Windows keeps for itself.
const RESERVED: &[&str] = &[
    "administrator",
    "defaultaccount",
    "guest",
    "local service",
    "network service",
    "none",
    "system",
    "wdagutilityaccount",
];

/// Reads the pass; a page that would wait for a person is refused as well.
pub fn wish(answer: &Answer, client: bool) -> Result<Wish> {
    settings::check(answer, "oobeSystem")?;
    let shell = answer.component("oobeSystem", "Shell-Setup");
    let shell = shell.context("nothing for the shell: the first pages ask")?;
    check_pages(shell, client)?;
    let mut accounts = accounts(shell)?;
    let administrator = shell.at("UserAccounts/AdministratorPassword");
    if let Some(element) = administrator {
        accounts.push(Account {
            name: "Administrator".into(),
            groups: vec!["Administrators".into()],
            password: password::read(element)?,
        });
    }
    ensure!(!accounts.is_empty(), "no account: the account page asks");
    let logon = logon(shell, &accounts)?;
    let list = shell.child("FirstLogonCommands");
    let commands = commands(list, "SynchronousCommand", "CommandLine")?;
    let user = accounts
        .iter()
        .find(|account| account.name.eq_ignore_ascii_case(&logon.0));
    let elevated = user.is_some_and(|user| user.groups.iter().any(|name| name == "Administrators"));
    ensure!(
        elevated || commands.is_empty(),
        "first-logon commands of a user who is no administrator"
    );
    Ok(Wish {
        accounts,
        logon,
        commands,
    })
}

pub(super) fn check_pages(shell: &Element, client: bool) -> Result<()> {
    let oobe = shell.child("OOBE").context("no `OOBE`: its pages ask")?;
    ensure!(
        truth(oobe, "HideEULAPage")? == Some(true),
        "the licence page is not hidden"
    );
    if client {
        let protect = oobe.text_at("ProtectYourPC").unwrap_or_default();
        ensure!(
            ["1", "2", "3"].contains(&protect),
            "the privacy page is not answered"
        );
    }
    Ok(())
}

fn accounts(shell: &Element) -> Result<Vec<Account>> {
    let mut accounts: Vec<Account> = Vec::new();
    let list = shell.at("UserAccounts/LocalAccounts");
    for entry in list.into_iter().flat_map(|list| list.all("LocalAccount")) {
        let name = entry.text_at("Name").context("an account without a name")?;
        check_account(name)?;
        ensure!(
            !accounts
                .iter()
                .any(|one| one.name.eq_ignore_ascii_case(name)),
            "two accounts are called `{name}`"
        );
        let element = entry.child("Password");
        let element = element.with_context(|| format!("`{name}` has no password"))?;
        let groups = entry.text_at("Group").unwrap_or("Users");
        accounts.push(Account {
            name: name.into(),
            groups: groups.split(';').map(str::to_owned).collect(),
            password: password::read(element)?,
        });
    }
    Ok(accounts)
}

fn check_account(name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && name.chars().count() <= 20,
        "`{name}` is no account name"
    );
    ensure!(
        !name.contains(|c| "\"/\\[]:|<>+=;,?*%@".contains(c)),
        "`{name}` is no account name"
    );
    ensure!(!name.ends_with('.'), "`{name}` ends with a dot");
    ensure!(
        !RESERVED.contains(&name.to_ascii_lowercase().as_str()),
        "`{name}` is reserved"
    );
    Ok(())
}

fn logon(shell: &Element, accounts: &[Account]) -> Result<(String, u32)> {
    let Some(logon) = shell.child("AutoLogon") else {
        bail!("nobody is logged on by itself, and nobody is there to do it");
    };
    ensure!(
        truth(logon, "Enabled")? == Some(true),
        "the automatic logon is not enabled"
    );
    // Without the count, Microsoft's page says, the setting does nothing.
    let count = number(logon, "LogonCount")?;
    ensure!(count > 0, "the automatic logon happens no time");
    let name = logon
        .text_at("Username")
        .context("an automatic logon of nobody")?;
    let account = accounts
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(name));
    let account = account.with_context(|| format!("`{name}` is no account"))?;
    let element = logon
        .child("Password")
        .context("an automatic logon without a password")?;
    ensure!(
        password::read(element)? == account.password,
        "the automatic logon's password is not the account's"
    );
    Ok((name.into(), count))
}
