//! `ctl NAME vnc`: where VNC listens, or a port of this host that leads there.

use anyhow::{Context as _, ensure};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::ask;
use crate::cli::print;
use crate::failure::Failure;
use crate::instance::control::Request;
use crate::instance::found::Found;
use crate::machine::run::sockets;
use crate::nix_log::say;
use crate::qemu::connect;
use crate::signals::Signals;

/// Viewers at once.
const VIEWERS_MAX: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Forward this port of 127.0.0.1 until interrupted; 0 is a free one
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let status = ask(found, &Request::Status {})?;
        let place = status["vnc"].as_str().with_context(|| {
            format!(
                "`{}` has no VNC\n\nhint: its `display.vnc` is `none`",
                found.name
            )
        })?;
        let Some(port) = self.port else {
            return print(&format!("{place}\n"));
        };
        let is_socket = place.starts_with('/');
        if !is_socket {
            let hint = "connect to that, or leave `display.vnc` out";
            let message = format!("`{}` listens on a port already: {place}", found.name);
            return Err(anyhow::anyhow!("{message}\n\nhint: {hint}").into());
        }
        forward(found, port)
    }
}

fn forward(found: &Found, port: u16) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("no runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
        let port = listener.local_addr().context("no port")?.port();
        say("warning: every user of this host may connect to the port, and sees the screen");
        print(&format!("127.0.0.1:{port}\n"))?;
        let mut supervised = signals.supervise();
        tokio::select! {
            ended = serve(listener, found) => Ok(ended?),
            // That is how it ends.
            _ = supervised.heard() => Ok(()),
        }
    })
}

async fn serve(listener: TcpListener, found: &Found) -> anyhow::Result<()> {
    let mut viewers = JoinSet::new();
    loop {
        let (viewer, _) = tokio::select! {
            accepted = listener.accept() => accepted.context("cannot accept a viewer")?,
            Some(_) = viewers.join_next() => continue,
        };
        ensure!(found.runs(), "`{}` has ended", found.name);
        if viewers.len() < VIEWERS_MAX {
            let folder = found.folders.runtime.clone();
            viewers.spawn(async move { view(viewer, &folder).await });
        }
    }
}

/// A viewer that goes, and a machine that ends, end it alike.
async fn view(mut viewer: TcpStream, folder: &camino::Utf8Path) {
    match connect(folder, sockets::VNC).await {
        Ok(mut screen) => _ = copy_bidirectional(&mut viewer, &mut screen).await,
        Err(error) => say(&format!("warning: {error:#}")),
    }
}
