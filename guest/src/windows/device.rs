//! Devices: opened, asked, read.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::size_of_val;
use std::os::windows::fs::FileExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::ptr::{from_ref, null, null_mut};

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_READ, FILE_SHARE_WRITE};
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{
    IOCTL_STORAGE_QUERY_PROPERTY, PropertyStandardQuery, STORAGE_PROPERTY_QUERY,
    StorageDeviceProperty,
};

use crate::boot::raw::{self, Descriptor};

/// The longest answer that is taken: a GPT of 128 partitions has some 18 KiB.
const ANSWER_BYTES: usize = 32 << 10;

/// What a device is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// To be asked; nothing of it is read.
    Questions,
    Changes,
}

/// An open device.
#[derive(Debug)]
pub(super) struct Device {
    file: File,
    path: String,
}

impl Device {
    /// Opens one; `None` where there is none, or none that may be opened so.
    pub(super) fn open(path: &str, wanted: For) -> Option<Self> {
        let access = match wanted {
            For::Questions => 0,
            For::Changes => GENERIC_READ | GENERIC_WRITE,
        };
        // Others have disks and drives open all the time.
        let share = FILE_SHARE_READ | FILE_SHARE_WRITE;
        let opened = OpenOptions::new()
            .access_mode(access)
            .share_mode(share)
            .open(path);
        opened.ok().map(|file| Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Asks its driver something that has no words.
    pub(super) fn ask(&self, code: u32, what: &str) -> Result<Vec<u8>, String> {
        self.control(code, null(), 0)
            .map_err(|error| self.cannot(what, &error))
    }

    /// The same of a question that not every driver knows; `None`: this one does not.
    pub(super) fn ask_if_known(&self, code: u32, what: &str) -> Result<Option<Vec<u8>>, String> {
        match self.control(code, null(), 0) {
            Err(error) if raw::is_unknown(&error) => Ok(None),
            answer => answer.map(Some).map_err(|error| self.cannot(what, &error)),
        }
    }

    fn cannot(&self, what: &str, error: &io::Error) -> String {
        format!("cannot {what} of `{}`: {error}", self.path)
    }

    /// Asks its driver something, with a structure that belongs to the question.
    pub(super) fn tell<T: Copy>(
        &self,
        code: u32,
        input: &T,
        what: &str,
    ) -> Result<Vec<u8>, String> {
        self.control(code, from_ref(input).cast(), size_of_val(input))
            .map_err(|error| self.cannot(what, &error))
    }

    fn control(&self, code: u32, input: *const c_void, length: usize) -> io::Result<Vec<u8>> {
        let mut answer = vec![0_u8; ANSWER_BYTES];
        let mut got = 0;
        // SAFETY: the handle is open, and both buffers have the lengths that are told.
        let asked = unsafe {
            DeviceIoControl(
                self.file.as_raw_handle(),
                code,
                input,
                u32::try_from(length).unwrap_or_default(),
                answer.as_mut_ptr().cast(),
                u32::try_from(ANSWER_BYTES).unwrap_or_default(),
                &raw mut got,
                null_mut(),
            )
        };
        if asked == 0 {
            return Err(io::Error::last_os_error());
        }
        answer.truncate(usize::try_from(got).unwrap_or_default());
        Ok(answer)
    }

    /// What it is: its bus and its serial number.
    pub(super) fn descriptor(&self) -> Result<Descriptor, String> {
        let what = "read the descriptor";
        let query = STORAGE_PROPERTY_QUERY {
            PropertyId: StorageDeviceProperty,
            QueryType: PropertyStandardQuery,
            AdditionalParameters: [0],
        };
        let answer = self.tell(IOCTL_STORAGE_QUERY_PROPERTY, &query, what)?;
        let read = raw::descriptor(&answer);
        read.ok_or_else(|| format!("cannot {what} of `{}`", self.path))
    }

    /// Bytes at a place. Both are whole sectors of it.
    pub(super) fn read(&self, offset: u64, bytes: usize) -> Result<Vec<u8>, String> {
        let mut buffer = vec![0; bytes];
        let mut done = 0;
        while done < bytes {
            let at = offset + done as u64;
            let read = self.file.seek_read(&mut buffer[done..], at);
            match read {
                Ok(0) => return Err(format!("`{}` ends at byte {at}", self.path)),
                Ok(count) => done += count,
                Err(error) => {
                    return Err(format!("cannot read `{}` at byte {at}: {error}", self.path));
                }
            }
        }
        Ok(buffer)
    }
}
