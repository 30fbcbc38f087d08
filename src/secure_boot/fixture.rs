//! Variables and boot images for tests. The signed program and its certificates in
//! `tests/secure-boot` are what `make.sh` there made.

use hadris_fat::sync::write;
use hadris_fat::{FatOptions, VolumeLabel};
use hadris_fs::{Content, Node, Tree};

use super::database::{SHA256, X509, X509_SHA256};
use super::variables::{ENABLE, GLOBAL, Guid, SECURITY, STORE, STORE_STATE, VOLUME, utf16};

/// Signed by [`LEAF`], and brings [`CA_2023`] along, which signed that.
pub(crate) const SIGNED: &[u8] = include_bytes!("../../tests/secure-boot/signed.efi");
pub(crate) const LEAF: &[u8] = include_bytes!("../../tests/secure-boot/leaf.der");
pub(crate) const CA_2023: &[u8] = include_bytes!("../../tests/secure-boot/ca-2023.der");
/// Signed nothing.
pub(crate) const CA_2011: &[u8] = include_bytes!("../../tests/secure-boot/ca-2011.der");

/// Where the program's code is.
pub(crate) const CODE: std::ops::Range<usize> = 512..1024;

/// What a store of variables is made of.
pub(super) struct Stored<'a> {
    pub(super) name: &'a str,
    pub(super) owner: Guid,
    pub(super) state: u8,
    pub(super) data: Vec<u8>,
}

pub(super) fn stored(name: &str, data: Vec<u8>) -> Stored<'_> {
    let owner = match name {
        "db" | "dbx" => SECURITY,
        "SecureBootEnable" => ENABLE,
        _ => GLOBAL,
    };
    Stored {
        name,
        owner,
        state: 0x3f,
        data,
    }
}

/// A flash image of variables.
pub(super) fn flash(variables: &[Stored<'_>]) -> Vec<u8> {
    let mut store = Vec::new();
    for variable in variables {
        let name = utf16(variable.name);
        store.extend([0xaa, 0x55, variable.state, 0]);
        store.extend([0; 32]);
        for part in [&name, &variable.data] {
            store.extend(u32::try_from(part.len()).expect("small").to_le_bytes());
        }
        store.extend(variable.owner);
        store.extend([name, variable.data.clone()].concat());
        store.resize(store.len().next_multiple_of(4), 0xff);
    }
    store.extend([0xff; 64]);
    let size = u32::try_from(28 + store.len()).expect("small");
    let mut flash = vec![0; 72];
    flash[16..32].copy_from_slice(&VOLUME);
    flash[40..44].copy_from_slice(b"_FVH");
    flash[48..50].copy_from_slice(&72_u16.to_le_bytes());
    flash.extend(STORE);
    flash.extend(size.to_le_bytes());
    flash.extend(STORE_STATE);
    flash.extend([0; 6]);
    flash.extend(store);
    flash
}

fn list(kind: Guid, entry: &[u8]) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).expect("small").to_le_bytes();
    let mut list = kind.to_vec();
    list.extend(size(28 + 16 + entry.len()));
    list.extend(size(0));
    list.extend(size(16 + entry.len()));
    list.extend([7; 16]);
    list.extend(entry);
    list
}

pub(super) fn certificates(all: &[&[u8]]) -> Vec<u8> {
    all.iter().flat_map(|one| list(X509, one)).collect()
}

pub(super) fn program_hash(hash: &[u8]) -> Vec<u8> {
    list(SHA256, hash)
}

pub(super) fn certificate_hash(hash: &[u8]) -> Vec<u8> {
    list(X509_SHA256, &[hash, &[0; 16]].concat())
}

/// Variables with keys, Secure Boot on, and these certificates in `db`.
pub(crate) fn trusting(db: &[&[u8]]) -> Vec<u8> {
    flash(&[
        stored("PK", certificates(&[CA_2011])),
        stored("KEK", certificates(&[CA_2011])),
        stored("db", certificates(db)),
        stored("SecureBootEnable", vec![1]),
    ])
}

/// A boot image with this program.
pub(crate) fn boot_image(program: &[u8]) -> Vec<u8> {
    let mut tree = Tree::new();
    let file = Node::file(Content::bytes(program));
    tree.insert("EFI/BOOT/BOOTX64.EFI", file)
        .expect("a new file");
    let mut image = Vec::new();
    let options = FatOptions::new().with_label(VolumeLabel::new("EFISECTOR").expect("a label"));
    write(&mut image, &tree, &options.with_size(128 << 10)).expect("a small volume");
    image
}
