//! Bytes of the NBD protocol: what is sent, and what may come back. Everything is big endian.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How long a server may take for one answer. The longest is a chunk of a disk, or the map of a
/// part of it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What begins an option of the client's, behind the server's own first word.
pub(super) const OPTION: [u8; 8] = *b"IHAVEOPT";
const OPTION_REPLY: u64 = 0x0003_e889_0455_65a9;
const REQUEST: u32 = 0x2560_9513;
const SIMPLE_REPLY: u32 = 0x6744_6698;
const STRUCTURED_REPLY: u32 = 0x668e_33ef;

/// Kinds of answers to options.
const ACK: u32 = 1;
const IS_ERROR: u32 = 1 << 31;
/// How many answers an option may have, and how long each may be. QEMU's have 34 bytes, and its
/// errors are sentences.
const OPTION_REPLIES_MAX: usize = 16;
const OPTION_REPLY_BYTES_MAX: u32 = 8 << 10;

/// Commands.
pub(super) const READ: u16 = 0;
pub(super) const WRITE: u16 = 1;
pub(super) const DISCONNECT: u16 = 2;
pub(super) const FLUSH: u16 = 3;
pub(super) const WRITE_ZEROES: u16 = 6;
pub(super) const BLOCK_STATUS: u16 = 7;

/// Kinds of chunks of a structured answer.
pub(super) const NOTHING: u16 = 0;
pub(super) const DATA: u16 = 1;
pub(super) const HOLE: u16 = 2;
pub(super) const STATUS: u16 = 5;
const IS_REFUSAL: u16 = 1 << 15;
/// The last chunk of an answer.
const DONE: u16 = 1;
/// An error's number, the length of its sentence, and the sentence; with an offset behind it.
const REFUSAL_BYTES_MAX: u32 = 4 + 2 + 4096 + 8;

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: UnixStream,
    /// When the answer must have come.
    until: Instant,
    cookie: u64,
}

/// The head of one chunk of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) last: bool,
    pub(super) kind: u16,
    /// How many bytes follow.
    pub(super) length: u32,
}

/// A server that does not keep to the protocol.
pub(super) fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

impl Wire {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            until: Instant::now() + PATIENCE,
            cookie: 0,
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write_all(bytes)
    }

    /// Fills a buffer with what comes next. Each read waits for what is left of the time.
    pub(super) fn fill(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(broken("the NBD server hung up")),
                Ok(length) => buffer = &mut buffer[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(late()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(late())
        } else {
            Ok(left)
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn u16(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// So many bytes; the caller has bounded them.
    pub(super) fn bytes(&mut self, length: u32) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Asks for an option, and hands on each answer that carries something.
    pub(super) fn option(
        &mut self,
        code: u32,
        data: &[u8],
        mut each: impl FnMut(u32, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let length = u32::try_from(data.len()).map_err(|_| broken("an option too long"))?;
        let head = [&OPTION[..], &code.to_be_bytes(), &length.to_be_bytes()].concat();
        self.send(&[&head, data].concat())?;
        for _ in 0..OPTION_REPLIES_MAX {
            if self.u64()? != OPTION_REPLY || self.u32()? != code {
                return Err(broken("the NBD server answers another question"));
            }
            let (kind, length) = (self.u32()?, self.u32()?);
            if length > OPTION_REPLY_BYTES_MAX {
                let what = format!("the NBD server answers an option with {length} bytes");
                return Err(broken(what));
            }
            let payload = self.bytes(length)?;
            if kind == ACK {
                return Ok(());
            }
            if kind & IS_ERROR != 0 {
                let kind = kind & !IS_ERROR;
                let words = words(&payload);
                let what = format!("the NBD server refuses option {code} with {kind}{words}");
                return Err(broken(what));
            }
            each(kind, &payload)?;
        }
        Err(broken("the NBD server's answers to an option have no end"))
    }

    /// Sends a request, with the data that it carries, and begins to wait for its answer.
    pub(super) fn request(
        &mut self,
        command: u16,
        offset: u64,
        length: u32,
        data: &[u8],
    ) -> io::Result<()> {
        self.until = Instant::now() + PATIENCE;
        self.cookie = self.cookie.wrapping_add(1);
        let flags = [0; 2];
        let mut bytes = Vec::with_capacity(28 + data.len());
        bytes.extend(REQUEST.to_be_bytes());
        bytes.extend(flags);
        bytes.extend(command.to_be_bytes());
        bytes.extend(self.cookie.to_be_bytes());
        bytes.extend(offset.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(data);
        self.send(&bytes)
    }

    /// The next chunk of the answer. A refusal is an error.
    pub(super) fn chunk(&mut self) -> io::Result<Chunk> {
        match self.u32()? {
            SIMPLE_REPLY => {
                let error = self.u32()?;
                self.own()?;
                if error != 0 {
                    return Err(refused(error, ""));
                }
                Ok(Chunk {
                    last: true,
                    kind: NOTHING,
                    length: 0,
                })
            }
            STRUCTURED_REPLY => self.structured(),
            _ => Err(broken("the NBD server's answer is none")),
        }
    }

    fn structured(&mut self) -> io::Result<Chunk> {
        let (flags, kind) = (self.u16()?, self.u16()?);
        self.own()?;
        let length = self.u32()?;
        if kind & IS_REFUSAL != 0 {
            if !(6..=REFUSAL_BYTES_MAX).contains(&length) {
                return Err(broken("the NBD server's refusal has no form"));
            }
            let payload = self.bytes(length)?;
            let error = payload.iter().take(4);
            let error = error.fold(0, |number, byte| number << 8 | u32::from(*byte));
            let told = usize::from(u16::from_be_bytes([payload[4], payload[5]]));
            let sentence = payload[6..].get(..told).unwrap_or_default();
            return Err(refused(error, &words(sentence)));
        }
        Ok(Chunk {
            last: flags & DONE != 0,
            kind,
            length,
        })
    }

    /// Only one question is open at a time.
    fn own(&mut self) -> io::Result<()> {
        if self.u64()? == self.cookie {
            Ok(())
        } else {
            Err(broken("the NBD server answers another question"))
        }
    }
}

fn late() -> io::Error {
    let sec = PATIENCE.as_secs();
    let what = format!("the NBD server took longer than {sec} s for an answer");
    io::Error::new(io::ErrorKind::TimedOut, what)
}

/// The server's own error, by the numbers of Linux.
fn refused(error: u32, words: &str) -> io::Error {
    let errno = i32::try_from(error).unwrap_or(0);
    let own = io::Error::from_raw_os_error(errno);
    io::Error::new(own.kind(), format!("the NBD server: {own}{words}"))
}

/// A sentence of the server's for a message, where there is one.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_matches(['\0', ' ', '\n']).escape_debug();
    let text: String = text.take(200).collect();
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}
