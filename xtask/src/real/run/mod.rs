//! `lucarne run` with a sealed stand-in under TCG: what stays and what goes, what is cut short,
//! what is refused, and what a machine is told.
//!
//! A check waits for what systemd is told and for the ends of processes, and talks with the
//! stand-in on COM2 (`tests/standin/src/order.rs`). How a machine's power is cut is random only in
//! its moment; `cargo xtask test run/killed --rounds 20` cuts it twenty times each way.

mod ctl;
mod foreign;
mod identity;
mod image;
mod instance;
mod killed;
mod many;
mod refused;
mod room;
mod shapes;
mod stays;
mod stop;
mod told;

use crate::test::Check;

pub(super) use image::{Image, copy, sealed};
pub(super) use instance::{Console, Instance};
pub(super) use told::password_hash;

/// The long ones first.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "run/ten",
        shows: "ten machines of one image run side by side, each with its own port, card and disks",
        run: many::ten,
    },
    Check {
        name: "run/killed",
        shows: "QEMU, the helper or both are killed amid writes: D: stays intact, a start works",
        run: killed::killed,
    },
    Check {
        name: "run/on-reboot",
        shows: "a name is given once, and a restart throws C: away without giving it again",
        run: stays::on_reboot,
    },
    Check {
        name: "run/no-identity",
        shows: "an identity whose step fails ends the machine with 3, and nothing of it is kept",
        run: identity::fails,
    },
    Check {
        name: "run/reset",
        shows: "at the next start C: is as sealed, D: as it was, grown or full, 60 days later too",
        run: stays::on_start,
    },
    Check {
        name: "run/ctl",
        shows: "`ctl` does status, list, screenshot, send-key, exec, console, logs, reboot, stop, \
                kill; and of disks: disk, snapshot, restore, backup, import, reset",
        run: ctl::ctl,
    },
    Check {
        name: "run/told",
        shows: "secrets and hostile values arrive whole and nowhere else; the CD goes and comes",
        run: told::told,
    },
    Check {
        name: "run/never",
        shows: "a kept C: is kept, and refuses an image that was made again, with the way out",
        run: stays::never,
    },
    Check {
        name: "run/stop",
        shows: "a deaf guest's power is cut at the deadline and recorded; one that is off is left",
        run: stop::stop,
    },
    Check {
        name: "run/room",
        shows: "an overlay without room stops the machine with a message until there is some",
        run: room::room,
    },
    Check {
        name: "run/foreign",
        shows: "a data disk that holds something else is told, and not a byte of it is written",
        run: foreign::foreign,
    },
    Check {
        name: "run/refused",
        shows: "names, disks, images and credentials that cannot be used end it before Windows",
        run: refused::all,
    },
    Check {
        name: "run/shapes",
        shows: "QEMU builds the machine of each golden list of a run's arguments",
        run: shapes::shapes,
    },
];
