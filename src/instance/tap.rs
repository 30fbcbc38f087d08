//! The TAP interface of a machine on a bridge, made and removed by somebody who may: root, before
//! and after a machine that has no rights itself.
//!
//! Both may be done again: what an earlier machine left is removed first, and what is gone is as
//! good as removed. What is somebody else's is left alone.

mod orders;

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use super::host::{Kernel, tap_flags};
use crate::exec::Command;
use crate::problem::Problem;
use orders::{Bridge, Is, Seen};

/// The kernel does all of it at once; what holds its lock may be another's change.
const DEADLINE: Duration = Duration::from_secs(10);

/// Who may open the interface: the machine's user, by id, or the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    User(u32),
    Group(u32),
}

/// The interface of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Tap<'a> {
    pub name: &'a str,
    /// What it is put on; without one somebody else does that.
    pub bridge: Option<&'a str>,
}

impl Tap<'_> {
    /// Makes it anew, puts it on its bridge and sets it up.
    ///
    /// `ip`: iproute2's program.
    pub fn up(&self, ip: &Utf8Path, owner: Owner) -> anyhow::Result<()> {
        let seen = self.look(Utf8Path::new("/"));
        let orders = orders::up(self, owner, &seen).map_err(|problem| told(&problem))?;
        let done = all(ip, &orders);
        if done.is_err() {
            // Nothing half: the next start begins as this one did. The first error says more.
            _ = self.down(ip);
        }
        done
    }

    /// Removes it, unless a program has it open.
    pub fn down(&self, ip: &Utf8Path) -> anyhow::Result<()> {
        let seen = self.look(Utf8Path::new("/"));
        let orders = orders::down(self, &seen).map_err(|problem| told(&problem))?;
        all(ip, &orders)
    }

    /// What the kernel says of it, below a root.
    fn look(&self, root: &Utf8Path) -> Seen {
        let kernel = Kernel(root);
        let place = format!("sys/class/net/{}", self.name);
        let is = if !kernel.has(&place) {
            Is::Nothing
        } else if tap_flags(&kernel, &place).is_some() {
            Is::Tap {
                used: is_used(&kernel, &place),
            }
        } else {
            Is::Other
        };
        let bridge = self.bridge.map(|bridge| {
            let place = format!("sys/class/net/{bridge}");
            if !kernel.has(&place) {
                Bridge::Missing
            } else if kernel.has(&format!("{place}/bridge")) {
                let mtu = kernel.line(&format!("{place}/mtu"));
                Bridge::There(mtu.and_then(|mtu| mtu.parse().ok()))
            } else {
                Bridge::Other
            }
        });
        Seen { is, bridge }
    }
}

/// Whether a program has a TAP interface open, as far as the kernel does not say otherwise: that is
/// its carrier, which cannot be read of one that is not set up. Such a one has lost its carrier
/// once more than it has got it back, for it is made with one (Linux, `drivers/net/tun.c`).
pub(super) fn is_used(kernel: &Kernel<'_>, place: &str) -> bool {
    let line = |file: &str| kernel.line(&format!("{place}/{file}"));
    if let Some(carrier) = line("carrier") {
        return carrier != "0";
    }
    let count = |file: &str| line(file)?.parse::<u64>().ok();
    let counts = count("carrier_down_count").zip(count("carrier_up_count"));
    counts.is_none_or(|(lost, back)| lost <= back)
}

fn told(problem: &Problem) -> anyhow::Error {
    let hint = problem.hint.as_deref().unwrap_or("see `docs/running.md`");
    anyhow!("{problem}\n\nhint: {hint}")
}

/// Gives `ip` one order after another.
fn all(ip: &Utf8Path, orders: &[Vec<String>]) -> anyhow::Result<()> {
    for order in orders {
        let command = Command::new(ip).args(order.iter()).deadline(DEADLINE);
        let done = command.run().map(drop);
        if rustix::process::geteuid().is_root() {
            done?;
        } else {
            done.context(
                "only root may do that\n\nhint: in a unit, `ExecStartPre=+…` is done as root",
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_kernel_is_asked_what_there_is() {
        let folder = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let file = |path: &str, text: &str| {
            let path = root.join("sys/class/net").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(path, text).expect("writable");
        };
        let tap = Tap {
            name: "vm-a",
            bridge: Some("br0"),
        };
        let look = || tap.look(root);
        assert_eq!(look().is, Is::Nothing);
        assert_eq!(look().bridge, Some(Bridge::Missing));
        file("vm-a/mtu", "1500\n");
        file("br0/mtu", "9000\n");
        assert_eq!(look().is, Is::Other);
        assert_eq!(look().bridge, Some(Bridge::Other));
        // A VPN's.
        file("vm-a/tun_flags", "0x1001\n");
        assert_eq!(look().is, Is::Other);
        file("vm-a/tun_flags", "0x5002\n");
        file("br0/bridge/stp_state", "0\n");
        assert_eq!(look().is, Is::Tap { used: true }, "nothing says otherwise");
        assert_eq!(look().bridge, Some(Bridge::There(Some(9000))));
        // As Linux 6.18 tells it of one that is not set up: made, opened, and closed again.
        for (back, lost, used) in [
            ("0\n", "1\n", false),
            ("1\n", "1\n", true),
            ("1\n", "2\n", false),
        ] {
            file("vm-a/carrier_up_count", back);
            file("vm-a/carrier_down_count", lost);
            assert_eq!(look().is, Is::Tap { used });
        }
        file("vm-a/carrier", "1\n");
        assert_eq!(look().is, Is::Tap { used: true });
        file("vm-a/carrier", "0\n");
        assert_eq!(look().is, Is::Tap { used: false });
        let alone = Tap {
            bridge: None,
            ..tap
        };
        assert_eq!(alone.look(root).bridge, None);
    }
}
