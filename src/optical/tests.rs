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

/// The same on UDF, where sums stand in the way: they are made right again.
mod udf {
    use super::super::large::{EXTENDED_FILE_ENTRY, FILE_ENTRY, descriptor, number, put, sign};
    use super::*;

    const FILE_SET: u16 = 256;
    const FOLDER: u8 = 4;

    fn disc() -> Vec<u8> {
        let files: [(&str, &[u8]); 2] = [("a/inner.txt", b"inner"), ("outer.txt", b"outer!!")];
        fixture::windows(&files, b"bios", b"uefi")
    }

    /// Gives the first file entry of a length another one.
    fn lie(disc: &mut [u8], wanted: impl Fn(&[u8]) -> bool, length: u64) {
        let tags = [FILE_ENTRY, EXTENDED_FILE_ENTRY];
        let entry = descriptor(disc, &tags, wanted);
        entry[56..64].copy_from_slice(&length.to_le_bytes());
        let body = usize::from(u16::from_le_bytes([entry[10], entry[11]]));
        sign(entry, body);
    }

    /// What reading a path comes to.
    fn outcome(disc: Vec<u8>, path: &str) -> String {
        let read = |disc| {
            let mut volume = fixture::volume(disc)?;
            assert_eq!(volume.format(), Format::Udf);
            let found = volume.find(path)?.context("it is not there")?;
            volume.check_whole(&found)?;
            volume.read(&found, 1 << 30)
        };
        match read(disc) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn lengths_that_lie_are_told() {
        let is = |length: u64| move |entry: &[u8]| entry[56..64] == length.to_le_bytes();
        assert_eq!(outcome(disc(), "outer.txt"), "outer!!");
        let says = |wanted: &dyn Fn(&[u8]) -> bool, length, what: &str| {
            let mut disc = disc();
            lie(&mut disc, wanted, length);
            let told = outcome(disc, "outer.txt");
            assert!(told.starts_with(what), "{told}");
        };
        says(&is(7), 1 << 29, "cannot find where `/outer.txt` is: ");
        says(&is(7), u64::MAX, "cannot find where `/outer.txt` is: ");
        // The first folder's entry is the root's.
        let is_folder = |entry: &[u8]| entry[27] == FOLDER;
        says(&is_folder, 1 << 40, "cannot find where `/` is: ");
    }

    #[test]
    fn a_folder_that_holds_itself_ends() {
        let mut disc = disc();
        let set = descriptor(&mut disc, &[FILE_SET], |_| true);
        let root = number(set, 404);
        // The record of `a`: its name's first byte says how wide the characters are.
        let place = disc.windows(40).position(|record| {
            record[..2] == [1, 1]
                && record[18] & 2 != 0
                && record[19] == 2
                && record[38..] == *b"\x08a"
        });
        let record = &mut disc[place.expect("the record of `a`")..];
        put(record, 24, u64::from(root));
        let body = usize::from(u16::from_le_bytes([record[10], record[11]]));
        sign(record, body);
        assert_eq!(outcome(disc.clone(), "a/a/a/a/outer.txt"), "outer!!");
        assert_eq!(outcome(disc, "a/inner.txt"), "it is not there");
    }
}
