//! The oobeSystem pass: the first start's pages, the accounts, and the first logon.

use crate::answer::{languages, password};
use crate::plan::{Account, Display, Plan, Role};
use crate::unattend::{Component, Node, Pass, component, flag, group, item, leaf, ordered};

/// The one command of the first logon. More would all start at once: since Windows 10 nothing
/// waits for the one before (page of `FirstLogonCommands/SynchronousCommand/Order`).
const FIRST_LOGON: &str = r"C:\Windows\Lucarne\lucarne-guest.exe register";

pub(super) fn pass(plan: &Plan) -> Pass {
    Pass {
        name: "oobeSystem",
        components: vec![
            component(
                "Microsoft-Windows-International-Core",
                languages(&plan.locale),
            ),
            shell_setup(plan),
        ],
    }
}

/// The pass of a generalised image's copies. The guest program's service is in them already.
pub(super) fn of_copies(plan: &Plan) -> Pass {
    let mut settings: Vec<Node> = plan.display.map(display).into_iter().collect();
    settings.push(oobe(plan, true));
    // Server's OOBE asks for it, for sysprep takes it away (Microsoft's page "Sysprep (Generalize)
    // a Windows installation").
    let administrator = plan.administrator_password.as_ref();
    if let Some(given) = administrator.filter(|given| !given.throw_away) {
        let given = password::element("AdministratorPassword", &given.text);
        settings.push(group("UserAccounts", vec![given]));
    }
    Pass {
        name: "oobeSystem",
        components: vec![
            component(
                "Microsoft-Windows-International-Core",
                languages(&plan.locale),
            ),
            component("Microsoft-Windows-Shell-Setup", settings),
        ],
    }
}

fn shell_setup(plan: &Plan) -> Component {
    let first_logon = vec![
        leaf("CommandLine", FIRST_LOGON),
        leaf("Description", "Register the guest program"),
        flag("RequiresUserInput", false),
    ];
    let mut settings = vec![auto_logon(plan)];
    settings.extend(plan.display.map(display));
    settings.extend([
        group(
            "FirstLogonCommands",
            ordered("SynchronousCommand", [first_logon]),
        ),
        oobe(plan, false),
        user_accounts(plan),
    ]);
    component("Microsoft-Windows-Shell-Setup", settings)
}

/// Where the display has no such size Windows takes the nearest (page of `Display`).
fn display(display: Display) -> Node {
    group(
        "Display",
        vec![
            leaf("HorizontalResolution", display.width.to_string()),
            leaf("VerticalResolution", display.height.to_string()),
        ],
    )
}

/// The build account logs on by itself: once, and again after each restart that steps of its
/// session bring. The count must be there (page of `AutoLogon`); Windows adds one to it, so the
/// guest program sets it to 0 once nothing needs a session any more.
fn auto_logon(plan: &Plan) -> Node {
    let account = &plan.build_account;
    group(
        "AutoLogon",
        vec![
            flag("Enabled", true),
            leaf("LogonCount", plan.logons().to_string()),
            password::element("Password", &account.password.text),
            leaf("Username", &account.name),
        ],
    )
}

/// Every page that would wait for somebody is hidden. Copies of a generalised image have their
/// accounts already, and without the two settings to skip them OOBE would ask for another one: the
/// pages of both warn of machines without any account, and call them deprecated.
fn oobe(plan: &Plan, of_copies: bool) -> Node {
    let recovery = plan.disk.partitions.iter();
    let recovery = recovery.into_iter().any(|p| p.role == Role::Recovery);
    let mut settings = vec![
        flag("HideEULAPage", true),
        // Server only, and passed over by the others.
        flag("HideLocalAccountScreen", true),
        flag("HideOEMRegistrationScreen", true),
        flag("HideOnlineAccountScreens", true),
        flag("HideWirelessSetupInOOBE", true),
        // 3 turns the express settings off and their page away.
        leaf("ProtectYourPC", "3"),
    ];
    if of_copies {
        settings.extend(["SkipMachineOOBE", "SkipUserOOBE"].map(|name| flag(name, true)));
    }
    // Microsoft's own short cuts for virtual machines; without a partition for it there is no
    // recovery environment to set up.
    settings.push(group(
        "VMModeOptimizations",
        vec![
            flag("SkipNotifyUILanguageChange", true),
            flag("SkipWinREInitialization", !recovery),
        ],
    ));
    group("OOBE", settings)
}

fn user_accounts(plan: &Plan) -> Node {
    let mut nodes = Vec::new();
    if let Some(given) = &plan.administrator_password {
        nodes.push(password::element("AdministratorPassword", &given.text));
    }
    let accounts = [&plan.build_account].into_iter().chain(&plan.accounts);
    nodes.push(group(
        "LocalAccounts",
        accounts.map(local_account).collect(),
    ));
    group("UserAccounts", nodes)
}

fn local_account(account: &Account) -> Node {
    let mut nodes = vec![leaf("Name", &account.name)];
    let description = account.description.iter();
    nodes.extend(description.map(|text| leaf("Description", text)));
    let display_name = account.display_name.iter();
    nodes.extend(display_name.map(|text| leaf("DisplayName", text)));
    nodes.push(leaf("Group", account.groups.join(";")));
    nodes.push(password::element("Password", &account.password.text));
    item("LocalAccount", nodes)
}
