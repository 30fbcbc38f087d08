//! A package of Windows Installer, made through its own functions: no files, one value of the
//! registry, which is what the property `ANSWER` says.

#![allow(
    unsafe_code,
    reason = "msi.dll's functions are called here, and nowhere else"
)]

use std::ffi::CString;
use std::ptr::null;

type Handle = u32;

#[link(name = "msi", kind = "raw-dylib")]
unsafe extern "system" {
    fn MsiOpenDatabaseA(path: *const i8, persist: *const i8, database: *mut Handle) -> u32;
    fn MsiDatabaseOpenViewA(database: Handle, query: *const i8, view: *mut Handle) -> u32;
    fn MsiViewExecute(view: Handle, record: Handle) -> u32;
    fn MsiDatabaseCommit(database: Handle) -> u32;
    fn MsiGetSummaryInformationA(
        database: Handle,
        path: *const i8,
        updates: u32,
        summary: *mut Handle,
    ) -> u32;
    fn MsiSummaryInfoSetPropertyA(
        summary: Handle,
        property: u32,
        kind: u32,
        number: i32,
        time: *const u8,
        text: *const i8,
    ) -> u32;
    fn MsiSummaryInfoPersist(summary: Handle) -> u32;
    fn MsiCloseHandle(handle: Handle) -> u32;
}

/// `MSIDBOPEN_CREATE`, a number in a pointer's place.
const CREATE: *const i8 = std::ptr::without_provenance(3);
/// Kinds of properties: `VT_I4` and `VT_LPSTR`.
const NUMBER: u32 = 3;
const TEXT: u32 = 30;

/// The tables that an installation reads, as Microsoft's reference of the database has them, and
/// what is in them. The last are actions with their places in the order.
const QUERIES: &[&str] = &[
    "CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, `Value` CHAR(0) NOT NULL LOCALIZABLE \
     PRIMARY KEY `Property`)",
    "CREATE TABLE `Directory` (`Directory` CHAR(72) NOT NULL, `Directory_Parent` CHAR(72), \
     `DefaultDir` CHAR(255) NOT NULL LOCALIZABLE PRIMARY KEY `Directory`)",
    "CREATE TABLE `Component` (`Component` CHAR(72) NOT NULL, `ComponentId` CHAR(38), \
     `Directory_` CHAR(72) NOT NULL, `Attributes` SHORT NOT NULL, `Condition` CHAR(255), \
     `KeyPath` CHAR(72) PRIMARY KEY `Component`)",
    "CREATE TABLE `Feature` (`Feature` CHAR(38) NOT NULL, `Feature_Parent` CHAR(38), `Title` \
     CHAR(64) LOCALIZABLE, `Description` CHAR(255) LOCALIZABLE, `Display` SHORT, `Level` SHORT NOT \
     NULL, `Directory_` CHAR(72), `Attributes` SHORT NOT NULL PRIMARY KEY `Feature`)",
    "CREATE TABLE `FeatureComponents` (`Feature_` CHAR(38) NOT NULL, `Component_` CHAR(72) NOT \
     NULL PRIMARY KEY `Feature_`, `Component_`)",
    "CREATE TABLE `Registry` (`Registry` CHAR(72) NOT NULL, `Root` SHORT NOT NULL, `Key` CHAR(255) \
     NOT NULL LOCALIZABLE, `Name` CHAR(255) LOCALIZABLE, `Value` CHAR(0) LOCALIZABLE, `Component_` \
     CHAR(72) NOT NULL PRIMARY KEY `Registry`)",
    "CREATE TABLE `File` (`File` CHAR(72) NOT NULL, `Component_` CHAR(72) NOT NULL, `FileName` \
     CHAR(255) NOT NULL LOCALIZABLE, `FileSize` LONG NOT NULL, `Version` CHAR(72), `Language` \
     CHAR(20), `Attributes` SHORT, `Sequence` SHORT NOT NULL PRIMARY KEY `File`)",
    "CREATE TABLE `Media` (`DiskId` SHORT NOT NULL, `LastSequence` SHORT NOT NULL, `DiskPrompt` \
     CHAR(64) LOCALIZABLE, `Cabinet` CHAR(255), `VolumeLabel` CHAR(32), `Source` CHAR(72) PRIMARY \
     KEY `DiskId`)",
    "CREATE TABLE `InstallExecuteSequence` (`Action` CHAR(72) NOT NULL, `Condition` CHAR(255), \
     `Sequence` SHORT PRIMARY KEY `Action`)",
    "INSERT INTO `Directory` (`Directory`, `DefaultDir`) VALUES ('TARGETDIR', 'SourceDir')",
    "INSERT INTO `Feature` (`Feature`, `Level`, `Attributes`) VALUES ('All', 1, 0)",
    // 4: its key is a value of the registry; 256: it has 64 bits.
    "INSERT INTO `Component` (`Component`, `ComponentId`, `Directory_`, `Attributes`, `KeyPath`) \
     VALUES ('One', '{6D1E1A52-7C0B-4C0E-9C3B-2C1D7E3B5A01}', 'TARGETDIR', 260, 'Answer')",
    "INSERT INTO `FeatureComponents` (`Feature_`, `Component_`) VALUES ('All', 'One')",
    // 2 is HKEY_LOCAL_MACHINE.
    "INSERT INTO `Registry` (`Registry`, `Root`, `Key`, `Name`, `Value`, `Component_`) VALUES \
     ('Answer', 2, 'Software\\Example', 'Answer', '[ANSWER]', 'One')",
];
const PROPERTIES: [(&str, &str); 5] = [
    ("ProductCode", "{6D1E1A52-7C0B-4C0E-9C3B-2C1D7E3B5A02}"),
    ("ProductName", "Example"),
    ("ProductVersion", "1.0.0"),
    ("ProductLanguage", "1033"),
    ("Manufacturer", "Nobody"),
];
const ACTIONS: [(&str, u32); 7] = [
    ("CostInitialize", 800),
    ("FileCost", 900),
    ("CostFinalize", 1000),
    ("InstallValidate", 1400),
    ("InstallInitialize", 1500),
    ("WriteRegistryValues", 5000),
    ("InstallFinalize", 6600),
];

/// Writes the package.
pub(super) fn make(file: &str) {
    let path = text(file);
    let mut database = 0;
    // SAFETY: `path` ends with a zero, and `database` takes the handle.
    let opened = unsafe { MsiOpenDatabaseA(path.as_ptr(), CREATE, &raw mut database) };
    assert_eq!(opened, 0, "cannot make `{file}`");
    for query in QUERIES {
        execute(database, query);
    }
    for (name, value) in PROPERTIES {
        let columns = "INSERT INTO `Property` (`Property`, `Value`)";
        execute(database, &format!("{columns} VALUES ('{name}', '{value}')"));
    }
    for (action, place) in ACTIONS {
        let columns = "INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`)";
        execute(database, &format!("{columns} VALUES ('{action}', {place})"));
    }
    summarise(database);
    // SAFETY: the handle is open.
    assert_eq!(unsafe { MsiDatabaseCommit(database) }, 0, "the commit");
    // SAFETY: as above.
    unsafe { MsiCloseHandle(database) };
}

fn execute(database: Handle, query: &str) {
    let words = text(query);
    let mut view = 0;
    // SAFETY: `words` ends with a zero, and `view` takes the handle.
    let opened = unsafe { MsiDatabaseOpenViewA(database, words.as_ptr(), &raw mut view) };
    assert_eq!(opened, 0, "{query}");
    // SAFETY: the view is open, and has no parameters.
    assert_eq!(unsafe { MsiViewExecute(view, 0) }, 0, "{query}");
    // SAFETY: as above.
    unsafe { MsiCloseHandle(view) };
}

/// Who it is for, which one it is, and what Windows Installer must be able to do.
fn summarise(database: Handle) {
    let mut summary = 0;
    // SAFETY: `summary` takes the handle; the database is told instead of a path.
    let opened = unsafe { MsiGetSummaryInformationA(database, null(), 4, &raw mut summary) };
    assert_eq!(opened, 0, "the summary");
    for (property, number, words) in [
        (7, None, "x64;1033"),
        (9, None, "{6D1E1A52-7C0B-4C0E-9C3B-2C1D7E3B5A03}"),
        (14, Some(200), ""),
        (15, Some(2), ""),
    ] {
        let words = text(words);
        let kind = if number.is_some() { NUMBER } else { TEXT };
        let number = number.unwrap_or_default();
        // SAFETY: `words` ends with a zero, and no time is told.
        let set = unsafe {
            MsiSummaryInfoSetPropertyA(summary, property, kind, number, null(), words.as_ptr())
        };
        assert_eq!(set, 0, "property {property}");
    }
    // SAFETY: the handle is open.
    assert_eq!(unsafe { MsiSummaryInfoPersist(summary) }, 0, "the summary");
    // SAFETY: as above.
    unsafe { MsiCloseHandle(summary) };
}

fn text(text: &str) -> CString {
    CString::new(text).expect("no zero is in it")
}
