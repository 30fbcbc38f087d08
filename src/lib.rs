//! Lucarne turns a Windows ISO into a Nix value: a spec that Nix evaluation wrote becomes an
//! answer file and a small ISO, Windows Setup runs unattended in an offline QEMU, and what it
//! leaves is sealed as an image.
//!
//! # The flow
//!
//! 1. [`spec`] reads the JSON: a closed mirror of the Nix options, without rules or defaults.
//! 2. [`windows_iso`] and [`virtio_win`] read what the real media hold, through [`optical`], and
//!    [`driver_folder`] what a user's own drivers are; [`payload`] looks at the files that steps
//!    need.
//!    Where the machine's firmware is at hand, [`secure_boot`] foresees whether it will start the
//!    ISO.
//! 3. [`plan`] checks the spec against them: every rule and every default is there. Out comes a
//!    `Plan`, or every [`problem`] at once, each at its option path and with a hint. [`inputs`]
//!    does 1 to 3 for whoever asks.
//! 4. [`answer`] renders the answer file from the parts that [`unattend`] names, and [`media`] the
//!    answer ISO around it.
//! 5. [`install`] builds the [`machine`], runs it under [`qemu`], and listens to the [`guest`]
//!    until there is a verdict. What it leaves for people is [`install::evidence`].
//! 6. [`seal`] reads the disk back with [`disk`], drops what nobody needs, compresses it, and
//!    writes the [`manifest`].
//! 7. A [`layer`] is more steps on top of an image: 1 and 3 to 6 for a spec of its own, in the
//!    base's machine. What is sealed then is what differs from the base, read through QEMU's own
//!    server.
//! 8. `instance` runs machines from an image: a throw-away overlay, a data disk that stays, and
//!    settings and secrets on a CD of the start's own, in the machine that installed it. `cli`'s
//!    `ctl` asks a running one by its socket.
//! 9. `nix/lib/machine` makes a machine a derivation, whose builder is `lucarne build-machine`: 1
//!    and 3 for a machine's spec, against the manifest; and a unit of systemd, as a pure function
//!    of the same document, which `nix/modules` makes of NixOS' options. What the unit needs root
//!    for are commands of their own (`tap`, `data-folder`).
//! 10. `nix/lib/network` gives all machines of a host, Windows and Linux, their addresses, and the
//!     programs that serve them their texts, as a pure function; `nix/modules/network` hands it to
//!     NixOS.
//! 11. `export` makes of an image what other engines take: its disk in their format, and texts
//!     with the machine's facts, each a pure function of the manifest.
//!
//! [`progress`] turns what is heard on the way into percentages and estimates, and
//! [`install::Report`] spreads them: to the log, to Nix, to a bar, to another program.
//! `selftest` does 1 to 6 with a real ISO, starts the image once more, and writes a report of it
//! for strangers. `doctor` looks beforehand whether the host has what all of this needs.
//!
//! The Nix builder ([`builder`]) and the command line (`cli`) are two thin ways into the same
//! functions. [`tools`] names every program and firmware file by path, [`regular`] opens what a
//! user named, [`output`] makes a folder appear whole or not at all, [`signals`] sees to it that
//! nothing unfinished is left, [`nix_log`] is what is said on the way, and [`failure`] maps each
//! way to end to one exit code.
//!
//! `lucarne-builder` is built without the feature `cli` from a filtered source
//! (`nix/packages/source.nix`): an image's derivation hangs on what installing needs and on
//! nothing else of this repository.
//!
//! # Invariants
//!
//! 1. `spec` knows no rules, `plan` knows all of them, and nothing after it re-checks.
//! 2. Spec, plan, answer file, media tree, machine arguments, progress and the event-to-verdict
//!    machine ([`guest`]) are pure: no I/O, clock, environment or randomness. Equal inputs give
//!    equal bytes.
//! 3. Processes are started in [`exec`] only. Async is only what waits for several at once: QEMU,
//!    its guest and signals, and who asks a machine or is at its console.
//! 4. Every wait has a deadline, the guest's are fields of the spec, and every child dies with
//!    the helper, however the helper dies: it is started through [`guard`].
//! 5. XML leaves through the XML writer, values in commands through one quoting function each.
//! 6. Success is a guest that said so, from a start with both CDs empty, and then powered itself
//!    off, and a disk that passed inspection. That QEMU exited with 0 is no success.
//! 7. No secret is in a spec, a store path, an argument list or a log, unless the user wrote it
//!    into Nix; then the plan warns. Throw-away passwords are searched for before sealing.
//! 8. ISOs, WIMs, disks, QMP replies and everything the guest says are hostile: sizes, depths
//!    and waits are bounded, and no guest text begins a line of ours.
//! 9. Output is written beside its place and renamed into it.

pub mod answer;
pub mod builder;
#[cfg(feature = "cli")]
pub mod cli;
pub mod disk;
#[cfg(feature = "cli")]
pub mod doctor;
pub mod driver_folder;
pub mod exec;
#[cfg(feature = "cli")]
pub mod export;
pub mod failure;
pub mod folder;
pub mod guard;
pub mod guest;
pub mod inputs;
pub mod install;
#[cfg(feature = "cli")]
pub mod instance;
pub mod layer;
pub mod machine;
pub mod manifest;
pub mod media;
pub mod nix_log;
pub mod optical;
pub mod output;
pub mod payload;
pub mod plan;
pub mod problem;
pub mod progress;
pub mod qemu;
pub mod regular;
pub mod seal;
pub mod secure_boot;
#[cfg(feature = "cli")]
pub mod selftest;
pub mod signals;
pub mod spec;
pub(crate) mod start;
pub mod time;
pub mod tools;
pub mod unattend;
pub mod virtio_win;
mod watch;
pub mod windows_iso;

#[cfg(test)]
mod tests;
