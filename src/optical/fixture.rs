//! Small disc images for tests: a Windows ISO's shape, and parts of it to damage.

use hadris_fs::{Content, Node, Tree};
use hadris_iso::{BootEntry, ElTorito, IsoId, IsoOptions};
use hadris_storage::{BlockSize, MemDevice};
use hadris_udf::UdfOptions;

use super::Volume;

/// A disc in memory.
pub(crate) fn volume(bytes: Vec<u8>) -> anyhow::Result<Volume<MemDevice<Vec<u8>>>> {
    let block = BlockSize::new(2048).expect("2048 is a block size");
    Volume::mount(MemDevice::new(bytes, block))
}

/// A WIM without files: its header, and its XML right behind it.
pub(crate) fn wim(xml: &str, images: u32) -> Vec<u8> {
    let text: Vec<u8> = std::iter::once(0xfeff)
        .chain(xml.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let size = text.len() as u64;
    let mut wim = vec![0; 208];
    wim[..8].copy_from_slice(b"MSWIM\0\0\0");
    wim[8..12].copy_from_slice(&208u32.to_le_bytes());
    wim[12..16].copy_from_slice(&0x10d00u32.to_le_bytes());
    wim[40..44].copy_from_slice(&[1, 0, 1, 0]);
    wim[44..48].copy_from_slice(&images.to_le_bytes());
    wim[72..79].copy_from_slice(&size.to_le_bytes()[..7]);
    wim[80..88].copy_from_slice(&208u64.to_le_bytes());
    wim[88..96].copy_from_slice(&size.to_le_bytes());
    wim.extend(text);
    wim
}

/// A WIM with these image names.
pub(crate) fn wim_of(names: &[&str]) -> Vec<u8> {
    let images: Vec<String> = (1..)
        .zip(names)
        .map(|(index, name)| {
            format!(
                "<IMAGE INDEX=\"{index}\"><NAME>{name}</NAME>\
                 <WINDOWS><ARCH>9</ARCH></WINDOWS></IMAGE>"
            )
        })
        .collect();
    let count = u32::try_from(names.len()).expect("few");
    wim(&format!("<WIM>{}</WIM>", images.concat()), count)
}

/// A boot catalogue of platform, count and sector; the first is the default entry.
pub(crate) fn catalogue(entries: &[(u8, u16, u32)]) -> Vec<u8> {
    let mut bytes = vec![0; 2048];
    bytes[0] = 1;
    bytes[1] = entries[0].0;
    bytes[30..32].copy_from_slice(&[0x55, 0xaa]);
    let sum = 0u16
        .wrapping_sub(u16::from_le_bytes([1, entries[0].0]))
        .wrapping_sub(0xaa55);
    bytes[28..30].copy_from_slice(&sum.to_le_bytes());
    let mut at = 32;
    for (n, (platform, count, sector)) in entries.iter().enumerate() {
        if n > 0 {
            let last = n + 1 == entries.len();
            bytes[at] = if last { 0x91 } else { 0x90 };
            bytes[at + 1] = *platform;
            bytes[at + 2] = 1;
            at += 32;
        }
        bytes[at] = 0x88;
        bytes[at + 6..at + 8].copy_from_slice(&count.to_le_bytes());
        bytes[at + 8..at + 12].copy_from_slice(&sector.to_le_bytes());
        at += 32;
    }
    bytes
}

/// A UDF disc with an ISO 9660 part, and a boot catalogue of a BIOS entry and a UEFI one, whose
/// images are copies of their own and whose counts are 1, as Microsoft's are.
pub(crate) fn windows(files: &[(&str, &[u8])], bios: &[u8], uefi: &[u8]) -> Vec<u8> {
    let mut tree = tree(files);
    for (path, image) in [("copies/bios", bios), ("copies/uefi", uefi)] {
        tree.insert(path, Node::file(Content::bytes(image)))
            .expect("a new file");
    }
    let boot = ElTorito::new()
        .with_entry(BootEntry::bios("copies/bios").with_load_size(1))
        .with_entry(BootEntry::uefi("copies/uefi").with_load_size(1));
    let iso = IsoOptions::new().with_el_torito(boot);
    let mut device = device(files);
    hadris_udf::sync::write_bridge(&mut device, &tree, &iso, &UdfOptions::new())
        .expect("a small disc");
    device.into_inner()
}

/// An ISO 9660 disc with Joliet names.
pub(crate) fn joliet(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut device = device(files);
    let options = IsoOptions::new()
        .with_id(IsoId::Volume, "virtio-win-0.1.285")
        .with_joliet();
    hadris_iso::sync::write(&mut device, &tree(files), &options).expect("a small disc");
    device.into_inner()
}

/// Memory for a disc of these files, which are few and small, or a real ISO's in number.
fn device(files: &[(&str, &[u8])]) -> MemDevice<Vec<u8>> {
    let bytes = if files.len() < 100 { 4 << 20 } else { 32 << 20 };
    let block = BlockSize::new(2048).expect("2048 is a block size");
    MemDevice::new(vec![0; bytes], block)
}

fn tree(files: &[(&str, &[u8])]) -> Tree {
    let mut tree = Tree::new();
    for (path, bytes) in files {
        tree.insert(path, Node::file(Content::bytes(*bytes)))
            .expect("each path once");
    }
    tree
}
