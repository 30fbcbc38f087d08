//! Started from the disk: the later passes, and the guest program's part.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    disk,
    firmware::Facts,
    layer, life, media, platform, play, screen,
    setup::STORAGE_MODULES,
    state::{PANTHER, Stage, State, log},
};
use crate::{
    answer::{Answer, oobe, scrub, specialize},
    cmd::{self, Machine},
    config::Fault,
    drives::Drives,
    partition_table, release, traces,
};

/// The one command that the stand-in knows the program of.
const GUEST: &str = r"C:\Windows\Lucarne\lucarne-guest.exe register";
/// What the specialize pass must have brought onto the disk for that.
const MARKER: &str = r"C:\Windows\Lucarne\lucarne.json";

/// What the guest program is told.
const STEPS: &str = r"C:\Windows\Lucarne\steps.json";

/// The installed system, as one start finds it.
#[derive(Debug)]
pub(super) struct Windows {
    pub(super) root: PathBuf,
    pub(super) device: String,
    pub(super) state: State,
}

/// Goes on where the disk says that Setup was.
pub(super) fn start(esp: &str) -> Result<Infallible> {
    platform::load(STORAGE_MODULES)?;
    let disk = disk_of(esp)?;
    let device = system_device(&disk)?;
    let root = disk::mount_system(&device)?;
    let mut state = State::read(&root)?;
    media::set_explains(state.config.explain);
    state.starts += 1;
    state.machine.push(Facts::gather());
    state.write(&root)?;
    let mut windows = Windows {
        root,
        device,
        state,
    };
    let result = windows.go_on();
    if let Err(error) = &result {
        log(
            &windows.root,
            "setuperr.log",
            "Error",
            &format!("{error:#}"),
        )?;
        drop(platform::unmount(&windows.root));
    }
    result
}

impl Windows {
    fn go_on(&mut self) -> Result<Infallible> {
        if self.state.config.fault == Fault::RebootLoop {
            return self.reset();
        }
        screen::begin(match self.state.stage {
            Stage::Specialize => "Setup goes on: devices",
            Stage::Oobe => "Setup goes on: accounts",
            Stage::Guest => "Windows starts",
        });
        match self.state.stage {
            Stage::Specialize => self.specialize(),
            Stage::Oobe => self.oobe(),
            Stage::Guest => self.guest(),
        }
    }

    fn guest(&mut self) -> Result<Infallible> {
        if !self.state.ended {
            return play::play(self);
        }
        match layer::play(self)? {
            Some(never) => Ok(never),
            None => life::start(self),
        }
    }

    fn answer(&self) -> Result<Answer> {
        let path = self.root.join(PANTHER).join("unattend.xml");
        Answer::read(&fs::read(path).context("the answer file is gone")?)
    }

    fn specialize(&mut self) -> Result<Infallible> {
        let answer = self.answer()?;
        let wish = specialize::wish(&answer)?;
        let media = media::mount_all()?;
        let mut drives = media::letters(&media)?;
        drives.assign('C', &self.root);
        for command in &wish.commands {
            let mut machine = Machine::new(&drives, &mut self.state.registry);
            let code = cmd::run(&mut machine, &command.line)
                .with_context(|| format!("command {} of specialize", command.order))?;
            let text = format!("command {} ended with {code}", command.order);
            log(&self.root, "setupact.log", "Info", &text)?;
            self.state.commands.push((command.line.clone(), code));
        }
        self.state.computer_name = wish.computer_name;
        self.state.stage = Stage::Oobe;
        self.set_image_state("IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE")?;
        self.reset()
    }

    fn oobe(&mut self) -> Result<Infallible> {
        let answer = self.answer()?;
        let release = release::find(&self.state.config.release).context("no such release")?;
        let wish = oobe::wish(&answer, release.client)?;
        self.state.accounts = wish
            .accounts
            .iter()
            .map(|account| account.name.clone())
            .collect();
        for account in &wish.accounts {
            let text = format!(
                "account `{}` of {}",
                account.name,
                account.groups.join(", ")
            );
            log(&self.root, "setupact.log", "Info", &text)?;
        }
        // From here on nothing reads the passwords again.
        let path = self.root.join(PANTHER).join("unattend.xml");
        let bytes = fs::read(&path).context("the answer file is gone")?;
        let passwords = wish.accounts.iter().map(|account| &account.password);
        let mut passed: Vec<Vec<u8>> = passwords.map(|text| text.clone().into_bytes()).collect();
        passed.push(bytes.clone());
        let document = self.drives().find(STEPS)?.context("no steps on the disk")?;
        passed.push(fs::read(document).context("cannot read the steps")?);
        traces::page(&self.drives(), &passed)?;
        fs::write(&path, scrub::passwords(&bytes)?).context("cannot keep the answer file")?;
        self.set_image_state("IMAGE_STATE_COMPLETE")?;
        self.state.stage = Stage::Guest;
        self.state.write(&self.root)?;
        match self.state.config.fault {
            Fault::SilentOobe => platform::hang(),
            Fault::Panic => return panic_now(),
            _ => {}
        }
        self.log_on(&wish)?;
        play::play(self)
    }

    /// Starts every first-logon command at once, as Windows has done since 10: with more than
    /// one nobody can say which is first.
    fn log_on(&self, wish: &oobe::Wish) -> Result<()> {
        let mut guests = 0;
        for command in &wish.commands {
            ensure!(
                command.line.trim().eq_ignore_ascii_case(GUEST),
                "the first-logon command `{}` is not known to the stand-in",
                command.line
            );
            guests += 1;
        }
        match guests {
            0 => bail!("nothing happens at the first logon"),
            1 => {}
            _ => bail!("the guest program is started {guests} times at once"),
        }
        let there = self.drives().find(MARKER)?.is_some();
        ensure!(
            there,
            "`{GUEST}` is not on the disk: specialize did not copy it"
        );
        Ok(())
    }

    /// C: alone.
    pub(super) fn drives(&self) -> Drives {
        let mut drives = Drives::default();
        drives.assign('C', &self.root);
        drives
    }

    fn set_image_state(&self, name: &str) -> Result<()> {
        let folder = self.root.join("Windows/Setup/State");
        fs::create_dir_all(&folder).context("cannot make Setup's state")?;
        fs::write(
            folder.join("State.ini"),
            format!("[State]\r\nImageState={name}\r\n"),
        )
        .context("cannot write Setup's state")
    }

    /// Writes the state and restarts.
    pub(super) fn reset(&mut self) -> Result<Infallible> {
        self.state.write(&self.root)?;
        platform::unmount(&self.root)?;
        platform::reset()
    }

    /// Ends the run: this is when a volume would have been encrypted, had nobody prevented it.
    pub(super) fn power_off(&mut self) -> Result<Infallible> {
        self.state.encrypted = self.encrypts();
        self.state.ended = true;
        self.state.write(&self.root)?;
        platform::unmount(&self.root)?;
        if self.state.encrypted {
            disk::encrypt(&self.device)?;
        }
        platform::power_off()
    }

    fn encrypts(&self) -> bool {
        if self.state.config.fault == Fault::Encrypt {
            return true;
        }
        let key = "hklm\\system\\currentcontrolset\\control\\bitlocker";
        let values = self.state.registry.get(key);
        let value = values.and_then(|values| values.get("preventdeviceencryption"));
        let prevented = self.state.prevents_encryption
            || value.is_some_and(|value| value.kind == "REG_DWORD" && value.data == "1");
        let itself = release::find(&self.state.config.release)
            .is_some_and(|release| release.encrypts_by_itself);
        let able = self
            .state
            .machine
            .iter()
            .all(|facts| facts.secure_boot && facts.tpm_version.as_deref() == Some("2"));
        itself && able && !prevented
    }
}

/// A bug check, of which the host hears through QEMU's panic device.
fn panic_now() -> Result<Infallible> {
    platform::load(&["pvpanic_mmio"])?;
    platform::flush();
    fs::write("/proc/sysrq-trigger", "c").context("the kernel does not panic")?;
    platform::hang()
}

/// The disk that has a partition of this GUID.
fn disk_of(esp: &str) -> Result<String> {
    let wanted = partition_table::parse_guid(esp)?;
    for disk in platform::disks() {
        if partition_table::has_partition(&start_of(&disk)?, &wanted) {
            return Ok(disk);
        }
    }
    bail!("inaccessible boot device: no disk has the partition `{esp}`")
}

/// The sectors of a disk that hold its table.
fn start_of(disk: &str) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let path = format!("/dev/{disk}");
    let mut file = fs::File::open(&path).with_context(|| format!("cannot open `{path}`"))?;
    let mut bytes = vec![0; 34 * partition_table::SECTOR];
    let read = file.read_exact(&mut bytes);
    read.with_context(|| format!("cannot read `{path}`"))?;
    Ok(bytes)
}

/// The partition that holds an NTFS with Windows.
fn system_device(disk: &str) -> Result<String> {
    let mut found = Vec::new();
    for number in 1..=16 {
        let device = platform::partition(disk, number);
        if is_ntfs(&device) {
            found.push(device.to_string_lossy().into_owned());
        }
    }
    // A recovery partition, if there is one, lies behind Windows' and has no Windows folder.
    match found.len() {
        0 => bail!("no NTFS on the disk"),
        _ => Ok(found.remove(0)),
    }
}

fn is_ntfs(device: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 11];
    let file = fs::File::open(device);
    file.is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && &start[3..] == b"NTFS    "
}
