//! The windowsPE pass: languages, key, drivers, commands, partitions and the image.

use anyhow::{Context as _, Result, bail, ensure};

use super::{Answer, Command, commands, number, settings, tree::Element, truth};
use crate::{
    layout::{Format, Kind, Wanted},
    release::{self, Release},
};

/// Longest path of a command or a driver folder: Windows' own limit less its end.
const LONGEST_PATH: usize = 259;

/// What the pass asks for, once nothing of it has been refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub drivers: Vec<String>,
    pub commands: Vec<Command>,
    pub disk: Disk,
    pub image: Image,
    /// Number of the partition that Windows goes to, from 1.
    pub install_to: u32,
    /// The medium that has the answer file is copied, with its `$OEM$` folders.
    pub configuration_set: bool,
}

/// The one disk's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    pub wipe: bool,
    pub partitions: Vec<Wanted>,
}

/// How the image is chosen: everything that is said must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub path: Option<String>,
    pub index: Option<u32>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The edition that the product key stands for.
    pub edition: Option<String>,
}

/// Reads the pass. What a person would have to answer on a page is refused as well: nobody is
/// there to do it.
pub fn wish(answer: &Answer, release: &Release, languages: &[String]) -> Result<Wish> {
    settings::check(answer, "windowsPE")?;
    check_languages(answer, languages)?;
    let setup = answer
        .component("windowsPE", "Setup")
        .context("nothing for Setup itself")?;
    let edition = check_user_data(setup, release)?;
    let mut image = image(setup)?;
    image.edition = edition;
    ensure!(
        image != Image::default() || release.editions.len() == 1,
        "no image is chosen among {}",
        release.editions.len()
    );
    Ok(Wish {
        drivers: drivers(answer)?,
        commands: setup_commands(setup)?,
        disk: disk(setup)?,
        image,
        install_to: install_to(setup)?,
        configuration_set: truth(setup, "UseConfigurationSet")?.unwrap_or(false),
    })
}

fn check_languages(answer: &Answer, languages: &[String]) -> Result<()> {
    let core = answer.component("windowsPE", "International-Core-WinPE");
    let core = core.context("no languages: the first page asks for them")?;
    let there = |language: &str| {
        languages
            .iter()
            .any(|one| one.eq_ignore_ascii_case(language))
    };
    for path in ["UILanguage", "SetupUILanguage/UILanguage"] {
        let language = core.text_at(path).with_context(|| format!("no `{path}`"))?;
        ensure!(
            there(language),
            "`{path}` is `{language}`, which the medium does not have"
        );
    }
    for path in ["InputLocale", "SystemLocale", "UserLocale"] {
        let value = core.text_at(path).with_context(|| format!("no `{path}`"))?;
        ensure!(!value.is_empty(), "`{path}` is empty");
    }
    Ok(())
}

/// Checks licence and key, and gives the edition that the key selects.
fn check_user_data(setup: &Element, release: &Release) -> Result<Option<String>> {
    let user = setup
        .child("UserData")
        .context("no `UserData`: the licence page asks")?;
    ensure!(
        truth(user, "AcceptEula")? == Some(true),
        "the licence is not accepted"
    );
    let Some(key) = user.child("ProductKey") else {
        return Ok(None);
    };
    match key.text_at("WillShowUI").unwrap_or("OnError") {
        "Always" => bail!("the page for the product key is asked for"),
        "OnError" | "Never" => {}
        other => bail!("`WillShowUI` is `{other}`"),
    }
    match key.text_at("Key") {
        // Up to 24H2 an empty key meant none; later Setups open the page for it.
        Some("") if release.asks_for_empty_key => bail!("an empty product key"),
        None | Some("") => Ok(None),
        Some(text) => {
            let edition = release::edition_of_key(text);
            let edition =
                edition.with_context(|| format!("the product key `{text}` is unknown"))?;
            Ok(Some(edition.into()))
        }
    }
}

fn drivers(answer: &Answer) -> Result<Vec<String>> {
    let Some(customizations) = answer.component("windowsPE", "PnpCustomizationsWinPE") else {
        return Ok(Vec::new());
    };
    let paths = customizations.child("DriverPaths");
    let mut keys = Vec::new();
    let mut drivers = Vec::new();
    for entry in paths
        .into_iter()
        .flat_map(|paths| paths.all("PathAndCredentials"))
    {
        let key = entry
            .attribute("wcm:keyValue")
            .context("a driver path without a key")?;
        ensure!(
            !keys.contains(&key),
            "two driver paths have the key `{key}`"
        );
        keys.push(key);
        let path = entry.text_at("Path").unwrap_or_default();
        ensure!(!path.is_empty(), "an empty driver path");
        check_length(path)?;
        ensure!(!path.contains('/'), "`{path}` is no path of Windows'");
        drivers.push(path.into());
    }
    Ok(drivers)
}

fn setup_commands(setup: &Element) -> Result<Vec<Command>> {
    let list = setup.child("RunSynchronous");
    let commands = commands(list, "RunSynchronousCommand", "Path")?;
    for command in &commands {
        check_command(&command.line)?;
        // boot.wim has no PowerShell, unless somebody put it there.
        let lower = command.line.to_ascii_lowercase();
        ensure!(
            !lower.contains("powershell") && !lower.contains("pwsh"),
            "PowerShell in the windowsPE pass"
        );
    }
    Ok(commands)
}

/// Checks what is wrong with a command in any pass.
pub(super) fn check_command(line: &str) -> Result<()> {
    check_length(line)?;
    // A command line is no batch file: there `%%i` is not the variable `%i`.
    ensure!(!line.contains("%%"), "`%%` in a command");
    Ok(())
}

fn check_length(text: &str) -> Result<()> {
    let length = text.encode_utf16().count();
    ensure!(
        length <= LONGEST_PATH,
        "a path of {length} characters, and {LONGEST_PATH} is most"
    );
    Ok(())
}

fn disk(setup: &Element) -> Result<Disk> {
    let configuration = setup.child("DiskConfiguration");
    let configuration = configuration.context("no `DiskConfiguration`: the disk page asks")?;
    let disks: Vec<&Element> = configuration.all("Disk").collect();
    let [disk] = disks[..] else {
        bail!("{} disks are configured, and there is one", disks.len());
    };
    check_disk_id(disk)?;
    let mut partitions = Vec::new();
    let created = disk.child("CreatePartitions");
    for entry in created
        .into_iter()
        .flat_map(|list| list.all("CreatePartition"))
    {
        let wanted = create(entry)?;
        partitions.push((number(entry, "Order")?, wanted));
    }
    partitions.sort_by_key(|(order, _)| *order);
    for (index, (order, _)) in (1..).zip(&partitions) {
        ensure!(
            *order == index,
            "partitions are ordered from 1 without gaps"
        );
    }
    let mut partitions: Vec<Wanted> = partitions.into_iter().map(|(_, one)| one).collect();
    ensure!(!partitions.is_empty(), "no partition is created");
    let modified = disk.child("ModifyPartitions");
    let mut orders = Vec::new();
    for entry in modified
        .into_iter()
        .flat_map(|list| list.all("ModifyPartition"))
    {
        let order = number(entry, "Order")?;
        ensure!(!orders.contains(&order), "two modifications have one order");
        orders.push(order);
        modify(entry, &mut partitions)?;
    }
    Ok(Disk {
        wipe: truth(disk, "WillWipeDisk")?.unwrap_or(false),
        partitions,
    })
}

fn check_disk_id(element: &Element) -> Result<()> {
    let id = number(element, "DiskID")?;
    ensure!(id == 0, "there is no disk {id}: the only one is disk 0");
    Ok(())
}

fn create(entry: &Element) -> Result<Wanted> {
    let kind = match entry
        .text_at("Type")
        .context("a partition without a type")?
    {
        "Primary" => Kind::Primary,
        "EFI" => Kind::Efi,
        "MSR" => Kind::Msr,
        "Extended" => Kind::Extended,
        "Logical" => Kind::Logical,
        other => bail!("no partition type is called `{other}`"),
    };
    let extend = truth(entry, "Extend")?.unwrap_or(false);
    let size_mib = match entry.text_at("Size") {
        None => None,
        Some(text) => Some(
            text.parse()
                .with_context(|| format!("`Size` is `{text}`"))?,
        ),
    };
    ensure!(
        extend != size_mib.is_some(),
        "a partition needs either `Size` or `Extend`"
    );
    ensure!(size_mib != Some(0), "a partition of no size");
    Ok(Wanted {
        kind,
        size_mib,
        format: None,
        label: String::new(),
        letter: None,
        active: false,
        type_id: None,
    })
}

fn modify(entry: &Element, partitions: &mut [Wanted]) -> Result<()> {
    let id = number(entry, "PartitionID")?;
    let place = (id as usize)
        .checked_sub(1)
        .and_then(|at| partitions.get_mut(at));
    let wanted = place.with_context(|| format!("there is no partition {id}"))?;
    match entry.text_at("Format") {
        None => {}
        Some("NTFS") => wanted.format = Some(Format::Ntfs),
        Some("FAT32") => wanted.format = Some(Format::Fat32),
        Some(other) => bail!("no file system is called `{other}`"),
    }
    if let Some(label) = entry.text_at("Label") {
        let most = if wanted.format == Some(Format::Ntfs) {
            32
        } else {
            11
        };
        ensure!(
            !label.is_empty() && label.len() <= most,
            "`{label}` is no label"
        );
        wanted.label = label.into();
    }
    if let Some(letter) = entry.text_at("Letter") {
        let mut characters = letter.chars();
        let (Some(one @ 'C'..='Z'), None) = (characters.next(), characters.next()) else {
            bail!("`{letter}` is no drive letter from C to Z");
        };
        wanted.letter = Some(one);
    }
    wanted.active = truth(entry, "Active")?.unwrap_or(false);
    wanted.type_id = entry.text_at("TypeID").map(str::to_owned);
    ensure!(
        truth(entry, "Extend")? != Some(true),
        "the stand-in extends no partition later"
    );
    Ok(())
}

fn image(setup: &Element) -> Result<Image> {
    let mut image = Image::default();
    let from = setup.at("ImageInstall/OSImage/InstallFrom");
    let Some(from) = from else {
        return Ok(image);
    };
    image.path = from.text_at("Path").map(str::to_owned);
    for data in from.all("MetaData") {
        let value = data.text_at("Value").unwrap_or_default();
        ensure!(!value.is_empty(), "an image is chosen by an empty value");
        let key = data.text_at("Key").unwrap_or_default().to_ascii_uppercase();
        match key.as_str() {
            "/IMAGE/INDEX" => {
                let index = value.parse();
                image.index = Some(index.with_context(|| format!("the index `{value}`"))?);
            }
            "/IMAGE/NAME" => image.name = Some(value.into()),
            "/IMAGE/DESCRIPTION" => image.description = Some(value.into()),
            other => bail!("images are not chosen by `{other}`"),
        }
    }
    Ok(image)
}

fn install_to(setup: &Element) -> Result<u32> {
    let image = setup.at("ImageInstall/OSImage");
    let image = image.context("no `OSImage`: the page for the disk asks")?;
    let available = truth(image, "InstallToAvailablePartition")?.unwrap_or(false);
    let Some(to) = image.child("InstallTo") else {
        ensure!(available, "nothing says where Windows goes");
        bail!("the stand-in chooses no partition by itself");
    };
    ensure!(
        !available,
        "`InstallTo` and `InstallToAvailablePartition` exclude each other"
    );
    check_disk_id(to)?;
    number(to, "PartitionID")
}
