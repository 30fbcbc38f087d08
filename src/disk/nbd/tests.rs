//! A server whose every word is written down: what it says is there before it is asked. What a
//! real `qemu-nbd` says is `xtask`'s to look at.

use std::io::{Read as _, Write as _};

use super::*;
use crate::disk::Error;

/// What a server says, put together.
#[derive(Clone, Default)]
struct Says(Vec<u8>);

impl Says {
    fn bytes(mut self, parts: &[&[u8]]) -> Self {
        for part in parts {
            self.0.extend(*part);
        }
        self
    }

    /// An answer to an option.
    fn option(self, code: u32, kind: u32, payload: &[u8]) -> Self {
        let length = u32::try_from(payload.len()).expect("short");
        self.bytes(&[
            &0x0003_e889_0455_65a9_u64.to_be_bytes(),
            &code.to_be_bytes(),
            &kind.to_be_bytes(),
            &length.to_be_bytes(),
            payload,
        ])
    }

    /// A whole handshake about a disk of a size.
    fn hands(size: u64, flags: u16) -> Self {
        let context = [&7u32.to_be_bytes(), DEPTH].concat();
        let export = [&[0, 0][..], &size.to_be_bytes(), &flags.to_be_bytes()].concat();
        let block = [&[0, 3][..], &[0, 0, 0, 1, 0, 0, 16, 0, 2, 0, 0, 0]].concat();
        Self::default()
            .bytes(&[b"NBDMAGICIHAVEOPT", &[0, 3]])
            .option(8, 1, &[])
            .option(10, 4, &context)
            .option(10, 1, &[])
            .option(7, 3, &export)
            .option(7, 3, &block)
            .option(7, 1, &[])
    }

    /// A chunk of the answer to a question.
    fn chunk(self, question: u64, last: bool, kind: u16, payload: &[u8]) -> Self {
        let length = u32::try_from(payload.len()).expect("short");
        self.bytes(&[
            &[0x66, 0x8e, 0x33, 0xef],
            &u16::from(last).to_be_bytes(),
            &kind.to_be_bytes(),
            &question.to_be_bytes(),
            &length.to_be_bytes(),
            payload,
        ])
    }

    fn data(self, question: u64, last: bool, offset: u64, bytes: &[u8]) -> Self {
        let payload = [&offset.to_be_bytes(), bytes].concat();
        self.chunk(question, last, 1, &payload)
    }

    fn hole(self, question: u64, last: bool, offset: u64, length: u32) -> Self {
        let payload = [&offset.to_be_bytes()[..], &length.to_be_bytes()].concat();
        self.chunk(question, last, 2, &payload)
    }

    /// Parts with their depths.
    fn status(self, question: u64, parts: &[(u32, u32)]) -> Self {
        let mut payload = 7u32.to_be_bytes().to_vec();
        for (length, depth) in parts {
            payload.extend(length.to_be_bytes());
            payload.extend(depth.to_be_bytes());
        }
        self.chunk(question, true, 5, &payload)
    }

    fn simple(self, question: u64, error: u32) -> Self {
        self.bytes(&[
            &[0x67, 0x44, 0x66, 0x98],
            &error.to_be_bytes(),
            &question.to_be_bytes(),
        ])
    }

    /// A client that hears it, and where it will say its own.
    fn heard(&self) -> (io::Result<Nbd>, UnixStream) {
        let (ours, mut theirs) = UnixStream::pair().expect("two sockets");
        theirs.write_all(&self.0).expect("has room");
        theirs
            .shutdown(std::net::Shutdown::Write)
            .expect("a socket");
        (Nbd::connect(ours), theirs)
    }

    /// The peer stays, or nothing could be sent to it.
    fn client(&self) -> (Nbd, UnixStream) {
        let (nbd, peer) = self.heard();
        (nbd.expect("the handshake is right"), peer)
    }

    /// Why a read of the first eight bytes fails.
    fn misread(self) -> String {
        let (nbd, _peer) = self.client();
        let error = nbd.read_at(0, &mut [0; 8]).expect_err("is refused");
        let again = nbd.read_at(0, &mut [0; 8]).expect_err("is not asked");
        assert_eq!(again.to_string(), "the NBD server has failed before");
        error.to_string()
    }
}

/// What a server says after its handshake about a disk of 1 MiB: a read, and the depths.
pub(crate) fn answers() -> Vec<u8> {
    let read = Says::default()
        .data(1, false, 0, &[b'x'; 1024])
        .hole(1, true, 1024, 3072);
    read.status(2, &[(0x8_0000, 1), (0x8_0000, 2)]).0
}

fn hands() -> Says {
    Says::hands(1 << 20, READ_ONLY)
}

#[test]
fn a_disk_is_read_in_the_pieces_that_the_server_chooses() {
    let says = hands()
        .data(1, false, 100, b"abc")
        .hole(1, false, 103, 2)
        .data(1, true, 105, b"de")
        .hole(2, false, 0, 4)
        .chunk(2, true, 0, &[]);
    let (nbd, _peer) = says.client();
    assert_eq!(nbd.size(), 1 << 20);
    let mut buffer = [b'x'; 7];
    nbd.read_at(100, &mut buffer).expect("is read");
    assert_eq!(&buffer, b"abc\0\0de");
    let mut buffer = [b'x'; 4];
    nbd.read_at(0, &mut buffer).expect("is read");
    assert_eq!(buffer, [0; 4]);
    let behind = nbd.read_at((1 << 20) - 1, &mut [0; 2]);
    assert!(matches!(behind, Err(Error::Damaged(_))), "{behind:?}");
}

#[test]
fn what_is_asked_has_the_form_of_the_protocol() {
    let (nbd, mut peer) = hands().data(1, true, 256, b"abcd").client();
    nbd.read_at(256, &mut [0; 4]).expect("is read");
    nbd.close().expect("says farewell");
    let mut said = Vec::new();
    peer.read_to_end(&mut said).expect("a socket");
    let wanted = Says::default()
        .bytes(&[&[0, 0, 0, 3]])
        .bytes(&[b"IHAVEOPT", &[0, 0, 0, 8, 0, 0, 0, 0]])
        .bytes(&[b"IHAVEOPT", &[0, 0, 0, 10, 0, 0, 0, 33, 0, 0, 0, 0]])
        .bytes(&[&[0, 0, 0, 1, 0, 0, 0, 21], b"qemu:allocation-depth"])
        .bytes(&[b"IHAVEOPT", &[0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0]])
        .bytes(&[&[0, 1, 0, 3]])
        .bytes(&[&[0x25, 0x60, 0x95, 0x13, 0, 0, 0, 0], &1u64.to_be_bytes()])
        .bytes(&[&256u64.to_be_bytes(), &4u32.to_be_bytes()])
        .bytes(&[&[0x25, 0x60, 0x95, 0x13, 0, 0, 0, 2], &2u64.to_be_bytes()])
        .bytes(&[&[0; 12]]);
    assert_eq!(said, wanted.0);
}

#[test]
fn a_layers_own_parts_are_told_and_joined() {
    let says = hands()
        .status(1, &[(0x1_0000, 1), (0x1_0000, 1), (0x2_0000, 2)])
        .status(2, &[(0x1_0000, 0), (0x1_0000, 1), (u32::MAX, 2)]);
    let (nbd, _peer) = says.client();
    let own = nbd.own_extents().expect("are told");
    let of = |offset, length| Extent { offset, length };
    assert_eq!(own, [of(0, 0x2_0000), of(0x5_0000, 0x1_0000)]);
}

#[test]
fn what_is_written_is_answered() {
    let says = Says::hands(1 << 20, 0)
        .simple(1, 0)
        .chunk(2, true, 0, &[])
        .simple(3, 28);
    let (nbd, _peer) = says.client();
    nbd.write_at(0, b"abcd").expect("is written");
    nbd.zero_at(4096, 4096).expect("is written");
    let full = nbd.write_at(0, b"abcd").expect_err("is full").to_string();
    assert!(full.contains("No space left on device"), "{full}");
    let (read_only, _peer) = hands().client();
    let error = read_only.write_at(0, b"a").expect_err("is refused");
    assert_eq!(error.to_string(), "the NBD server lets nobody write");
}

#[test]
fn a_server_that_is_none_is_not_talked_to() {
    let why = |says: Says| says.heard().0.expect_err("is refused").to_string();
    let start = || Says::default().bytes(&[b"NBDMAGICIHAVEOPT", &[0, 3]]);
    assert_eq!(why(Says::default()), "the NBD server hung up");
    let old = Says::default().bytes(&[b"NBDMAGIC", &[0; 8]]);
    assert_eq!(why(old), "what answers is no NBD server of today");
    assert_eq!(
        why(start().option(8, 1 << 31 | 1, b"no\x1b[2J")),
        r"the NBD server refuses option 8 with 1: no\u{1b}[2J"
    );
    assert_eq!(
        why(start().option(10, 1, &[])),
        "the NBD server answers another question"
    );
    let endless = start().bytes(&[
        &0x0003_e889_0455_65a9_u64.to_be_bytes(),
        &[0, 0, 0, 8, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
    ]);
    assert_eq!(
        why(endless),
        "the NBD server answers an option with 4294967295 bytes"
    );
    let repeats = (0..20).fold(start().option(8, 1, &[]), |says, _| {
        says.option(10, 4, &[&[0, 0, 0, 7], DEPTH].concat())
    });
    assert_eq!(
        why(repeats),
        "the NBD server's answers to an option have no end"
    );
    let nameless = start()
        .option(8, 1, &[])
        .option(10, 1, &[])
        .option(7, 1, &[]);
    assert_eq!(why(nameless), "the NBD server does not say what it exports");
}

#[test]
fn an_answer_that_does_not_fit_is_refused() {
    let elsewhere = "the NBD server sends another part than the one that is due";
    assert_eq!(hands().data(1, true, 1, b"12345678").misread(), elsewhere);
    assert_eq!(hands().data(1, true, 0, b"123456789").misread(), elsewhere);
    assert_eq!(hands().hole(1, true, 0, u32::MAX).misread(), elsewhere);
    assert_eq!(hands().hole(1, false, 0, 0).misread(), elsewhere);
    let twice = hands().data(1, false, 0, b"1234").data(1, true, 0, b"5678");
    assert_eq!(twice.misread(), elsewhere);
    assert_eq!(
        hands().data(1, true, 0, b"1234").misread(),
        "the NBD server's answer is too short"
    );
    assert_eq!(
        hands().data(2, true, 0, b"12345678").misread(),
        "the NBD server answers another question"
    );
    assert_eq!(
        hands().chunk(1, false, 0, &[]).misread(),
        "the NBD server sends a chunk of kind 0 with 0 bytes"
    );
    assert_eq!(
        hands().chunk(1, true, 9, b"1").misread(),
        "the NBD server sends a chunk of kind 9 with 1 bytes"
    );
    assert_eq!(
        hands().simple(1, 0).misread(),
        "the NBD server's answer is too short"
    );
    let refusal = [&5u32.to_be_bytes()[..], &[0, 7], b"broken\n"].concat();
    assert_eq!(
        hands().chunk(1, true, 0x8001, &refusal).misread(),
        "the NBD server: Input/output error (os error 5): broken"
    );
    assert_eq!(
        hands().chunk(1, true, 0x8001, b"1").misread(),
        "the NBD server's refusal has no form"
    );
}

#[test]
fn depths_that_lead_nowhere_are_refused() {
    let why = |says: Says| {
        let (nbd, _peer) = says.client();
        let error = nbd.own_extents().expect_err("is refused");
        error.to_string()
    };
    assert_eq!(
        why(hands().status(1, &[(0, 1)])),
        "the NBD server tells of parts without length"
    );
    let other = [&8u32.to_be_bytes()[..], &[0, 1, 0, 0, 0, 0, 0, 1]].concat();
    assert_eq!(
        why(hands().chunk(1, true, 5, &other)),
        "the NBD server tells of another context"
    );
    assert_eq!(
        why(hands().chunk(1, true, 5, &[0; 11])),
        "the NBD server sends a chunk of kind 5 with 11 bytes"
    );
    let mut silent = Says::default().bytes(&[b"NBDMAGICIHAVEOPT", &[0, 3]]);
    silent = silent.option(8, 1, &[]).option(10, 1, &[]);
    silent = silent.option(7, 3, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(
        why(silent.option(7, 1, &[])),
        "the NBD server tells no depths"
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_do_harm(bytes: Vec<u8>, shakes: bool) {
        let says = if shakes { hands() } else { Says::default() };
        if let (Ok(nbd), _peer) = says.bytes(&[&bytes]).heard() {
            _ = nbd.own_extents();
            _ = nbd.read_at(0, &mut [0; 64]);
        }
    }
}
