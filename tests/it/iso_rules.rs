//! What the plan makes of an ISO: image, key and drivers.

use lucarne::plan::{Plan, Stage};
use lucarne::problem::Problem;
use lucarne::spec::Spec;
use serde_json::{Value, json};

use crate::cases::plan_of;

const RETAIL: &str = "/iso/Win11_24H2_English_x64.iso";
const SERVER: &str = "/iso/server-2022.iso";
const VOLUME: &str = "/iso/SW_DVD9_Win_Pro_11_24H2_64BIT_English.iso";

/// The plan of a spec with some more options.
fn plan(iso: &str, options: Value) -> Plan {
    let mut spec = json!({
        "schema": "lucarne.spec/1", "name": "a", "windowsIso": iso,
        "virtioWinIso": "/iso/virtio-win.iso",
    });
    let Value::Object(options) = options else {
        panic!("{options} are no options");
    };
    spec.as_object_mut().expect("an object").extend(options);
    let spec: Spec = serde_json::from_value(spec).expect("a spec");
    plan_of(&spec)
}

fn warned(plan: &Plan, what: &str) -> bool {
    let told = plan.warnings.iter().map(Problem::to_string);
    told.into_iter().any(|warning| warning.contains(what))
}

#[test]
fn images_are_found_by_each_of_their_names() {
    let found = |edition: Value| plan(SERVER, json!({ "edition": edition })).image.index;
    assert_eq!(found(json!(3)), 3);
    assert_eq!(found(json!("Windows Server 2022 SERVERSTANDARD")), 2);
    assert_eq!(found(json!("Windows Server 2022 Standard")), 1);
    let shown = "windows server 2022 datacenter (desktop experience)";
    assert_eq!(found(json!(shown)), 4);
    let edition = json!({ "edition": "professional" });
    assert_eq!(plan(RETAIL, edition).image.index, 6);
}

#[test]
fn setup_gets_a_key_only_where_it_asks_for_one() {
    let keys = |iso: &str, options: Value| {
        let plan = plan(iso, options);
        (plan.setup_key, plan.product_key)
    };
    let home = Some("YTMG3-N6DKC-DKB77-7M9GH-8HVX7".to_owned());
    assert_eq!(keys(RETAIL, json!({"edition": "Core"})), (home, None));
    assert_eq!(keys(VOLUME, json!({"edition": "Education"})), (None, None));
    let evaluation = "/iso/CLIENT_LTSC_EVAL_x64FRE_en-us.iso";
    assert_eq!(keys(evaluation, json!({})), (None, None));
    // What was not read may be anything.
    let unread = json!({"edition": "Windows 11 Pro", "locale": {"ui": "en-US"}});
    assert_eq!(keys("/absent/win.iso", unread), (None, None));
}

/// Microsoft publishes no other key for these, and Setup asks for one.
#[test]
fn retail_media_without_a_setup_key_get_that_of_kms_clients() {
    let key = |iso: &str, options: Value| {
        let plan = plan(iso, options);
        assert!(!warned(&plan, "productKey"), "{:?}", plan.warnings);
        plan.setup_key
    };
    let standard = Some("VDYBN-27WPP-V4HQT-9VMD4-VMK7H".to_owned());
    assert_eq!(key(SERVER, json!({"edition": 2})), standard);
    assert_eq!(
        key(SERVER, json!({"edition": 1})),
        standard,
        "without a desktop"
    );
    let ltsc = Some("M7XTQ-FN8P6-TTKYV-9D4CC-J462D".to_owned());
    assert_eq!(key("/iso/ltsc-2021-without-ei-cfg.iso", json!({})), ltsc);
    let volume = "/iso/SW_DVD9_WIN_ENT_LTSC_2021_64BIT_English.iso";
    assert_eq!(key(volume, json!({})), None);
    let volume = "/iso/SW_DVD9_Win_Server_STD_CORE_2019_64Bit_English.iso";
    assert_eq!(key(volume, json!({"edition": 2})), None);
}

#[test]
fn a_broken_key_of_the_media_is_none() {
    let plan = plan("/iso/oem-broken.iso", json!({}));
    assert_eq!(plan.setup_key, None);
    let none = "productKey: is not said, and none of `Windows 11 SE` is known";
    assert!(warned(&plan, none), "{:?}", plan.warnings);
}

#[test]
fn what_is_strange_beside_the_images_is_told() {
    let plan = plan("/iso/oem-broken.iso", json!({}));
    assert!(warned(&plan, "windowsIso: `sources/ei.cfg`: line 2"));
}

#[test]
fn the_media_have_a_key_for_what_has_none() {
    let plan = plan("/iso/oem.iso", json!({}));
    let key = plan.setup_key.as_deref();
    assert_eq!(key, Some("BCDFG-HJKMN-PQRTV-WXY23-46789"));
    assert_eq!(plan.product_key, None);
    assert!(warned(
        &plan,
        "windowsIso: the key in its `sources/PID.txt`"
    ));
}

#[test]
fn only_ones_own_key_is_a_secret() {
    let told = |key: &str| {
        let options = json!({"edition": "Windows 11 Pro", "productKey": key});
        let plan = plan(RETAIL, options);
        assert_eq!(plan.setup_key, plan.product_key);
        warned(&plan, "productKey: every user of this host can read it")
    };
    assert!(told("BCDFG-HJKMN-PQRTV-WXY23-46789"));
    assert!(!told("W269N-WFGWX-YVC9B-4J6C9-T83GX"));
    assert!(!told("vk7jg-nphtm-c97jm-9mpgt-3v66t"));
}

#[test]
fn setup_loads_few_drivers_and_no_displays() {
    for iso in [RETAIL, SERVER] {
        for bus in ["virtio-scsi", "virtio-blk", "nvme", "sata"] {
            let options = json!({"edition": 1, "disk": {"bus": bus}});
            let plan = plan(iso, options);
            let early = plan.drivers.iter();
            let early = early.filter(|driver| driver.stage == Stage::Setup);
            let mut early: Vec<_> = early.map(|driver| driver.name.as_str()).collect();
            // Both of disks, whatever it hangs on now.
            early.sort_unstable();
            assert_eq!(early, ["NetKVM", "vioscsi", "viostor"], "{iso} {bus}");
            let first = plan.drivers.first().expect("drivers");
            assert!(plan.disk.driver().is_none_or(|wanted| wanted == first.name));
        }
    }
}

#[test]
fn an_old_virtio_win_is_told_to_a_new_setup() {
    let told = |iso: &str, virtio_win: &str, bus: &str| {
        let options = json!({
            "edition": 1, "virtioWinIso": virtio_win, "disk": {"bus": bus, "sizeMib": 81920},
        });
        warned(&plan(iso, options), "may refuse the disk's driver")
    };
    let old = "/iso/virtio-win-0.1.240.iso";
    assert!(told(RETAIL, old, "virtio-scsi"));
    assert!(!told(RETAIL, old, "nvme"));
    assert!(!told(RETAIL, "/iso/virtio-win.iso", "virtio-scsi"));
    assert!(!told(SERVER, old, "virtio-scsi"), "it has the old Setup");
}
