//! What QEMU's writer of VMDK draws at random, made the image's own: the content id, up to eight
//! hexadecimal digits in the descriptor that a sparse extent holds (VMware's "Virtual Disk Format",
//! "Hosted Sparse Extents"). QEMU writes it without zeros in front, so that one of sixteen is
//! shorter, and the text behind it lies elsewhere.

use std::io::{Read, Seek, SeekFrom, Write};

use anyhow::{Context as _, ensure};

use super::own_bytes;

const SECTOR: usize = 512;
/// QEMU's has 20.
const SECTORS_MAX: u64 = 2048;
const CID: &[u8] = b"\nCID=";
const DIGITS: usize = 8;

/// Puts a content id that is a digest's into a file that was closed.
pub(super) fn settle(
    file: &mut (impl Read + Write + Seek),
    digest: &[u8; 32],
) -> anyhow::Result<()> {
    let mut head = [0; SECTOR];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head).context("it has no header")?;
    ensure!(head.starts_with(b"KDMV"), "it is no sparse extent");
    let number =
        |at: usize| -> anyhow::Result<u64> { Ok(u64::from_le_bytes(head[at..at + 8].try_into()?)) };
    let (at, sectors) = (number(28)?, number(36)?);
    ensure!(
        sectors <= SECTORS_MAX,
        "its descriptor has {sectors} sectors"
    );
    let at = at
        .checked_mul(SECTOR as u64)
        .context("its descriptor is out of range")?;
    let mut text = vec![0; usize::try_from(sectors)? * SECTOR];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut text)
        .context("its descriptor is cut short")?;
    file.seek(SeekFrom::Start(at))?;
    Ok(file.write_all(&with_id(&text, &id(digest))?)?)
}

/// A descriptor with another id, as long as it was. What stood behind its text is none of it: a
/// piece of a longer one that QEMU wrote before.
fn with_id(descriptor: &[u8], id: &str) -> anyhow::Result<Vec<u8>> {
    let end = memchr::memchr(0, descriptor).unwrap_or(descriptor.len());
    let text = &descriptor[..end];
    let place = memchr::memmem::find(text, CID).context("it has no content id")? + CID.len();
    let (before, behind) = text.split_at(place);
    let digits = behind.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let digits = digits.count();
    ensure!(
        (1..=DIGITS).contains(&digits) && behind[digits..].starts_with(b"\n"),
        "its content id is no number"
    );
    let mut made = [before, id.as_bytes(), &behind[digits..]].concat();
    ensure!(
        made.len() <= descriptor.len(),
        "its descriptor has no room for its content id"
    );
    made.resize(descriptor.len(), 0);
    Ok(made)
}

/// The two highest stand for no id at all.
fn id(digest: &[u8; 32]) -> String {
    let bytes = own_bytes("vmdk", "content", digest);
    let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    format!("{:08x}", number & 0x7fff_ffff)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn file(descriptor: &str) -> Vec<u8> {
        let mut file = vec![0; 3 * 512];
        file[..4].copy_from_slice(b"KDMV");
        file[28] = 1;
        file[36] = 2;
        file[512..512 + descriptor.len()].copy_from_slice(descriptor.as_bytes());
        file
    }

    fn settled(file: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let mut file = Cursor::new(file);
        settle(&mut file, &[7; 32])?;
        Ok(file.into_inner())
    }

    #[test]
    fn the_content_id_is_the_digests() {
        let text = |id: &str| format!("# Disk DescriptorFile\nCID={id}\nparentCID=ffffffff\n");
        let one = settled(file(&text("0badcafe"))).expect("is a file");
        assert!(one == settled(file(&text("12345678"))).expect("is a file"));
        assert!(one == file(&text(&id(&[7; 32]))), "nothing else is touched");
        // QEMU's of fewer digits, and what it leaves of a text that was longer.
        for short in ["badcafe", "7"] {
            assert!(one == settled(file(&text(short))).expect("is a file"));
            let left = file(&format!("{}\0ff\n", text(short)));
            assert!(one == settled(left).expect("is a file"));
        }
    }

    #[test]
    fn what_is_no_extent_is_refused() {
        let check = |file: Vec<u8>, says: &str| {
            let error = settled(file).expect_err("is none");
            assert!(format!("{error:#}").contains(says), "{error:#}");
        };
        check(vec![0; 10], "no header");
        check(vec![0; 512], "no sparse extent");
        check(file("# Disk DescriptorFile\n"), "no content id");
        check(file("#\nCID=xyz\n"), "is no number");
        check(file("#\nCID=12"), "is no number");
        check(file("#\nCID=\n"), "is no number");
        check(file("#\nCID=123456789\n"), "is no number");
        let full = format!("#\nCID=1\n{}", "#".repeat(1024 - 8));
        check(file(&full), "no room");
        let mut long = file("");
        long[36..44].fill(0xff);
        check(long, "sectors");
        let mut short = file("");
        short[28] = 9;
        check(short, "cut short");
    }
}
