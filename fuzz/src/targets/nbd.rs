//! What an NBD server says, right up to where it hangs up.

use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use lucarne::disk::Source as _;
use lucarne::disk::nbd::Nbd;

/// As `qemu-nbd` shakes hands over a disk of 1 MiB, whose depths are context 7.
const HANDS: &[u8] = b"NBDMAGICIHAVEOPT\0\x03\
    \0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x08\0\0\0\x01\0\0\0\0\
    \0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x0a\0\0\0\x04\0\0\0\x19\0\0\0\x07qemu:allocation-depth\
    \0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x0a\0\0\0\x01\0\0\0\0\
    \0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x07\0\0\0\x03\0\0\0\x0c\0\0\0\0\0\0\0\x10\0\0\0\0\
    \0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x07\0\0\0\x01\0\0\0\0";
/// A socket takes this before anybody reads.
const SAID_BYTES_MAX: usize = 64 << 10;

/// The first byte says whether the server shakes hands as it should before it says the rest, and
/// what is asked first.
pub(crate) fn nbd(data: &[u8]) {
    let Some((&how, said)) = data.split_first() else {
        return;
    };
    let said = &said[..said.len().min(SAID_BYTES_MAX)];
    let (ours, mut theirs) = UnixStream::pair().expect("two sockets");
    if how & 1 == 0 {
        theirs.write_all(HANDS).expect("has room");
    }
    theirs.write_all(said).expect("has room");
    theirs.shutdown(Shutdown::Write).expect("a socket");
    let Ok(nbd) = Nbd::connect(ours) else {
        return;
    };
    let size = nbd.size();
    let mut buffer = [0; 4096];
    let length = usize::try_from(size).map_or(buffer.len(), |size| size.min(buffer.len()));
    if how & 2 == 0 {
        _ = nbd.read_at(0, &mut buffer[..length]);
    }
    if let Ok(own) = nbd.own_extents() {
        let mut free_from = 0;
        for extent in own {
            assert!(
                extent.length > 0 && extent.offset >= free_from,
                "{extent:?}"
            );
            free_from = extent.offset + extent.length;
            assert!(free_from <= size, "{extent:?}");
        }
    }
    _ = nbd.read_at(0, &mut buffer[..length]);
    _ = nbd.zero_at(0, 512);
    _ = nbd.close();
}
