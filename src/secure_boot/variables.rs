//! The variables that firmware keeps in its flash: what of them decides about Secure Boot.
//!
//! Layout: the firmware volume's header of the UEFI Platform Initialization Specification (volume
//! 3, chapter 3.2.1), and the store's and its variables' of edk2, in
//! `MdeModulePkg/Include/Guid/VariableFormat.h`.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;

use super::certificate::Certificate;
use super::database::Database;
use crate::regular;

/// A store has 528 KiB at most.
const BYTES_MAX: u64 = 16 << 20;

pub(super) type Guid = [u8; 16];

/// The volume that holds variables.
pub(super) const VOLUME: Guid = guid(0xfff1_2b8d, 0x7696, 0x4c8b, 0xa985_2747_075b_4f50);
/// A store whose variables may be signed.
pub(super) const STORE: Guid = guid(0xaaf3_2c78, 0x947b, 0x439a, 0xa180_2e14_4ec3_7792);
const STORE_HEADER_BYTES: usize = 28;
const HEADER_BYTES: usize = 60;
/// A store that is formatted and healthy.
pub(super) const STORE_STATE: [u8; 2] = [0x5a, 0xfe];
const STARTS: [u8; 2] = [0xaa, 0x55];
/// A variable that is there, and one that is there until its new value is.
const ADDED: u8 = 0x3f;
const ADDED_BEFORE: u8 = 0x3e;

pub(super) const GLOBAL: Guid = guid(0x8be4_df61, 0x93ca, 0x11d2, 0xaa0d_00e0_9803_2b8c);
pub(super) const SECURITY: Guid = guid(0xd719_b2cb, 0x3d3a, 0x4596, 0xa3bc_dad0_0e67_656f);
pub(super) const ENABLE: Guid = guid(0xf0a3_0bc7, 0xaf08, 0x4556, 0x99c4_0010_09c9_3a44);

/// What firmware knows of Secure Boot.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Whose platform it is. Without one the firmware is in setup mode, and checks nothing.
    platform: Database,
    /// Who may change the next two.
    exchange: Database,
    /// Whose programs start.
    pub(super) db: Database,
    /// Which programs do not, whoever signed them.
    pub(super) dbx: Database,
    /// Whether somebody switched it off, or on, in the firmware's menu.
    enabled: Option<bool>,
}

impl Variables {
    /// Reads a file of variables.
    pub fn read(path: &Utf8Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read the firmware's variables `{path}`");
        let bytes = regular::read(path, BYTES_MAX).with_context(cannot)?;
        Self::parse(&bytes).with_context(cannot)
    }

    /// Reads the bytes of one.
    pub fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let found = live(store(bytes)?);
        let database = |name: &str, owner: Guid| match found.get(&(owner, utf16(name))) {
            Some(found) => Database::read(found.data).with_context(|| format!("`{name}`")),
            None => Ok(Database::default()),
        };
        let enable = found.get(&(ENABLE, utf16("SecureBootEnable")));
        Ok(Self {
            platform: database("PK", GLOBAL)?,
            exchange: database("KEK", GLOBAL)?,
            db: database("db", SECURITY)?,
            dbx: database("dbx", SECURITY)?,
            enabled: enable.map(|found| found.data == [1]),
        })
    }

    /// Why Secure Boot is off with these variables; `None`: it is on.
    #[must_use]
    pub fn off(&self) -> Option<&'static str> {
        if self.platform.is_empty() {
            return Some("they hold no platform key, which is setup mode");
        }
        // Firmware that finds keys and no switch makes one, and that is on.
        (self.enabled == Some(false)).then_some("it is switched off in them")
    }

    /// The same of variables that firmware has run with: by then the switch is there.
    #[must_use]
    pub fn was_off(&self) -> Option<&'static str> {
        self.off().or(match self.enabled {
            None => Some("no firmware has written its switch into them"),
            Some(_) if self.exchange.is_empty() => Some("they hold no key exchange key"),
            Some(_) => None,
        })
    }

    /// The names of the certificates in `db`.
    #[must_use]
    pub fn trusted(&self) -> Vec<String> {
        self.db.names()
    }

    /// The names of those of them that `dbx` bars, with all that is signed under them.
    #[must_use]
    pub fn revoked(&self) -> Vec<String> {
        let barred = self.db.certificates.iter().filter(|one| self.dbx.has(one));
        barred.map(Certificate::name).collect()
    }
}

/// The store inside a flash's file, from its header on.
fn store(bytes: &[u8]) -> anyhow::Result<&[u8]> {
    ensure!(
        field(bytes, 16) == Some(VOLUME) && field(bytes, 40) == Some(*b"_FVH"),
        "it is no flash image of variables"
    );
    let header = field(bytes, 48).map_or(0, u16::from_le_bytes);
    let store = bytes.get(usize::from(header)..).unwrap_or_default();
    ensure!(
        field(store, 0) == Some(STORE) && field(store, 20) == Some(STORE_STATE),
        "it holds no store of variables that may be signed"
    );
    let size = field(store, 16).map_or(0, u32::from_le_bytes) as usize;
    store
        .get(..size)
        .with_context(|| format!("its store should have {size} bytes, and is cut off"))
}

/// One variable of a store.
struct Variable<'a> {
    owner: Guid,
    name: &'a [u8],
    state: u8,
    data: &'a [u8],
    /// Where the next one begins.
    next: usize,
}

/// The variables that count, by owner and name.
fn live(store: &[u8]) -> BTreeMap<(Guid, Vec<u8>), Variable<'_>> {
    let mut found: BTreeMap<_, Variable<'_>> = BTreeMap::new();
    let mut at = STORE_HEADER_BYTES;
    while let Some(variable) = variable(store, at) {
        at = variable.next;
        let key = (variable.owner, variable.name.to_vec());
        let newer = found.get(&key).is_some_and(|known| known.state == ADDED);
        if variable.state == ADDED || (variable.state == ADDED_BEFORE && !newer) {
            found.insert(key, variable);
        }
    }
    found
}

fn variable(store: &[u8], at: usize) -> Option<Variable<'_>> {
    let header = store.get(at..at.checked_add(HEADER_BYTES)?)?;
    let size = |at| Some(u32::from_le_bytes(field(header, at)?) as usize);
    if field(header, 0)? != STARTS {
        return None;
    }
    let name = at + HEADER_BYTES;
    let data = name.checked_add(size(36)?)?;
    let end = data.checked_add(size(40)?)?;
    Some(Variable {
        owner: field(header, 44)?,
        name: store.get(name..data)?,
        state: header[2],
        data: store.get(data..end)?,
        next: end.checked_next_multiple_of(4)?,
    })
}

pub(super) fn utf16(name: &str) -> Vec<u8> {
    let units = name.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

/// Some bytes at a place.
pub(super) fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A GUID as it lies in memory: its first three numbers have their bytes in the other order.
pub(super) const fn guid(a: u32, b: u16, c: u16, d: u64) -> Guid {
    let (a, b, c, d) = (
        a.to_le_bytes(),
        b.to_le_bytes(),
        c.to_le_bytes(),
        d.to_be_bytes(),
    );
    [
        a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6],
        d[7],
    ]
}
