//! Trees and the discs made from them.

use camino::Utf8PathBuf;
use proptest::prelude::*;

use super::*;
use crate::optical;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("the test may write");
    let path = Utf8PathBuf::try_from(folder.path().to_owned()).expect("is UTF-8");
    (folder, path)
}

fn small(paths: &[&str]) -> Tree {
    paths
        .iter()
        .map(|path| ((*path).to_owned(), Source::Bytes(path.as_bytes().to_vec())))
        .collect()
}

#[test]
fn equal_trees_make_equal_discs_wherever_they_are_made() {
    let tree = small(&[
        "Autounattend.xml",
        "drivers-pe/NetKVM/netkvm.inf",
        "lucarne/lucarne.json",
    ]);
    let ((_a, here), (_b, there)) = (folder(), folder());
    write(&tree, &here.join("answer.iso"), MODE).expect("written");
    write(&tree, &there.join("other.iso"), MODE).expect("written");
    let read = |path: Utf8PathBuf| fs::read(path).expect("readable");
    let disc = read(here.join("answer.iso"));
    assert!(disc == read(there.join("other.iso")), "the bytes differ");
    assert_eq!(fs::read_dir(&here).expect("a folder").count(), 1);
    let mut volume = optical::open(&here.join("answer.iso")).expect("a disc");
    assert_eq!(volume.label(), LABEL);
    let file = volume.find("autounattend.XML").expect("readable");
    assert_eq!(file.expect("is there").path, "Autounattend.xml");
}

#[test]
fn names_that_a_disc_cannot_hold_are_refused_by_name() {
    let (_keep, here) = folder();
    let refused = |paths: &[&str], what: &str| {
        let error = write(&small(paths), &here.join("x.iso"), MODE).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(fs::read_dir(&here).expect("a folder").count(), 0);
    };
    let long = "n".repeat(65);
    refused(&[&format!("drivers-pe/{long}")], "more than 64 characters");
    refused(&["1/2/3/4/5/6/7/8/9"], "8 levels");
    let deep = format!("{0}/{0}/{0}", "d".repeat(60));
    refused(&[&deep], "more than 120");
    refused(&["drivers-pe/a:b"], "`a:b` is no name");
    refused(&["drivers-pe//b"], "`` is no name");
    refused(&["dot."], "`dot.` is no name");
    refused(&["\u{1fa9f}"], "is no name");
    refused(&["A/b", "a/B"], "only in case");
}

#[test]
fn the_longest_names_read_back() {
    let (_keep, here) = folder();
    let long = "n".repeat(64);
    let tree = small(&[
        &format!("{long}/a"),
        "1/2/3/4/5/6/7/8",
        &format!("{long}b")[1..],
    ]);
    write(&tree, &here.join("x.iso"), MODE).expect("written and read back");
}

#[test]
fn large_files_of_the_host_are_copied_without_holding_them() {
    let (_keep, here) = folder();
    let file = here.join("large");
    fs::File::create(&file)
        .and_then(|file| file.set_len((200 << 20) + 7))
        .expect("a file of holes");
    let source = Source::File(file, (200 << 20) + 7);
    let tree = Tree::from([("lucarne/payload/a/large".to_owned(), source)]);
    write(&tree, &here.join("x.iso"), MODE).expect("written and read back");
    let mut volume = optical::open(&here.join("x.iso")).expect("a disc");
    let found = volume.find("lucarne/payload/a/large").expect("readable");
    assert_eq!(found.expect("is there").bytes, (200 << 20) + 7);
}

#[test]
fn a_guest_program_is_a_windows_program() {
    let (_keep, here) = folder();
    let file = here.join("guest.exe");
    fs::write(&file, b"\x7fELF").expect("written");
    let error = read_guest(&file).expect_err("no Windows program");
    assert!(error.to_string().contains("no Windows program"), "{error}");
    fs::write(&file, b"MZ...").expect("written");
    assert_eq!(read_guest(&file).expect("a program"), b"MZ...");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_is_written_reads_back(
        files in proptest::collection::btree_map(
            "[A-Za-z0-9_. -]{1,20}/[A-Za-z0-9äé_. -]{1,64}",
            proptest::collection::vec(any::<u8>(), 0..5000),
            0..12,
        )
    ) {
        let (_keep, here) = folder();
        let files = files.into_iter();
        let files = files.map(|(name, bytes)| (name, Source::Bytes(bytes))).collect();
        // Either a name is refused, or `write` itself has compared every byte.
        if let Err(error) = write(&files, &here.join("x.iso"), MODE) {
            prop_assert!(error.to_string().contains("cannot hold"), "{error:#}");
        }
    }
}
