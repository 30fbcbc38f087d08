//! A small ISO with one edition: enough to plan with, and for nothing else.

use std::fs;
use std::path::Path;

use hadris_fs::{Content, Node, Tree};
use hadris_iso::{IsoId, IsoOptions};
use hadris_storage::{BlockSize, MemDevice};

const XML: &str = "<WIM><IMAGE INDEX=\"1\"><NAME>Windows 10 Pro</NAME><WINDOWS><ARCH>9</ARCH>\
    <EDITIONID>Professional</EDITIONID><INSTALLATIONTYPE>Client</INSTALLATIONTYPE>\
    <LANGUAGES><LANGUAGE>en-US</LANGUAGE><DEFAULT>en-US</DEFAULT></LANGUAGES>\
    <VERSION><MAJOR>10</MAJOR><MINOR>0</MINOR><BUILD>19045</BUILD></VERSION></WINDOWS>\
    <TOTALBYTES>1048576</TOTALBYTES></IMAGE></WIM>";

/// Writes an ISO whose `install.wim` is a header and its XML.
pub(super) fn windows(path: &Path) {
    let text: Vec<u8> = std::iter::once(0xfeff)
        .chain(XML.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let size = (text.len() as u64).to_le_bytes();
    let mut wim = vec![0; 208];
    wim[..8].copy_from_slice(b"MSWIM\0\0\0");
    wim[40..48].copy_from_slice(&[1, 0, 1, 0, 1, 0, 0, 0]);
    wim[72..79].copy_from_slice(&size[..7]);
    wim[80] = 208;
    wim[88..96].copy_from_slice(&size);
    wim.extend(text);
    let mut tree = Tree::new();
    tree.insert("sources/install.wim", Node::file(Content::bytes(wim)))
        .expect("a new file");
    let block = BlockSize::new(2048).expect("a block's size");
    let mut device = MemDevice::new(vec![0; 1 << 20], block);
    let options = IsoOptions::new()
        .with_id(IsoId::Volume, "DOUBLE")
        .with_joliet();
    hadris_iso::sync::write(&mut device, &tree, &options).expect("a small disc");
    fs::write(path, device.into_inner()).expect("is written");
}
