//! The argument lists of Windows' own programs, where an API is missing or is worse.
//!
//! Each is a list of whole arguments: who starts the program quotes them.

use lucarne_protocol::step::{
    Capability, Direction, Feature, FirewallRule, Msix, Power, PowerSource, Profile, Setting,
    TimeOut, Verdict,
};

fn owned<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}

/// Deletes every rule of a name. It ends with 1 when there is none.
#[must_use]
pub fn firewall_delete(name: &str) -> Vec<String> {
    let mut all = owned(["advfirewall", "firewall", "delete", "rule"]);
    all.push(format!("name={name}"));
    all
}

/// Adds a rule.
#[must_use]
pub fn firewall_add(rule: &FirewallRule) -> Vec<String> {
    let mut all = owned(["advfirewall", "firewall", "add", "rule"]);
    all.push(format!("name={}", rule.name));
    all.push(format!("dir={}", direction(rule.direction)));
    all.push(format!("action={}", verdict(rule.verdict)));
    all.push("enable=yes".to_owned());
    all.push(format!("protocol={}", rule.protocol));
    let lists = [
        ("localport", &rule.local_ports),
        ("remoteip", &rule.remote_addresses),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            all.push(format!("{name}={}", list.join(",")));
        }
    }
    all.extend(rule.program.iter().map(|path| format!("program={path}")));
    let profiles: Vec<&str> = rule.profiles.iter().map(|it| profile(*it)).collect();
    let profiles = if profiles.is_empty() {
        "any".to_owned()
    } else {
        profiles.join(",")
    };
    all.push(format!("profile={profiles}"));
    all
}

/// Switches a group of Windows' own rules.
#[must_use]
pub fn firewall_group(group: &str, enabled: bool) -> Vec<String> {
    let mut all = owned(["advfirewall", "firewall", "set", "rule"]);
    all.push(format!("group={group}"));
    all.push("new".to_owned());
    all.push(format!("enable={}", if enabled { "yes" } else { "no" }));
    all
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "in",
        Direction::Outbound => "out",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Block => "block",
    }
}

fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Domain => "domain",
        Profile::Private => "private",
        Profile::Public => "public",
    }
}

/// Adds the drivers of a folder and of those below it.
#[must_use]
pub fn add_drivers(folder: &str) -> Vec<String> {
    let mut all = owned(["/add-driver"]);
    all.push(format!(r"{folder}\*.inf"));
    all.extend(owned(["/subdirs", "/install"]));
    all
}

/// dism, on the Windows that runs, without a restart and without questions.
fn dism(verb: &str) -> Vec<String> {
    owned(["/online", verb, "/quiet", "/norestart", "/english"])
}

/// Switches an optional feature. `source` is the ISO's `sources\sxs`, where it is at hand.
#[must_use]
pub fn feature(feature: &Feature, source: Option<&str>) -> Vec<String> {
    let verb = if feature.enable {
        "/enable-feature"
    } else {
        "/disable-feature"
    };
    let mut all = dism(verb);
    all.push(format!("/featurename:{}", feature.name));
    if feature.enable {
        all.push("/all".to_owned());
        all.extend(from(source));
    }
    all
}

/// Adds or removes a capability.
#[must_use]
pub fn capability(capability: &Capability, source: Option<&str>) -> Vec<String> {
    let verb = if capability.add {
        "/add-capability"
    } else {
        "/remove-capability"
    };
    let mut all = dism(verb);
    all.push(format!("/capabilityname:{}", capability.name));
    if capability.add {
        all.extend(from(source));
    }
    all
}

/// Without `/limitaccess` dism would wait for Windows Update, which no build can reach.
fn from(source: Option<&str>) -> Vec<String> {
    let mut all: Vec<String> = source
        .iter()
        .map(|path| format!("/source:{path}"))
        .collect();
    all.push("/limitaccess".to_owned());
    all
}

/// Provisions an app package for every account.
#[must_use]
pub fn provision(msix: &Msix) -> Vec<String> {
    let mut all = dism("/add-provisionedappxpackage");
    all.push(format!("/packagepath:{}", msix.package.path()));
    for dependency in &msix.dependencies {
        all.push(format!("/dependencypackagepath:{}", dependency.path()));
    }
    all.push(match &msix.license {
        Some(license) => format!("/licensepath:{}", license.path()),
        None => "/skiplicense".to_owned(),
    });
    all
}

/// Changes how Windows saves power: one run for each change, the plan's first.
#[must_use]
pub fn power(power: &Power) -> Vec<Vec<String>> {
    let plan = power.plan.iter().map(|guid| owned(["/setactive", guid]));
    let hibernation = power.hibernation.iter().map(|on| {
        let on = if *on { "on" } else { "off" };
        owned(["/hibernate", on])
    });
    let time_outs = power.time_outs.iter().map(|time_out| {
        let minutes = time_out.minutes.to_string();
        owned(["/change", &time_out_name(*time_out), &minutes])
    });
    plan.chain(hibernation).chain(time_outs).collect()
}

fn time_out_name(time_out: TimeOut) -> String {
    let of = match time_out.of {
        Setting::Monitor => "monitor",
        Setting::Disk => "disk",
        Setting::Standby => "standby",
        Setting::Hibernate => "hibernate",
    };
    let source = match time_out.source {
        PowerSource::Mains => "ac",
        PowerSource::Battery => "dc",
    };
    format!("{of}-timeout-{source}")
}

/// Does at once what Windows puts off until it is idle, and ends when that is done. What Microsoft
/// tells of the tool `PwrTest` and its scenario `ProcessIdle` names the call.
#[must_use]
pub fn idle_tasks() -> Vec<String> {
    owned(["advapi32.dll,ProcessIdleTasks"])
}

/// Compiles what .NET has queued for an idle time: Microsoft's page "Ngen.exe (Native Image
/// Generator)", `executeQueuedItems`.
#[must_use]
pub fn compile_queue() -> Vec<String> {
    owned(["executeQueuedItems", "/nologo"])
}

/// Tells the disk which of C:'s clusters nobody uses.
#[must_use]
pub fn trim() -> Vec<String> {
    owned(["C:", "/L"])
}

/// Runs a script of `PowerShell`'s. What follows the file's name are its parameters, as they are.
#[must_use]
pub fn power_shell(script: &str, arguments: &[String]) -> Vec<String> {
    let mut all = owned(["-NoLogo", "-NoProfile", "-NonInteractive"]);
    all.extend(owned(["-ExecutionPolicy", "Bypass", "-File", script]));
    all.extend(arguments.iter().cloned());
    all
}

/// Makes a scheduled task from a file, or replaces it.
#[must_use]
pub fn task_create(name: &str, file: &str) -> Vec<String> {
    owned(["/create", "/tn", name, "/xml", file, "/f"])
}

/// Switches a scheduled task.
#[must_use]
pub fn task_change(name: &str, enable: bool) -> Vec<String> {
    let switch = if enable { "/enable" } else { "/disable" };
    owned(["/change", "/tn", name, switch])
}

/// Takes a scheduled task away.
#[must_use]
pub fn task_delete(name: &str) -> Vec<String> {
    owned(["/delete", "/tn", name, "/f"])
}

#[cfg(test)]
mod tests {
    use lucarne_protocol::step::Payload;

    use super::*;

    #[test]
    fn a_rule_says_all_that_it_is() {
        let mut rule = FirewallRule {
            name: "SSH server".into(),
            direction: Direction::Inbound,
            verdict: Verdict::Allow,
            protocol: "tcp".into(),
            local_ports: vec!["22".into(), "5000-5010".into()],
            remote_addresses: vec!["LocalSubnet".into()],
            program: Some(r"C:\Program Files\sshd.exe".into()),
            profiles: vec![Profile::Domain, Profile::Private],
        };
        assert_eq!(
            firewall_add(&rule)[4..],
            [
                "name=SSH server",
                "dir=in",
                "action=allow",
                "enable=yes",
                "protocol=tcp",
                "localport=22,5000-5010",
                "remoteip=LocalSubnet",
                r"program=C:\Program Files\sshd.exe",
                "profile=domain,private",
            ]
        );
        rule = FirewallRule {
            direction: Direction::Outbound,
            verdict: Verdict::Block,
            profiles: vec![],
            local_ports: vec![],
            remote_addresses: vec![],
            program: None,
            ..rule
        };
        let words = [
            "dir=out",
            "action=block",
            "enable=yes",
            "protocol=tcp",
            "profile=any",
        ];
        assert_eq!(firewall_add(&rule)[5..], words);
        assert_eq!(
            firewall_delete("a b").last().map(String::as_str),
            Some("name=a b")
        );
        assert_eq!(
            firewall_group("@FirewallAPI.dll,-28752", true)[4..],
            ["group=@FirewallAPI.dll,-28752", "new", "enable=yes"]
        );
    }

    #[test]
    fn dism_never_asks_and_never_restarts() {
        let mut net = Feature {
            name: "NetFx3".into(),
            enable: true,
        };
        assert_eq!(
            feature(&net, Some(r"E:\sources\sxs")),
            [
                "/online",
                "/enable-feature",
                "/quiet",
                "/norestart",
                "/english",
                "/featurename:NetFx3",
                "/all",
                r"/source:E:\sources\sxs",
                "/limitaccess",
            ]
        );
        net.enable = false;
        assert_eq!(feature(&net, None)[5..], ["/featurename:NetFx3"]);
        let ssh = Capability {
            name: "OpenSSH.Server~~~~0.0.1.0".into(),
            add: true,
            source: None,
        };
        let words = ["/capabilityname:OpenSSH.Server~~~~0.0.1.0", "/limitaccess"];
        assert_eq!(capability(&ssh, None)[5..], words);
        let gone = Capability { add: false, ..ssh };
        assert_eq!(capability(&gone, None)[1], "/remove-capability");
        let app = Msix {
            package: Payload(r"payload\a\a.msix".into()),
            dependencies: vec![Payload(r"payload\a\b.appx".into())],
            license: None,
        };
        assert_eq!(
            provision(&app)[5..],
            [
                r"/packagepath:C:\Windows\Lucarne\payload\a\a.msix",
                r"/dependencypackagepath:C:\Windows\Lucarne\payload\a\b.appx",
                "/skiplicense",
            ]
        );
    }

    #[test]
    fn other_programs_are_called_so() {
        let drivers = [r"/add-driver", r"C:\d\*.inf", "/subdirs", "/install"];
        assert_eq!(add_drivers(r"C:\d"), drivers);
        assert_eq!(trim(), ["C:", "/L"]);
        let monitor = TimeOut {
            of: Setting::Monitor,
            source: PowerSource::Mains,
            minutes: 5,
        };
        let all = power(&Power {
            plan: Some("a-guid".into()),
            hibernation: Some(false),
            time_outs: vec![monitor],
        });
        let runs = [
            "/setactive a-guid",
            "/hibernate off",
            "/change monitor-timeout-ac 5",
        ];
        let all: Vec<String> = all.iter().map(|words| words.join(" ")).collect();
        assert_eq!(all, runs);
        let script = power_shell(r"C:\a b.ps1", &["it's".to_owned()]);
        assert_eq!(script[5..], ["-File", r"C:\a b.ps1", "it's"]);
        assert_eq!(
            task_create(r"\A\B", "f.xml"),
            ["/create", "/tn", r"\A\B", "/xml", "f.xml", "/f"]
        );
        assert_eq!(task_change("A", false), ["/change", "/tn", "A", "/disable"]);
        assert_eq!(task_delete("A"), ["/delete", "/tn", "A", "/f"]);
    }
}
