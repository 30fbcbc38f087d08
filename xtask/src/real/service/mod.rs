//! Machines as units of a real systemd, which is process 1 of namespaces of each check's own, with
//! the sealed stand-in inside.
//!
//! The unit is the one that `nix/lib/machine/unit.nix` makes, as text. See `system.rs` for what
//! such a host is and how it is waited for; `cargo xtask test service/` runs them.

mod confined;
mod elsewhere;
mod life;
mod machine;
mod microvm;
mod prune;
mod rounds;
mod secret;
mod slow;
mod system;
mod tap;
mod verify;
mod watchdog;

pub(super) use system::{LIMIT, System};

use crate::test::Check;

/// The long ones first.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "service/rounds",
        shows: "50 starts that end by a stop or by kills leave nothing, on the host or in folders",
        run: rounds::rounds,
    },
    Check {
        name: "service/life",
        shows: "started, told, killed twice, restarted and stopped by systemd; D: and secrets kept",
        run: life::life,
    },
    Check {
        name: "service/slow",
        shows: "a slow guest holds back neither its target nor a stop, and its time is extended",
        run: slow::slow,
    },
    Check {
        name: "service/microvm",
        shows: "microvm.nix's units run the four commands of a runner, alone and with our settings",
        run: microvm::microvm,
    },
    Check {
        name: "service/confined",
        shows: "microvm.nix's guests in our confines: systemd judges all shapes, QEMU runs in them",
        run: confined::confined,
    },
    Check {
        name: "service/prune",
        shows: "microvm-prune lists, refuses and removes by name; an image grows, never shrinks",
        run: prune::prune,
    },
    Check {
        name: "service/tap",
        shows: "root makes a TAP for a machine without rights; stale, foreign, without a bridge",
        run: tap::tap,
    },
    Check {
        name: "service/elsewhere",
        shows: "a folder elsewhere is given to the machine's user, and its group may ask it",
        run: elsewhere::elsewhere,
    },
    Check {
        name: "service/secret",
        shows: "a secret that is not there is named, and nothing tries it or a too large one again",
        run: secret::secret,
    },
    Check {
        name: "service/watchdog",
        shows: "systemd hears that a machine is watched over, and ends one that nobody watches",
        run: watchdog::watchdog,
    },
    Check {
        name: "service/verify",
        shows: "systemd finds nothing wrong with any shape's unit, and 1.5 at most exposed",
        run: verify::verify,
    },
];
