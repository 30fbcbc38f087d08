//! Images that are gone, changed, too deep or of another schema.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::manifest::tests::example;

pub(crate) fn here() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("the test may write");
    let path = folder.path().canonicalize().expect("is there");
    (folder, Utf8PathBuf::from_path_buf(path).expect("UTF-8"))
}

/// An image whose files are a few bytes each.
pub(crate) fn image(folder: &Utf8Path, change: impl FnOnce(&mut Manifest)) -> Manifest {
    fs::create_dir_all(folder).expect("is writable");
    let mut manifest = example();
    let hash = |name: &str| {
        fs::write(folder.join(name), name).expect("is writable");
        sha256(&folder.join(name)).expect("is there")
    };
    manifest.disk.sha256 = hash(DISK);
    manifest.firmware.code_sha256 = Some(hash("code.fd"));
    manifest.firmware.vars_sha256 = Some(hash("vars.fd"));
    change(&mut manifest);
    fs::write(folder.join("manifest.json"), manifest.to_json()).expect("is writable");
    manifest
}

#[test]
fn what_a_layer_says_of_its_base_is_the_bases_hashes() {
    let (_keep, here) = here();
    let manifest = image(&here.join("a"), |_| {});
    symlink(here.join("a"), here.join("result")).expect("is writable");
    let found = Image::open(&here.join("result")).expect("an image");
    assert_eq!(
        found.disk(),
        here.join("a/disk.qcow2"),
        "not through the link"
    );
    let base = found.as_base().expect("not deep");
    assert_eq!(base.name, manifest.name);
    assert_eq!(base.disk_sha256, manifest.disk.sha256);
    let hash = sha256(&here.join("a/manifest.json")).expect("is there");
    assert_eq!((base.manifest_sha256, base.depth), (hash, 1));
    found.is_whole().expect("nothing was changed");
}

#[test]
fn a_changed_file_is_told() {
    for name in [DISK, "code.fd", "vars.fd"] {
        let (_keep, here) = here();
        image(&here, |_| {});
        fs::write(here.join(name), "changed").expect("is writable");
        let found = Image::open(&here).expect("an image");
        let said = found.is_whole().expect_err("it was changed").to_string();
        let wanted = format!("`{here}/{name}` is not the file that was sealed");
        assert!(said.starts_with(&wanted), "{said}");
        // A start looks at the small ones alone.
        let start = qcow2::tests::start(found.manifest.disk.virtual_bytes);
        fs::write(here.join(DISK), start).expect("is writable");
        assert_eq!(found.may_start().is_ok(), name == DISK);
    }
}

#[test]
fn what_is_no_image_is_told_with_its_place() {
    let (_keep, here) = here();
    let said = |place: &Utf8Path| format!("{:#}", Image::open(place).expect_err("is none"));
    assert!(said(&here.join("gone")).starts_with("there is no image `"));
    assert!(said(&here).contains("manifest.json"));
    image(&here, |manifest| {
        manifest.schema = "lucarne.manifest/9".into();
    });
    let other = said(&here);
    let wanted = "its schema is `lucarne.manifest/9`, this version reads `lucarne.manifest/1`";
    assert!(other.contains(wanted), "{other}");
}

#[test]
fn a_disk_that_cannot_be_read_is_told_from_one_that_is_gone() {
    let (_keep, here) = here();
    image(&here, |_| {});
    let found = Image::open(&here).expect("an image");
    let said = || found.may_start().expect_err("no disk").to_string();
    let disk = here.join(DISK);
    fs::remove_file(&disk).expect("is ours");
    let gone = format!("the image's disk is gone: there is no `{disk}`\n\nhint: {AGAIN}");
    assert_eq!(said(), gone);
    fs::create_dir(&disk).expect("is writable");
    let unread = said();
    let wanted = format!("cannot read the image's disk `{disk}`: ");
    assert!(unread.starts_with(&wanted), "{unread}");
    assert!(!unread.contains(AGAIN), "{unread}");
}

#[test]
fn a_chain_has_an_end() {
    let (_keep, here) = here();
    let deep = |depth| Base {
        name: "below".into(),
        manifest_sha256: String::new(),
        disk_sha256: String::new(),
        depth,
    };
    image(&here, |manifest| manifest.inputs.base = Some(deep(31)));
    let last = Image::open(&here).expect("an image").as_base();
    assert_eq!(last.expect("is the last one").depth, DEPTH_MAX);
    image(&here, |manifest| manifest.inputs.base = Some(deep(32)));
    let found = Image::open(&here).expect("an image");
    let said = found.as_base().expect_err("is too deep").to_string();
    assert!(said.contains("a layer over 32 images"), "{said}");
    assert!(said.contains("`lucarne flatten`"), "{said}");
}

#[test]
fn nothing_lies_on_a_generalised_image() {
    let (_keep, here) = here();
    image(&here, |manifest| {
        manifest.finish.generalized = Some("sysprep generalised Windows in 90 s".into());
    });
    let found = Image::open(&here).expect("an image");
    let said = found.as_base().expect_err("OOBE comes first").to_string();
    assert!(said.contains("is generalised"), "{said}");
}

#[test]
fn what_a_disk_lies_on_is_a_qcow2_by_its_whole_path() {
    let read = |json: &str| read_backing(json.as_bytes()).map_err(|error| error.to_string());
    assert_eq!(read("{}"), Ok(None));
    let whole = r#"{"backing-filename":"/a/disk.qcow2","backing-filename-format":"qcow2"}"#;
    assert_eq!(read(whole), Ok(Some("/a/disk.qcow2".into())));
    for (json, why) in [
        (r#"{"backing-filename":"disk.qcow2"}"#, "no absolute path"),
        (r#"{"backing-filename":"json:{}"}"#, "no absolute path"),
        (r#"{"backing-filename":"/a/disk.qcow2"}"#, "does not say"),
        ("", "no JSON"),
    ] {
        let said = read(json).expect_err(why);
        assert!(said.contains(why), "{said}");
    }
}
