//! Discs whose folders lie.

use super::*;

/// The byte of the Joliet root folder's first record, which is for the folder itself.
fn joliet_root(disc: &[u8]) -> usize {
    let descriptor = (16..32)
        .map(|sector| &disc[sector * SECTOR_BYTES..])
        .find(|sector| sector[0] == 2)
        .expect("a Joliet descriptor");
    let extent = &descriptor[156 + 2..156 + 6];
    let extent = u32::from_le_bytes(extent.try_into().expect("four bytes"));
    usize::try_from(extent).expect("small") * SECTOR_BYTES
}

/// Writes a number in both byte orders, as ISO 9660 has them.
fn put_both(disc: &mut [u8], at: usize, value: u32) {
    disc[at..at + 4].copy_from_slice(&value.to_le_bytes());
    disc[at + 4..at + 8].copy_from_slice(&value.to_be_bytes());
}

fn disc() -> Vec<u8> {
    fixture::joliet(&[("a/b/inner.txt", b"inner"), ("outer.txt", b"outer")])
}

#[test]
fn names_are_found_whatever_their_case() {
    let mut volume = fixture::volume(disc()).expect("a disc");
    let found = volume.find("A/B/Inner.TXT").expect("readable");
    let found = found.expect("there");
    assert_eq!(found.path, "a/b/inner.txt");
    assert_eq!(volume.read(&found, 5).expect("readable"), b"inner");
    let error = volume.read(&found, 4).expect_err("over its limit");
    assert!(error.to_string().contains("more than the 4"), "{error}");
    assert_eq!(volume.find("outer.txt/x").expect("readable"), None);
    assert_eq!(volume.find("a/missing").expect("readable"), None);
}

#[test]
fn a_folder_of_two_gigabytes_is_refused() {
    let mut disc = disc();
    let root = joliet_root(&disc);
    put_both(&mut disc, root + 10, 0x7fff_ffff);
    let mut volume = fixture::volume(disc).expect("a disc");
    let error = volume.find("outer.txt").expect_err("too big");
    assert!(error.to_string().contains("more than 524288"), "{error}");
}

#[test]
fn a_file_that_reaches_behind_the_end_says_so() {
    let mut disc = disc();
    let root = joliet_root(&disc);
    // The third record is behind the folder's own and its parent's, both of 34 bytes.
    let first = root + 68;
    let file = first + usize::from(disc[first]);
    put_both(&mut disc, file + 10, 0x7000_0000);
    let mut volume = fixture::volume(disc).expect("a disc");
    let found = volume.find("outer.txt").expect("readable").expect("there");
    assert_eq!(found.bytes, 0x7000_0000);
    let whole = volume.check_whole(&found).expect_err("cut off");
    assert!(whole.to_string().contains("cut off"), "{whole}");
    let read = volume.read(&found, u64::MAX).expect_err("cut off");
    assert!(read.to_string().contains("cut off"), "{read}");
}

#[test]
fn a_folder_that_holds_itself_ends() {
    let mut disc = disc();
    let root = joliet_root(&disc);
    let extent = u32::try_from(root / SECTOR_BYTES).expect("small");
    put_both(&mut disc, root + 68 + 2, extent);
    let mut volume = fixture::volume(disc).expect("a disc");
    let found = volume.find("a/a/a/a/outer.txt").expect("readable");
    let found = found.expect("the root, again and again");
    assert_eq!(volume.read(&found, 100).expect("readable"), b"outer");
}
