//! Folders of the host's that the guest sees: each is served by a virtiofsd of its own.
//!
//! The helper makes the socket and virtiofsd gets it as its input, so QEMU finds it whenever it
//! comes. virtiofsd ends with QEMU, whose connection it waits on, and dies with the helper.
//!
//! It confines itself to the folder with namespaces, which need no rights where the host lets
//! users have their own. Some do not: containers, units with `RestrictNamespaces=`, Ubuntu's
//! `AppArmor`. There it runs without, which is said: it still refuses system calls that it does
//! not need, and its user's rights are its limit.
//!
//! SMB is not served by the host. QEMU's own way (`-netdev user,smb=`) has QEMU start `smbd`, which
//! our sandbox forbids it for good reason, and lets anybody in without a password, which Windows
//! 11 24H2 refuses unless its policy is weakened (`AllowInsecureGuestAuth`). A Samba that the host
//! runs is reached from a user network at 10.0.2.2, with a user of its own and a password.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use crate::exec::Command;
use crate::machine::run::{Share, sockets};
use crate::nix_log;
use crate::qemu::{Process, listen_plainly};

/// What a virtiofsd that is confined and has a socket says.
const READY: &str = "Waiting for vhost-user socket connection";
/// It enters its sandbox in milliseconds.
const PROBE_DEADLINE: Duration = Duration::from_secs(10);

/// What serves a machine's folders. Dropping it ends all of them.
#[derive(Debug, Default)]
pub struct Shares {
    served: Vec<(String, Process)>,
    /// Whether each is confined to its folder.
    pub confined: bool,
}

impl Shares {
    /// Serves each folder at its socket in the runtime folder. Needs a `LocalSet`.
    ///
    /// # Errors
    /// When there is no virtiofsd, or a folder that it should serve.
    pub fn start(
        virtiofsd: Option<&Utf8Path>,
        shares: &[Share],
        runtime: &Utf8Path,
    ) -> anyhow::Result<Self> {
        let Some(first) = shares.first() else {
            return Ok(Self {
                confined: true,
                ..Self::default()
            });
        };
        let virtiofsd = virtiofsd.context(
            "a shared folder needs virtiofsd, and there is none\n\n\
             hint: install it (Debian, Fedora: `virtiofsd`), or name it in the table of `--tools`",
        )?;
        for (index, share) in shares.iter().enumerate() {
            let path = Utf8Path::new(&share.path);
            if !path.is_dir() {
                return Err(anyhow!(
                    "shares[{index}].path: `{path}` is no folder\n\n\
                     hint: make it, or name another one"
                ));
            }
        }
        let confined = can_confine(virtiofsd, first, runtime)?;
        if !confined {
            nix_log::say(
                "warning: shared folders are served without a sandbox, for this host lets \
                 virtiofsd make no namespaces\n  hint: allow user namespaces, or share nothing \
                 with a guest that you do not trust",
            );
        }
        let serve = |(index, share): (usize, &Share)| {
            let socket = listen_plainly(runtime, &sockets::share(index))?;
            let command = command(virtiofsd, share, runtime, confined);
            let command = command.args(["--log-level", "error"]);
            let socket = std::os::fd::OwnedFd::from(socket);
            let process = Process::start("virtiofsd", &command, socket)
                .with_context(|| format!("cannot share `{}`", share.path))?;
            Ok((share.name.clone(), process))
        };
        let served = shares.iter().enumerate().map(serve);
        Ok(Self {
            served: served.collect::<anyhow::Result<_>>()?,
            confined,
        })
    }

    /// Waits until one of them ends, which none does while QEMU runs, and forgets it: its name and
    /// last words. Waits for ever where there is none. Dropping the future loses nothing.
    pub async fn ended(&mut self) -> anyhow::Result<(String, String)> {
        let waiting = self.served.iter_mut().map(|(_, process)| process.ended());
        let (index, status) = first(waiting.map(Box::pin).collect()).await;
        let (name, mut process) = self.served.swap_remove(index);
        Ok((name, process.last_words(status?).await))
    }

    /// Waits a while for their end, then kills them. QEMU is gone by then.
    pub async fn end_within(&mut self, patience: Duration) {
        for (_, process) in &mut self.served {
            process.end_within(patience).await;
        }
    }
}

/// The result of whichever is ready first, and its place.
async fn first<F: Future + Unpin>(mut futures: Vec<F>) -> (usize, F::Output) {
    poll_fn(|context| {
        let polled = futures.iter_mut().enumerate();
        let ready = polled
            .map(|(index, future)| Pin::new(future).poll(context).map(|output| (index, output)))
            .find(Poll::is_ready);
        ready.unwrap_or(Poll::Pending)
    })
    .await
}

/// virtiofsd with a folder, and its input as the socket.
fn command(virtiofsd: &Utf8Path, share: &Share, runtime: &Utf8Path, confined: bool) -> Command {
    let sandbox = if confined { "namespace" } else { "none" };
    let command = Command::new(virtiofsd)
        .args(["--fd", "0", "--shared-dir", &share.path])
        .args(["--sandbox", sandbox])
        .dir(runtime);
    if share.read_only {
        command.arg("--readonly")
    } else {
        command
    }
}

/// Whether virtiofsd can make its namespaces here: it is started with an input that is no socket,
/// which it finds out when it is in its sandbox already.
fn can_confine(virtiofsd: &Utf8Path, share: &Share, runtime: &Utf8Path) -> anyhow::Result<bool> {
    let probe = command(virtiofsd, share, runtime, true).args(["--log-level", "info"]);
    let output = probe.deadline(PROBE_DEADLINE).output()?;
    Ok(output.stderr.contains(READY))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Says what virtiofsd does, and writes down how it was called.
    const DOUBLE: &str = r#"#!/bin/sh
echo "$@" >>calls
case "$*" in
    *info*) test -e unconfined || echo 'Waiting for vhost-user socket connection...' >&2; exit 1;;
    */broken*) echo 'ERROR broken folder' >&2; exit 1 ;;
esac
exec sleep 100
"#;

    struct Host(tempfile::TempDir);

    impl Host {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("the test may write");
            let program = folder.path().join("virtiofsd");
            std::fs::write(&program, DOUBLE).expect("writable");
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, mode).expect("ours");
            Self(folder)
        }

        fn root(&self) -> &Utf8Path {
            Utf8Path::from_path(self.0.path()).expect("UTF-8")
        }

        fn share(&self, name: &str, read_only: bool) -> Share {
            let path = self.root().join(name);
            std::fs::create_dir_all(&path).expect("writable");
            Share {
                name: name.into(),
                path: path.into(),
                read_only,
            }
        }

        fn start(&self, shares: &[Share]) -> anyhow::Result<Shares> {
            Shares::start(Some(&self.root().join("virtiofsd")), shares, self.root())
        }
    }

    /// Runs under what the supervisor runs under.
    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, test)
    }

    #[test]
    fn each_folder_has_a_server_and_the_first_to_end_is_told() {
        let host = Host::new();
        let shares = [host.share("docs", true), host.share("broken", false)];
        let (name, words) = run(async {
            let mut served = host.start(&shares).expect("both start");
            assert!(served.confined);
            let ended = served.ended().await.expect("one ends");
            served.end_within(Duration::ZERO).await;
            ended
        });
        assert_eq!(name, "broken");
        assert_eq!(words, "ERROR broken folder (exit status: 1)");
        let calls = std::fs::read_to_string(host.root().join("calls")).expect("was called");
        // The other one may have been ended before it wrote its line.
        let served = calls
            .lines()
            .find(|call| call.contains("--log-level error"));
        assert!(
            served.is_some_and(|call| call.contains("--sandbox namespace")),
            "{calls}"
        );
        assert!(
            host.root().join("share0.sock").exists() && host.root().join("share1.sock").exists()
        );
    }

    #[test]
    fn what_is_read_only_says_so() {
        let host = Host::new();
        let text = |read_only, confined| {
            let share = host.share("docs", read_only);
            command("/virtiofsd".into(), &share, host.root(), confined).to_string()
        };
        assert!(text(true, true).ends_with("/docs --sandbox namespace --readonly"));
        assert!(text(false, false).ends_with("/docs --sandbox none"));
    }

    #[test]
    fn where_namespaces_are_forbidden_it_runs_without() {
        let host = Host::new();
        std::fs::write(host.root().join("unconfined"), "").expect("writable");
        let shares = [host.share("broken", true)];
        run(async {
            let mut served = host.start(&shares).expect("starts");
            assert!(!served.confined);
            served.ended().await.expect("it has ended once");
        });
        let calls = std::fs::read_to_string(host.root().join("calls")).expect("was called");
        assert!(calls.contains("--sandbox none --readonly"), "{calls}");
    }

    #[test]
    fn a_missing_folder_and_a_missing_program_are_told() {
        let host = Host::new();
        let mut share = host.share("docs", true);
        let said = Shares::start(None, std::slice::from_ref(&share), host.root());
        let said = said.expect_err("no program").to_string();
        assert!(
            said.starts_with("a shared folder needs virtiofsd"),
            "{said}"
        );
        share.path.push_str("/none");
        let said = host.start(&[share]).expect_err("no folder").to_string();
        assert!(said.starts_with("shares[0].path: "), "{said}");
        let none = Shares::start(None, &[], host.root()).expect("nothing to serve");
        assert!(none.confined && none.served.is_empty());
    }
}
