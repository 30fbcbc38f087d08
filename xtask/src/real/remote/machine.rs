//! Another machine that builds: a store of its own in the check's folder, behind a real sshd.
//!
//! It has no port: the connection is a pipe to an sshd that ssh starts. All that the one key may do
//! there is to be Nix's daemon, in a mount namespace where the machine's own store is at `/nix`.
//! It says that it has KVM, as its owner has written, and its `/dev` has none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use camino::Utf8PathBuf;
use serde_json::Value;

use crate::test::Context;

const LIMIT: Duration = Duration::from_secs(60);

/// The name that ssh knows it by.
const HOST: &str = "builder";

/// Its keys, what they allow, its Nix's settings, and a folder that sshd wants for its half without
/// privileges. The first argument is the folder of all of it.
const PREPARE: &str = r#"cd "$1"
mkdir nix dev
ssh-keygen -q -t ed25519 -N '' -C user -f user
ssh-keygen -q -t ed25519 -N '' -C host -f host
printf 'restrict,command="%s/serve" %s\n' "$1" "$(cat user.pub)" > authorized
printf '%s\nextra-system-features = kvm\n' "$NIX_CONFIG" > nix.conf
mkdir -p /run/sshd
base64 --wrap=0 host.pub"#;

/// What the key runs. `/dev` has what Nix's daemon and its sandbox take from it.
const SERVE: &str = r"#!/bin/sh
exec unshare --mount --propagation private sh -euc '
cd FOLDER
mount --bind nix /nix
mount -t tmpfs tmpfs dev
for name in null zero full random urandom tty; do
    touch dev/$name; mount --bind /dev/$name dev/$name
done
mkdir dev/pts dev/shm; mount --rbind /dev/pts dev/pts; ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount --rbind dev /dev
export NIX_CONF_DIR=FOLDER
exec nix-daemon --stdio'
";

const SSHD: &str = "HostKey FOLDER/host
AuthorizedKeysFile FOLDER/authorized
PasswordAuthentication no
PermitRootLogin forced-commands-only
PidFile none
StrictModes no
UsePAM no
";

const SSH: &str = "Host builder
  BatchMode yes
  ProxyCommand /usr/sbin/sshd -i -f FOLDER/sshd_config
";

pub(super) struct Machine {
    folder: Utf8PathBuf,
    host_key: String,
}

impl Machine {
    pub(super) fn new(context: &Context) -> Result<Self> {
        let folder = context.folder.join(HOST);
        fs::create_dir(&folder).with_context(|| format!("cannot make `{folder}`"))?;
        let prepare = ["sh", "-euc", PREPARE, "prepare", folder.as_str()];
        let host_key = context.read(LIMIT, &prepare)?.trim().to_owned();
        for (name, text) in [("serve", SERVE), ("sshd_config", SSHD), ("ssh_config", SSH)] {
            let file = folder.join(name);
            fs::write(&file, text.replace("FOLDER", folder.as_str()))
                .with_context(|| format!("cannot write `{file}`"))?;
        }
        fs::set_permissions(folder.join("serve"), fs::Permissions::from_mode(0o755))?;
        Ok(Self { folder, host_key })
    }

    /// How Nix names it in what it says.
    pub(super) fn address() -> String {
        format!("ssh-ng://{HOST}")
    }

    /// What Nix is told, as NixOS writes it of a machine; whose it is, is ours.
    pub(super) fn line(&self, machine: &Value, mandatory: bool) -> Result<String> {
        let list = |name: &str| -> Result<String> {
            let words = machine[name].as_array();
            let words = words.with_context(|| format!("`{name}` of the page's machine"))?;
            let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
            Ok(words.join(","))
        };
        let protocol = machine["protocol"].as_str().context("no protocol")?;
        Ok([
            format!("{protocol}://{HOST}"),
            list("systems")?,
            self.folder.join("user").into_string(),
            machine["maxJobs"].to_string(),
            machine["speedFactor"].to_string(),
            list("supportedFeatures")?,
            if mandatory {
                list("mandatoryFeatures")?
            } else {
                "-".to_owned()
            },
            self.host_key.clone(),
        ]
        .join(" "))
    }

    /// The environment's variable with which Nix reaches it.
    pub(super) fn ssh_options(&self) -> String {
        format!("NIX_SSHOPTS=-F {}/ssh_config", self.folder)
    }

    /// What its store holds.
    pub(super) fn holds(&self, context: &Context) -> Result<Vec<Held>> {
        held(context, &["--store", self.folder.as_str(), "--all"])
    }
}

/// A path of a store.
pub(super) struct Held {
    pub(super) path: String,
    /// Of the path as an archive, which is what travels.
    pub(super) bytes: u64,
    /// Whether the store's own machine built it; else it came from elsewhere.
    pub(super) is_built: bool,
}

/// What Nix knows of paths of a store.
pub(super) fn held(context: &Context, which: &[&str]) -> Result<Vec<Held>> {
    let query = [&["nix", "path-info", "--json"], which].concat();
    let found: Value = serde_json::from_str(&context.read(LIMIT, &query)?)?;
    let found = found
        .as_object()
        .context("what a store holds is no object")?;
    let one = |(path, about): (&String, &Value)| {
        Ok(Held {
            path: path.clone(),
            bytes: about["narSize"].as_u64().context("a path without a size")?,
            // Nix' word for it.
            is_built: about["ultimate"].as_bool().context("not said where from")?,
        })
    };
    found.iter().map(one).collect()
}
