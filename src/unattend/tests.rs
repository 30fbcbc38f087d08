//! Tests of the table.

use crate::unattend::{List, PASSES, Setting, table};

#[test]
fn every_group_of_the_table_is_in_it() {
    let mut settings = 0;
    for component in table().components() {
        let known = table().settings(component);
        for setting in known {
            settings += 1;
            assert!(!setting.passes.is_empty(), "{component} {setting:?}");
            let passes = setting.passes.iter().map(String::as_str);
            let strange: Vec<_> = passes.filter(|pass| !PASSES.contains(pass)).collect();
            assert!(strange.is_empty(), "{component} {setting:?}");
            let Some((group, name)) = setting.path.rsplit_once('/') else {
                continue;
            };
            assert!(!name.is_empty(), "{component} {setting:?}");
            let group = known.iter().find(|other| other.path == group);
            let group = group.unwrap_or_else(|| panic!("{component} {setting:?}: no group"));
            assert!(
                setting.passes.iter().all(|pass| group.is_in(pass)),
                "{component} {setting:?}"
            );
        }
        let mut paths: Vec<_> = known.iter().map(|setting| &setting.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), known.len(), "{component} has a setting twice");
    }
    assert!(settings > 1000, "the table is read: {settings}");
}

#[test]
fn the_table_is_walked_by_its_paths() {
    let component = "Microsoft-Windows-TCPIP";
    let names = |path: &'static str| -> Vec<_> {
        table().below(component, path).map(Setting::name).collect()
    };
    assert_eq!(names(""), ["IcmpRedirectsEnabled", "Interfaces"]);
    assert_eq!(names("Interfaces"), ["Interface"]);
    // Microsoft's page of `Identifier` wants them in this order.
    assert_eq!(
        names("Interfaces/Interface"),
        [
            "Ipv4Settings",
            "Ipv6Settings",
            "Identifier",
            "UnicastIpAddresses",
            "Routes"
        ]
    );
    let list = |path: &str| {
        let setting = table().settings(component).iter().find(|s| s.path == path);
        setting.expect("is in the table").list
    };
    assert_eq!(list("Interfaces"), None);
    assert_eq!(list("Interfaces/Interface"), Some(List::Items));
    assert_eq!(
        list("Interfaces/Interface/UnicastIpAddresses/IpAddress"),
        Some(List::Keyed)
    );
    assert_eq!(table().settings("Microsoft-Windows-Nothing"), []);
}

#[test]
fn the_component_that_was_meant_is_found() {
    let check = |name: &str, meant: Option<&str>| assert_eq!(table().meant(name), meant);
    check("DNS-Client", Some("Microsoft-Windows-DNS-Client"));
    check("microsoft-windows-tcpip", Some("Microsoft-Windows-TCPIP"));
    check(
        "Microsoft-Windows-Shel-Setup",
        Some("Microsoft-Windows-Shell-Setup"),
    );
    check("Security-SP", Some("Microsoft-Windows-Security-SPP"));
    check("Nothing-Like-It-At-All", None);
}
