//! The data disk: found by its serial number, made ready where it is blank, grown, lettered.
//!
//! What is to be done [`disk::decide`] says; after each change the disk is looked at again.

use std::mem::size_of;
use std::time::{Duration, Instant};

use lucarne_protocol::settings::DataDisk;
use windows_sys::Win32::System::Ioctl::{
    CREATE_DISK, CREATE_DISK_0, CREATE_DISK_GPT, DISK_ATTRIBUTE_OFFLINE, DISK_ATTRIBUTE_READ_ONLY,
    DISK_GROW_PARTITION, DRIVE_LAYOUT_INFORMATION_EX, DRIVE_LAYOUT_INFORMATION_EX_0,
    DRIVE_LAYOUT_INFORMATION_GPT, GPT_BASIC_DATA_ATTRIBUTE_NO_DRIVE_LETTER, IOCTL_DISK_CREATE_DISK,
    IOCTL_DISK_GET_DRIVE_LAYOUT_EX, IOCTL_DISK_GET_LENGTH_INFO, IOCTL_DISK_GROW_PARTITION,
    IOCTL_DISK_IS_WRITABLE, IOCTL_DISK_SET_DISK_ATTRIBUTES, IOCTL_DISK_SET_DRIVE_LAYOUT_EX,
    IOCTL_DISK_UPDATE_DRIVE_SIZE, IOCTL_DISK_UPDATE_PROPERTIES, PARTITION_INFORMATION_EX,
    PARTITION_INFORMATION_EX_0, PARTITION_INFORMATION_GPT, PARTITION_STYLE_GPT,
    SET_DISK_ATTRIBUTES,
};
use windows_sys::core::GUID;

use super::volume::Volume;
use super::wait;
use crate::boot::disk::{
    self, BASIC_DATA, DISK_ID, Decision, Facts, HEAD_BYTES, NAME, NAME_BEGUN, TAIL_BYTES, Table,
    Use,
};
use crate::boot::raw::{self, Entry};
use crate::windows::act::Deed;
use crate::windows::device::{Device, For};
use crate::windows::system;

/// How long the disk may take to appear.
const ARRIVAL: Duration = Duration::from_secs(30);
/// So many disks are looked at.
const DISKS_MAX: u32 = 64;
/// What a partition begins with is looked at for so many of them: two are too many already.
const LOOKS_MAX: usize = 4;
/// A table, a file system, and the look that finds both.
const ROUNDS_MAX: u32 = 3;

/// The disk.
struct Disk {
    number: u32,
    device: Device,
}

/// Makes it ready, and gives the volume that has the letter.
pub(super) fn ready(deed: &mut Deed<'_>, wanted: &DataDisk) -> Result<String, String> {
    let disk = find(&wanted.serial)?;
    disk.bring_online()?;
    disk.ask_size(deed);
    for _ in 0..ROUNDS_MAX {
        let (facts, entries) = disk.look()?;
        match disk::decide(&facts)? {
            Decision::Make { offset, bytes } => {
                (deed.output)("the disk is blank, and is made ready".to_owned());
                disk.make(offset, bytes)?;
            }
            Decision::Format {
                number,
                offset,
                is_ntfs,
            } => {
                let volume = Volume::at(disk.number, offset)?;
                if is_ntfs && volume.is_used()? {
                    (deed.output)("its file system holds something, and stays".to_owned());
                } else {
                    volume.format(deed)?;
                    volume.label(&wanted.label)?;
                }
                disk.finish(&facts, &entries, number)?;
            }
            Decision::Use(it) => return disk.give(deed, &it, wanted.letter),
        }
    }
    Err("it was made ready, and still is not".to_owned())
}

/// The one disk with a serial number, once Windows shows it.
fn find(serial: &str) -> Result<Disk, String> {
    let end = Instant::now() + ARRIVAL;
    loop {
        let mut found: Vec<Disk> = (0..DISKS_MAX).filter_map(|it| open(it, serial)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(disk), true) => return Ok(disk),
            (Some(_), false) => return Err(format!("several disks are called `{serial}`")),
            (None, _) if Instant::now() < end => wait(),
            (None, _) => return Err(format!("there is no disk `{serial}`")),
        }
    }
}

fn open(number: u32, serial: &str) -> Option<Disk> {
    let path = format!(r"\\.\PhysicalDrive{number}");
    let known = Device::open(&path, For::Questions)?.descriptor().ok()?;
    if known.serial != serial {
        return None;
    }
    let device = Device::open(&path, For::Changes)?;
    Some(Disk { number, device })
}

impl Disk {
    /// Servers leave disks offline that they have not seen before.
    fn bring_online(&self) -> Result<(), String> {
        let attributes = SET_DISK_ATTRIBUTES {
            Version: length_of::<SET_DISK_ATTRIBUTES>(),
            Persist: true,
            Attributes: 0,
            AttributesMask: DISK_ATTRIBUTE_OFFLINE | DISK_ATTRIBUTE_READ_ONLY,
            ..Default::default()
        };
        let code = IOCTL_DISK_SET_DISK_ATTRIBUTES;
        self.device.tell(code, &attributes, "set the attributes")?;
        self.renew()
    }

    /// Windows knows the size that the disk had when its driver began; one that grew since is asked
    /// again (Microsoft's page of this control code), before its length is read. A driver that does
    /// not know the question knows its size already.
    fn ask_size(&self, deed: &mut Deed<'_>) {
        let what = "ask for the size";
        let asked = self.device.ask_if_known(IOCTL_DISK_UPDATE_DRIVE_SIZE, what);
        asked.map_or_else(|why| (deed.output)(why), drop);
    }

    /// Windows reads its table again.
    fn renew(&self) -> Result<(), String> {
        let what = "renew the properties";
        self.device
            .ask(IOCTL_DISK_UPDATE_PROPERTIES, what)
            .map(|_| ())
    }

    fn look(&self) -> Result<(Facts, Vec<Entry>), String> {
        let strange = |what: &str| format!("cannot {what}: the answer is none");
        let what = "read the length";
        let answer = self.device.ask(IOCTL_DISK_GET_LENGTH_INFO, what)?;
        let bytes = raw::number(&answer).ok_or_else(|| strange(what))?;
        let what = "read the partition table";
        let answer = self.device.ask(IOCTL_DISK_GET_DRIVE_LAYOUT_EX, what)?;
        let (mut table, entries) = raw::table(&answer).ok_or_else(|| strange(what))?;
        if let Table::Gpt { partitions, .. } = &mut table {
            for partition in partitions.iter_mut().take(LOOKS_MAX) {
                let few = 64 << 10;
                // One that ends behind the disk's end is told as that.
                if partition.offset.saturating_add(few) <= bytes {
                    let head = self.device.read(partition.offset, 64 << 10)?;
                    partition.holds = disk::holds(&head);
                }
            }
        }
        // A smaller one is refused for its size.
        let is_large = bytes >= disk::BYTES_MIN;
        let (head, tail) = if is_large {
            let tail = bytes - TAIL_BYTES as u64;
            (
                self.device.read(0, HEAD_BYTES)?,
                self.device.read(tail, TAIL_BYTES)?,
            )
        } else {
            (Vec::new(), Vec::new())
        };
        let facts = Facts {
            bytes,
            writable: self.device.ask(IOCTL_DISK_IS_WRITABLE, "ask").is_ok(),
            table,
            head,
            tail,
        };
        Ok((facts, entries))
    }

    /// Writes a table with one partition, which has no letter and the name of one that is begun.
    fn make(&self, offset: u64, bytes: u64) -> Result<(), String> {
        let random = system::random()?;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&DISK_ID);
        id[8..].copy_from_slice(&random[..8]);
        let mut of_partition = [0; 16];
        of_partition.copy_from_slice(&random[8..24]);
        let create = CREATE_DISK {
            PartitionStyle: PARTITION_STYLE_GPT,
            Anonymous: CREATE_DISK_0 {
                Gpt: CREATE_DISK_GPT {
                    DiskId: guid(id),
                    MaxPartitionCount: 128,
                },
            },
        };
        let what = "make the partition table";
        self.device.tell(IOCTL_DISK_CREATE_DISK, &create, what)?;
        self.renew()?;
        self.write(id, of_partition, (offset, bytes), false)
    }

    /// The file system is whole: the partition gets its name, and may have a letter.
    fn finish(&self, facts: &Facts, entries: &[Entry], number: u32) -> Result<(), String> {
        let one = entries.iter().find(|it| it.partition.number == number);
        match (&facts.table, one) {
            (Table::Gpt { id, .. }, Some(entry)) => {
                let place = (entry.partition.offset, entry.partition.bytes);
                self.write(*id, entry.id, place, true)
            }
            _ => Err("its partition is gone".to_owned()),
        }
    }

    /// Writes the table's one entry.
    fn write(
        &self,
        id: [u8; 16],
        of_partition: [u8; 16],
        (offset, bytes): (u64, u64),
        whole: bool,
    ) -> Result<(), String> {
        let (name, attributes) = if whole {
            (NAME, 0)
        } else {
            (NAME_BEGUN, GPT_BASIC_DATA_ATTRIBUTE_NO_DRIVE_LETTER)
        };
        let mut units = [0_u16; 36];
        for (unit, place) in name.encode_utf16().zip(units.iter_mut()) {
            *place = unit;
        }
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let entry = PARTITION_INFORMATION_EX {
            PartitionStyle: PARTITION_STYLE_GPT,
            StartingOffset: signed(offset),
            PartitionLength: signed(bytes),
            PartitionNumber: 1,
            RewritePartition: true,
            IsServicePartition: false,
            Anonymous: PARTITION_INFORMATION_EX_0 {
                Gpt: PARTITION_INFORMATION_GPT {
                    PartitionType: guid(BASIC_DATA),
                    PartitionId: guid(of_partition),
                    Attributes: attributes,
                    Name: units,
                },
            },
        };
        let layout = DRIVE_LAYOUT_INFORMATION_EX {
            PartitionStyle: u32::from_ne_bytes(PARTITION_STYLE_GPT.to_ne_bytes()),
            PartitionCount: 1,
            Anonymous: DRIVE_LAYOUT_INFORMATION_EX_0 {
                Gpt: DRIVE_LAYOUT_INFORMATION_GPT {
                    DiskId: guid(id),
                    StartingUsableOffset: 0,
                    UsableLength: 0,
                    MaxPartitionCount: 128,
                },
            },
            PartitionEntry: [entry],
        };
        let what = "write the partition table";
        self.device
            .tell(IOCTL_DISK_SET_DRIVE_LAYOUT_EX, &layout, what)?;
        self.renew()
    }

    /// Grows it where that is to be, and gives it its letter.
    fn give(&self, deed: &mut Deed<'_>, it: &Use, letter: char) -> Result<String, String> {
        if let Some(bytes) = it.grow {
            let grow = DISK_GROW_PARTITION {
                PartitionNumber: it.number,
                BytesToGrow: i64::try_from(bytes).unwrap_or(i64::MAX),
            };
            self.device
                .tell(IOCTL_DISK_GROW_PARTITION, &grow, "grow the partition")?;
            self.renew()?;
            (deed.output)(format!("the partition grew by {} MiB", bytes >> 20));
        }
        let volume = Volume::at(self.number, it.offset)?;
        if let Some(sectors) = it.extend {
            volume.extend(sectors)?;
            (deed.output)("the file system grew".to_owned());
        }
        if it.read_only {
            (deed.output)("the disk can be read, and not be written".to_owned());
        }
        for line in volume.take_letter(letter)? {
            (deed.output)(line);
        }
        Ok(volume.0)
    }
}

/// The GUID of its bytes on a disk.
fn guid(bytes: [u8; 16]) -> GUID {
    let [a, b, c, d, e, f, g, h, last @ ..] = bytes;
    GUID {
        data1: u32::from_le_bytes([a, b, c, d]),
        data2: u16::from_le_bytes([e, f]),
        data3: u16::from_le_bytes([g, h]),
        data4: last,
    }
}

/// A structure's length, as Windows wants it in its first field.
fn length_of<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or_default()
}
