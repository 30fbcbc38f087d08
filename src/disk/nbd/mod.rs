//! A client of the NBD protocol, for disks that only QEMU reads: chains of qcow2.
//!
//! It talks to one `qemu-nbd` on a socket, asks one question at a time, and waits for each answer
//! with a deadline. What comes back is bounded before it is taken: the server reads what a guest
//! wrote.
//!
//! It is our own because no crate does this: `nbd` 0.3 has neither deadlines nor structured
//! answers, and so cannot ask what a layer holds itself; `nbd-async` and `tokio-nbd` are servers.
//!
//! Sources: the protocol's `doc/proto.md` (fixed newstyle handshake, structured replies, metadata
//! contexts), and QEMU's `docs/interop/nbd.rst` (`qemu:allocation-depth`).

#[cfg(test)]
pub(crate) mod tests;
mod wire;

use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;

use self::wire::{OPTION, Wire, broken};
use super::{Extent, Result, Source, bounded};

/// The handshake's two flags, which server and client both set: options are negotiated, and no
/// padding follows.
const FIXED_NEWSTYLE_NO_ZEROES: u16 = 0b11;
/// Options.
const GO: u32 = 7;
const STRUCTURED_REPLIES: u32 = 8;
const SET_META_CONTEXT: u32 = 10;
/// What is told of the export.
const INFO: u32 = 3;
const INFO_EXPORT: u16 = 0;
const INFO_BLOCK_SIZE: u16 = 3;
/// The answer with a context's number.
const META_CONTEXT: u32 = 4;
/// How many files deep a part of a disk lies: 1 is the image itself, 0 nothing.
const DEPTH: &[u8] = b"qemu:allocation-depth";
/// The export cannot be written.
const READ_ONLY: u16 = 1 << 1;

/// What is asked for at once; every server takes 32 MiB.
const CHUNK_BYTES: usize = 4 << 20;
/// How far one question about depths reaches. A multiple of every cluster's size.
const STATUS_STEP: u64 = 1 << 30;
/// QEMU tells of so many parts at once, each in eight bytes, behind the context's number.
const STATUS_BYTES_MAX: u32 = 4 + (1 << 20);
/// A disk of 16 TiB whose every other cluster was written has more; nobody's layer has.
const EXTENTS_MAX: usize = 8 << 20;

/// A disk that an NBD server exports.
#[derive(Debug)]
pub struct Nbd {
    /// `None` after an error: what comes next would answer another question.
    wire: RefCell<Option<Wire>>,
    export: Export,
}

#[derive(Clone, Copy, Debug, Default)]
struct Export {
    size: u64,
    flags: u16,
    /// The number of [`DEPTH`], where the server tells it.
    depth: Option<u32>,
}

impl Nbd {
    /// Shakes hands with the server at the other end.
    pub fn connect(stream: UnixStream) -> io::Result<Self> {
        let mut wire = Wire::new(stream);
        let export = handshake(&mut wire)?;
        Ok(Self {
            wire: RefCell::new(Some(wire)),
            export,
        })
    }

    /// The parts of the disk that lie in the image itself and not in those below it, in order,
    /// never adjacent. What was given back is among them, and reads as zeros.
    pub fn own_extents(&self) -> Result<Vec<Extent>> {
        let context = self.export.depth;
        let context = context.ok_or_else(|| broken("the NBD server tells no depths"))?;
        let mut own: Vec<Extent> = Vec::new();
        let mut at = 0;
        while at < self.export.size {
            let length = (self.export.size - at).min(STATUS_STEP);
            let until = at + length;
            self.talk(|wire| depths(wire, context, at, length, &mut own))?;
            at = until;
        }
        Ok(own)
    }

    /// Writes to the disk.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.may_write(offset, bytes.len())?;
        let length = u32::try_from(bytes.len()).map_err(|_| broken("too much at once"))?;
        self.talk(|wire| {
            wire.request(wire::WRITE, offset, length, bytes)?;
            nothing(wire)
        })
    }

    /// Makes a part of the disk zeros, without writing them where the image knows how.
    pub fn zero_at(&self, offset: u64, length: u32) -> Result<()> {
        self.may_write(offset, length as usize)?;
        self.talk(|wire| {
            wire.request(wire::WRITE_ZEROES, offset, length, &[])?;
            nothing(wire)
        })
    }

    /// Sees what was written through to the host's disk, and says farewell: the server may go.
    pub fn close(self) -> Result<()> {
        if self.export.flags & READ_ONLY == 0 {
            self.talk(|wire| {
                wire.request(wire::FLUSH, 0, 0, &[])?;
                nothing(wire)
            })?;
        }
        // There is no answer.
        self.talk(|wire| wire.request(wire::DISCONNECT, 0, 0, &[]))
    }

    fn may_write(&self, offset: u64, length: usize) -> Result<()> {
        if self.export.flags & READ_ONLY != 0 {
            return Err(broken("the NBD server lets nobody write").into());
        }
        bounded(self.export.size, offset, length)
    }

    /// Asks something. After an error nothing more is asked.
    fn talk<T>(&self, ask: impl FnOnce(&mut Wire) -> io::Result<T>) -> Result<T> {
        let mut place = self.wire.borrow_mut();
        let mut wire = place
            .take()
            .ok_or_else(|| broken("the NBD server has failed before"))?;
        let answer = ask(&mut wire)?;
        *place = Some(wire);
        Ok(answer)
    }
}

impl Source for Nbd {
    fn size(&self) -> u64 {
        self.export.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        bounded(self.export.size, offset, buffer.len())?;
        let mut at = offset;
        for part in buffer.chunks_mut(CHUNK_BYTES) {
            self.talk(|wire| read(wire, at, part))?;
            at += part.len() as u64;
        }
        Ok(())
    }
}

fn handshake(wire: &mut Wire) -> io::Result<Export> {
    if wire.array()? != *b"NBDMAGIC" || wire.array()? != OPTION {
        return Err(broken("what answers is no NBD server of today"));
    }
    let flags = u16::from_be_bytes(wire.array()?);
    if flags & FIXED_NEWSTYLE_NO_ZEROES != FIXED_NEWSTYLE_NO_ZEROES {
        return Err(broken("the NBD server is older than the fixed handshake"));
    }
    wire.send(&u32::from(FIXED_NEWSTYLE_NO_ZEROES).to_be_bytes())?;
    let unasked = |_: u32, _: &[u8]| Err(broken("the NBD server tells what nobody asked"));
    wire.option(STRUCTURED_REPLIES, &[], unasked)?;
    let mut export = Export::default();
    // The export's name is empty: a length of 0.
    let mut query = 0u32.to_be_bytes().to_vec();
    query.extend(1u32.to_be_bytes());
    query.extend(u32::try_from(DEPTH.len()).unwrap_or(0).to_be_bytes());
    query.extend(DEPTH);
    wire.option(SET_META_CONTEXT, &query, |kind, payload| {
        match payload.split_first_chunk() {
            Some((number, name)) if kind == META_CONTEXT && name == DEPTH => {
                export.depth = Some(u32::from_be_bytes(*number));
                Ok(())
            }
            _ => unasked(kind, payload),
        }
    })?;
    let mut size = None;
    let mut query = 0u32.to_be_bytes().to_vec();
    // That the block size is asked for means that it is kept to.
    query.extend(1u16.to_be_bytes());
    query.extend(INFO_BLOCK_SIZE.to_be_bytes());
    wire.option(GO, &query, |kind, payload| {
        let (INFO, Some((what, rest))) = (kind, payload.split_first_chunk()) else {
            return unasked(kind, payload);
        };
        if u16::from_be_bytes(*what) == INFO_EXPORT {
            let (bytes, flags) = rest.split_first_chunk().ok_or_else(half)?;
            size = Some(u64::from_be_bytes(*bytes));
            export.flags = u16::from_be_bytes(flags.try_into().map_err(|_| half())?);
        }
        Ok(())
    })?;
    export.size = size.ok_or_else(half)?;
    Ok(export)
}

fn half() -> io::Error {
    broken("the NBD server does not say what it exports")
}

/// Fills a buffer with a part of the disk. QEMU sends the pieces in their order, and another order
/// is refused, so that each byte is known to be written once.
fn read(wire: &mut Wire, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    let length = u32::try_from(buffer.len()).map_err(|_| broken("too much at once"))?;
    wire.request(wire::READ, offset, length, &[])?;
    let mut filled = 0;
    loop {
        let chunk = wire.chunk()?;
        let rest = &mut buffer[filled..];
        let at = offset + filled as u64;
        let took = match (chunk.kind, chunk.length) {
            (wire::DATA, 9..) => {
                let place = wire.u64()?;
                let length = chunk.length as usize - 8;
                let part = rest.get_mut(..length).filter(|_| place == at);
                wire.fill(part.ok_or_else(elsewhere)?)?;
                length
            }
            (wire::HOLE, 12) => {
                let place = wire.u64()?;
                let length = wire.u32()? as usize;
                let part = rest.get_mut(..length).filter(|_| place == at && length > 0);
                part.ok_or_else(elsewhere)?.fill(0);
                length
            }
            (wire::NOTHING, 0) if chunk.last => 0,
            (kind, length) => return Err(strange(kind, length)),
        };
        filled += took;
        if chunk.last && filled == buffer.len() {
            return Ok(());
        }
        if chunk.last {
            return Err(broken("the NBD server's answer is too short"));
        }
    }
}

/// Adds what lies at depth 1. Each part must come, in its order, and the last may reach beyond the
/// question.
fn depths(
    wire: &mut Wire,
    context: u32,
    offset: u64,
    length: u64,
    own: &mut Vec<Extent>,
) -> io::Result<()> {
    let until = offset + length;
    let mut at = offset;
    while at < until {
        let asked = u32::try_from(until - at).map_err(|_| broken("too much at once"))?;
        wire.request(wire::BLOCK_STATUS, at, asked, &[])?;
        let before = at;
        loop {
            let chunk = wire.chunk()?;
            match (chunk.kind, chunk.length) {
                (wire::STATUS, 12..=STATUS_BYTES_MAX) if chunk.length % 8 == 4 => {
                    let payload = wire.bytes(chunk.length)?;
                    let (number, parts) = payload.split_at(4);
                    if number != context.to_be_bytes() {
                        return Err(broken("the NBD server tells of another context"));
                    }
                    for part in parts.chunks_exact(8) {
                        let word = |at: usize| {
                            let bytes = [part[at], part[at + 1], part[at + 2], part[at + 3]];
                            u32::from_be_bytes(bytes)
                        };
                        let end = (at + u64::from(word(0))).min(until);
                        if word(4) == 1 {
                            add(own, at, end)?;
                        }
                        at = end;
                    }
                }
                (wire::NOTHING, 0) if chunk.last => {}
                (kind, length) => return Err(strange(kind, length)),
            }
            if chunk.last {
                break;
            }
            if at == until {
                return Err(broken("the NBD server tells more than there is"));
            }
        }
        if at == before {
            return Err(broken("the NBD server tells of parts without length"));
        }
    }
    Ok(())
}

fn add(own: &mut Vec<Extent>, offset: u64, end: u64) -> io::Result<()> {
    if end == offset {
        return Ok(());
    }
    let full = own.len() == EXTENTS_MAX;
    match own.last_mut() {
        Some(last) if last.offset + last.length == offset => last.length += end - offset,
        _ if full => return Err(broken("the disk is in too many pieces")),
        _ => own.push(Extent {
            offset,
            length: end - offset,
        }),
    }
    Ok(())
}

/// The answer to a request that asks for no data.
fn nothing(wire: &mut Wire) -> io::Result<()> {
    match wire.chunk()? {
        wire::Chunk {
            last: true,
            kind: wire::NOTHING,
            length: 0,
        } => Ok(()),
        chunk => Err(strange(chunk.kind, chunk.length)),
    }
}

fn elsewhere() -> io::Error {
    broken("the NBD server sends another part than the one that is due")
}

fn strange(kind: u16, length: u32) -> io::Error {
    broken(format!(
        "the NBD server sends a chunk of kind {kind} with {length} bytes"
    ))
}
