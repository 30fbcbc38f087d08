//! What must not be in an image: secrets of the build, and what tells one machine from another.
//!
//! An image is started many times, in a store that everybody on the host can read.

use lucarne_protocol::step::{FOLDER, Finish, GENERALIZE_FILE, Payload, Step, Steps};

use crate::glob;

/// One thing that is taken out, or changed for the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Copies of the answer file, which holds passwords.
    AnswerFiles,
    /// The build account's automatic logon, with its password; and the one that is asked for.
    AutoLogon,
    /// The certificate and the key that Remote Desktop made for this machine.
    RemoteDesktop,
    /// The keys that an SSH server made for this machine.
    SshHostKeys,
    /// What a DHCP server knows this machine by.
    DhcpIds,
    /// What an update server knows this machine by.
    UpdateIds,
    /// An account's password, and whether it may be used.
    Account(Account),
    /// Letters of CD drives, of which one has the data disk's.
    CdLetters,
    /// What came with the media and is not needed again.
    Payload,
}

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    /// It gets a password that nobody knows.
    pub lock: bool,
    pub disable: bool,
}

/// All of it, in order. The payload is last: a step that is done again would need it.
///
/// A layer has no Setup and no build account: what Setup left is out already, and who is logged on
/// by himself was said when the base was built.
#[must_use]
pub fn items(finish: &Finish, layer: bool) -> Vec<Item> {
    let mut items = Vec::new();
    if !layer {
        items.extend([Item::AnswerFiles, Item::AutoLogon]);
    }
    items.extend([
        Item::RemoteDesktop,
        Item::SshHostKeys,
        Item::DhcpIds,
        Item::UpdateIds,
    ]);
    if !layer {
        items.extend(accounts(finish).into_iter().map(Item::Account));
    }
    items.extend([Item::CdLetters, Item::Payload]);
    items
}

/// Each account once, the build account first.
fn accounts(finish: &Finish) -> Vec<Account> {
    let mut accounts = vec![Account {
        name: finish.build_account.clone(),
        lock: true,
        disable: true,
    }];
    let named = finish.lock_accounts.iter().chain(&finish.disable_accounts);
    for name in named {
        if accounts.iter().all(|account| account.name != *name) {
            accounts.push(Account {
                name: name.clone(),
                lock: finish.lock_accounts.contains(name),
                disable: finish.disable_accounts.contains(name),
            });
        }
    }
    accounts
}

/// Files, with `*` in the last part. All of them may be missing.
#[must_use]
pub fn files(item: &Item) -> &'static [&'static str] {
    match item {
        // Where Setup looks for an answer file and where it keeps its copies: Microsoft's page
        // "Windows Setup automation overview", implicit answer file search order.
        Item::AnswerFiles => &[
            r"C:\Windows\Panther\unattend*.xml",
            r"C:\Windows\Panther\autounattend*.xml",
            r"C:\Windows\Panther\Unattend\unattend*.xml",
            r"C:\Windows\Panther\Unattend\autounattend*.xml",
            r"C:\Windows\System32\Sysprep\unattend*.xml",
            r"C:\Windows\System32\Sysprep\autounattend*.xml",
            r"C:\Windows\System32\Sysprep\Panther\unattend*.xml",
            r"C:\unattend.xml",
            r"C:\autounattend.xml",
        ],
        // The container `TSSecKeySet1` of the machine's keys: its file's name begins with the
        // hash of that name, the same on every machine.
        Item::RemoteDesktop => {
            &[r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys\f686aace6942fb7f7ceb231212eef4a4_*"]
        }
        Item::SshHostKeys => &[r"C:\ProgramData\ssh\ssh_host_*"],
        _ => &[],
    }
}

const WINLOGON: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
const RDP: &str = r"SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
const UPDATE: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate";

/// Values of `HKEY_LOCAL_MACHINE`, each as key and name.
#[must_use]
pub fn values(item: &Item) -> &'static [(&'static str, &'static str)] {
    match item {
        Item::AnswerFiles => &[(r"SYSTEM\Setup", "UnattendFile")],
        Item::AutoLogon => &[
            (WINLOGON, "AutoAdminLogon"),
            (WINLOGON, "AutoLogonCount"),
            (WINLOGON, "AutoLogonSID"),
            (WINLOGON, "DefaultDomainName"),
            (WINLOGON, "DefaultPassword"),
            (WINLOGON, "DefaultUserName"),
        ],
        Item::RemoteDesktop => &[
            (RDP, "SelfSignedCertificate"),
            (RDP, "SSLCertificateSHA1Hash"),
        ],
        Item::DhcpIds => &[(
            r"SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters",
            "Dhcpv6DUID",
        )],
        Item::UpdateIds => &[
            (UPDATE, "AccountDomainSid"),
            (UPDATE, "PingID"),
            (UPDATE, "SusClientId"),
            (UPDATE, "SusClientIdValidation"),
        ],
        _ => &[],
    }
}

/// Keys of `HKEY_LOCAL_MACHINE`, with all below them.
#[must_use]
pub fn keys(item: &Item) -> &'static [&'static str] {
    match item {
        Item::RemoteDesktop => {
            &[r"SOFTWARE\Microsoft\SystemCertificates\Remote Desktop\Certificates"]
        }
        _ => &[],
    }
}

/// Secrets of LSA.
#[must_use]
pub fn secrets(item: &Item) -> &'static [&'static str] {
    match item {
        Item::AutoLogon => &["DefaultPassword"],
        _ => &[],
    }
}

impl Item {
    /// What it is, for people.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::AnswerFiles => "copies of the answer file".to_owned(),
            Self::AutoLogon => "the build's automatic logon".to_owned(),
            Self::RemoteDesktop => "Remote Desktop's certificate".to_owned(),
            Self::SshHostKeys => "SSH host keys".to_owned(),
            Self::DhcpIds => "DHCP ids".to_owned(),
            Self::UpdateIds => "Windows Update's ids".to_owned(),
            Self::Account(account) => format!("the use of account `{}`", account.name),
            Self::CdLetters => "letters of CD drives".to_owned(),
            Self::Payload => "the payload".to_owned(),
        }
    }
}

/// The letter that a CD drive moves to: from Z: down, never the data disk's.
#[must_use]
pub fn new_letter(taken: &[char], data: char) -> Option<char> {
    let data = data.to_ascii_uppercase();
    let mut letters = ('E'..='Z').rev();
    letters.find(|letter| *letter != data && !taken.contains(letter))
}

/// What stays in the program's own folder.
pub const KEPT: [&str; 5] = [
    "lucarne-guest.exe",
    "state.json",
    "steps.json",
    "guest.log",
    GENERALIZE_FILE,
];

/// The document for the machine's starts: what the build did, and its passwords, is left out.
#[must_use]
pub fn kept(steps: &Steps) -> Steps {
    let mut kept = steps.clone();
    kept.steps.retain(is_kept);
    kept.finish.auto_logon = None;
    kept
}

fn is_kept(step: &Step) -> bool {
    step.phase == lucarne_protocol::step::Phase::Boot
}

/// Whether a file or folder of the payload is needed at the machine's starts: it is one of those
/// that their steps need, in one, or around one.
#[must_use]
pub fn is_needed(path: &str, kept: &Steps) -> bool {
    let within = path.strip_prefix(FOLDER).unwrap_or(path);
    let within = within.trim_start_matches('\\').to_lowercase();
    kept.steps.iter().flat_map(needs).any(|needed| {
        let needed = needed.to_lowercase();
        within == needed
            || needed.starts_with(&format!("{within}\\"))
            || within.starts_with(&format!("{needed}\\"))
    })
}

/// What a step needs: what it names, and what lies beside that in its own folder, which it may
/// name in words of its own. A folder of another step's is that one's.
fn needs(step: &Step) -> impl Iterator<Item = String> {
    let own = step.id.to_lowercase();
    let payloads = step.payloads().into_iter();
    payloads.map(move |Payload(path)| {
        let (folder, _) = glob::split(&path);
        let (_, owner) = glob::split(folder);
        if owner.to_lowercase() == own {
            folder.to_owned()
        } else {
            path
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish() -> Finish {
        serde_json::from_str(
            r#"{"buildAccount":"lucarne","lockAccounts":["alice","Administrator"],
            "disableAccounts":["Administrator","bob"],"idleSec":1,"dataLetter":"D"}"#,
        )
        .expect("a finish")
    }

    #[test]
    fn each_account_is_handled_once() {
        let told = accounts(&finish());
        let told: Vec<_> = told
            .iter()
            .map(|account| (account.name.as_str(), account.lock, account.disable))
            .collect();
        assert_eq!(
            told,
            [
                ("lucarne", true, true),
                ("alice", true, false),
                ("Administrator", true, true),
                ("bob", false, true),
            ]
        );
        assert_eq!(items(&finish(), false).last(), Some(&Item::Payload));
        let of_layer = items(&finish(), true);
        assert!(!of_layer.contains(&Item::AutoLogon) && of_layer.contains(&Item::SshHostKeys));
    }

    #[test]
    fn a_cd_gets_no_letter_that_somebody_has() {
        assert_eq!(new_letter(&['C', 'D'], 'D'), Some('Z'));
        assert_eq!(new_letter(&['Z'], 'y'), Some('X'));
        let all: Vec<char> = ('A'..='Z').collect();
        assert_eq!(new_letter(&all, 'D'), None);
    }

    #[test]
    fn what_starts_need_is_kept_and_no_more() {
        let text = include_str!("../../protocol/src/step/steps.json");
        let kept = kept(&serde_json::from_str(text).expect("steps"));
        assert_eq!(kept.steps.len(), 1);
        assert!(is_needed(r"C:\Windows\Lucarne\payload\script-3", &kept));
        assert!(is_needed(
            r"C:\Windows\Lucarne\Payload\script-3\script.ps1",
            &kept
        ));
        for (path, needed) in [
            (r"payload\script-33", false),
            // A script may name what lies beside it in words of its own.
            (r"payload\script-3\more\beside.txt", true),
            // One file that two steps name lies with the first of them.
            (r"payload\program-2", true),
            (r"payload\program-2\example.ini", true),
            (r"payload\program-2\example.exe", false),
            (r"layer-1\payload\script-3", false),
        ] {
            let path = format!(r"{FOLDER}\{path}");
            assert_eq!(is_needed(&path, &kept), needed, "{path}");
        }
    }

    #[test]
    fn what_starts_need_of_a_layer_is_kept_in_its_folder() {
        let text = include_str!("../../protocol/src/step/steps.json");
        let base: Steps = serde_json::from_str(text).expect("steps");
        let kept = kept(&crate::layer::merge(&base, base.clone(), "layer-1").expect("steps"));
        for (path, needed) in [
            (r"payload\script-3\beside.txt", true),
            (r"layer-1\payload\script-3\beside.txt", true),
            (r"layer-1\payload\program-2\example.ini", true),
            (r"layer-1\payload\program-2\example.exe", false),
            (r"layer-2", false),
        ] {
            let path = format!(r"{FOLDER}\{path}");
            assert_eq!(is_needed(&path, &kept), needed, "{path}");
        }
    }

    /// Literally: a name that is misspelt takes nothing out, and nobody would see it.
    #[test]
    fn what_tells_of_the_build_is_named_as_windows_names_it() {
        let mut steps: Steps =
            serde_json::from_str(include_str!("../../protocol/src/step/steps.json"))
                .expect("steps");
        steps.finish.auto_logon = Some(lucarne_protocol::step::AutoLogon {
            user: "alice".into(),
            password: "hunter2".into(),
        });
        let sealed = serde_json::to_string(&kept(&steps)).expect("JSON");
        assert!(!sealed.contains("hunter2"), "{sealed}");
        let names: Vec<_> = values(&Item::AutoLogon)
            .iter()
            .map(|(key, name)| {
                let in_winlogon = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
                assert_eq!(*key, in_winlogon);
                *name
            })
            .collect();
        assert_eq!(
            names,
            [
                "AutoAdminLogon",
                "AutoLogonCount",
                "AutoLogonSID",
                "DefaultDomainName",
                "DefaultPassword",
                "DefaultUserName",
            ]
        );
        assert_eq!(secrets(&Item::AutoLogon), ["DefaultPassword"]);
        // The hash that Windows makes of the container's name `TSSecKeySet1`.
        let keys = r"C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys";
        let file = format!(r"{keys}\f686aace6942fb7f7ceb231212eef4a4_*");
        assert_eq!(files(&Item::RemoteDesktop), [file.as_str()]);
    }
}
