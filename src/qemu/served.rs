//! A disk image that `qemu-nbd` serves to this process alone: what QEMU knows of a chain of qcow2
//! needs nobody else to know it.

use std::fs;
use std::ops::Deref;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::connect_plainly;
use crate::disk::nbd::Nbd;
use crate::disk::{Result, Source};
use crate::exec::{Background, Command};
use crate::tools::Tools;

/// How long the server has to open the chain, and to close what was written.
const PATIENCE: Duration = Duration::from_secs(120);

/// A served image. Dropping it ends the server.
#[derive(Debug)]
pub struct Served {
    disk: Nbd,
    server: Background,
}

impl Served {
    /// Serves a qcow2 image and what it lies on, for reading. The server runs in the folder, under
    /// a name that nothing else there has.
    pub fn read(
        tools: &Tools,
        image: &Utf8Path,
        folder: &Utf8Path,
        name: &str,
    ) -> anyhow::Result<Self> {
        let image = camino::absolute_utf8(image).context("no current folder")?;
        let options = ["--read-only", "--allocation-depth", "--format=qcow2"];
        let options = options.into_iter().map(Into::into).chain([image.into()]);
        Self::start(tools, options.collect(), folder, name)
    }

    /// Serves a qcow2 image for writing. `compressed`: each cluster that is written whole is stored
    /// so, and nothing may be written twice.
    pub fn write(
        tools: &Tools,
        image: &Utf8Path,
        compressed: bool,
        folder: &Utf8Path,
        name: &str,
    ) -> anyhow::Result<Self> {
        let image = camino::absolute_utf8(image).context("no current folder")?;
        // A comma ends a value unless it is doubled.
        let image = image.as_str().replace(',', ",,");
        let options = if compressed {
            format!(
                "driver=compress,file.driver=qcow2,file.file.driver=file,\
                 file.file.filename={image}"
            )
        } else {
            format!("driver=qcow2,file.driver=file,file.filename={image}")
        };
        Self::start(tools, vec!["--image-opts".into(), options], folder, name)
    }

    fn start(
        tools: &Tools,
        options: Vec<String>,
        folder: &Utf8Path,
        name: &str,
    ) -> anyhow::Result<Self> {
        let (socket, ready) = (format!("{name}.nbd"), format!("{name}.pid"));
        remove(folder, &[&socket, &ready]);
        let command = Command::new(&tools.qemu_nbd)
            // It wants an absolute path, which a folder's own may make too long.
            .args([
                format!("--socket=/proc/self/cwd/{socket}"),
                format!("--pid-file={ready}"),
            ])
            .args(options)
            .dir(folder)
            .deadline(PATIENCE);
        // Its process id is written when it listens.
        let server = command.start(&ready)?;
        let disk = connect_plainly(folder, &socket)
            .and_then(Nbd::connect)
            .with_context(|| format!("cannot read through `{command}`"))?;
        remove(folder, &[&socket, &ready]);
        Ok(Self { disk, server })
    }

    /// Ends it; what was written is whole.
    pub fn finish(self) -> anyhow::Result<()> {
        self.disk.close().context("cannot end what was written")?;
        self.server.finish(PATIENCE)
    }
}

/// They may be there from before, or gone.
fn remove(folder: &Utf8Path, names: &[&str]) {
    for name in names {
        _ = fs::remove_file(folder.join(name));
    }
}

impl Deref for Served {
    type Target = Nbd;

    fn deref(&self) -> &Nbd {
        &self.disk
    }
}

impl Source for Served {
    fn size(&self) -> u64 {
        self.disk.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.disk.read_at(offset, buffer)
    }
}
