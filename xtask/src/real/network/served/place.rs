//! Where packets are sent from and heard: a network namespace, and what one says to another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use camino::Utf8Path;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// What does not come by then does not come.
const LIMIT: Duration = Duration::from_secs(60);
/// The host is asked here whether it is there; its firewall lets it in.
pub(super) const HOST_PORT: u16 = 7;
/// Words are heard here.
const WORD_PORT: u16 = 9;
const WORD: &[u8] = b"word";
const LATER: &[u8] = b"later";

/// A network namespace.
pub(super) struct Place {
    name: String,
    namespace: File,
    // They are kept: of one that is closed a process may have a copy that another check starts in
    // this moment, and then its port is not free.
    listeners: RefCell<BTreeMap<u16, Rc<TcpListener>>>,
    receivers: RefCell<BTreeMap<u16, Rc<UdpSocket>>>,
}

impl Place {
    pub(super) fn open(name: &str, path: &Utf8Path) -> Result<Self> {
        let namespace = File::open(path).with_context(|| format!("cannot open `{path}`"))?;
        Ok(Self {
            name: name.to_owned(),
            namespace,
            listeners: RefCell::default(),
            receivers: RefCell::default(),
        })
    }

    /// Does something in it: sockets that are made there stay there.
    fn within<T: Send>(&self, act: impl FnOnce() -> std::io::Result<T> + Send) -> Result<T> {
        let namespace = self.namespace.as_fd();
        let inside = move || {
            move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network))?;
            act()
        };
        // A thread of its own, which ends there.
        let done = std::thread::scope(|scope| scope.spawn(inside).join());
        let done = done.map_err(|_| anyhow!("a thread ended early"))?;
        done.with_context(|| format!("at `{}`", self.name))
    }

    /// At all of its addresses, of both families.
    fn listener(&self, port: u16) -> Result<Rc<TcpListener>> {
        kept(&self.listeners, port, || {
            self.within(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)))
        })
    }

    fn receiver(&self, port: u16) -> Result<Rc<UdpSocket>> {
        kept(&self.receivers, port, || {
            self.socket((Ipv6Addr::UNSPECIFIED, port).into())
        })
    }

    /// At a port of nobody's.
    fn sender(&self, to: IpAddr) -> Result<UdpSocket> {
        let any: IpAddr = match to {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.socket((any, 0).into())
    }

    fn socket(&self, at: SocketAddr) -> Result<UdpSocket> {
        let socket = self.within(|| UdpSocket::bind(at))?;
        socket.set_read_timeout(Some(LIMIT))?;
        Ok(socket)
    }

    /// Asks over TCP who listens at a port of `other`, and is answered: by which address the other
    /// one knows this one.
    pub(super) fn asks(&self, address: SocketAddr, other: &Self, port: u16) -> Result<IpAddr> {
        let listener = other.listener(port)?;
        let asked = self.within(|| TcpStream::connect_timeout(&address, LIMIT));
        let mut asked = asked.with_context(|| format!("`{address}` does not answer"))?;
        let (mut answers, peer) = accept(&listener, LIMIT)?;
        said(&mut asked, &mut answers)?;
        said(&mut answers, &mut asked)?;
        Ok(peer.ip().to_canonical())
    }

    /// The same of what UDP has: a word, and one back to whom it came from.
    pub(super) fn tells(&self, address: SocketAddr, other: &Self, port: u16) -> Result<IpAddr> {
        let receiver = other.receiver(port)?;
        let sender = self.sender(address.ip())?;
        sender.send_to(WORD, address)?;
        let comes = next(&receiver).with_context(|| format!("nothing comes by `{address}`"));
        let (heard, peer) = comes?;
        ensure!(heard == WORD, "something else came");
        receiver.send_to(LATER, peer)?;
        let (heard, answers) = next(&sender).with_context(|| format!("`{address}` is silent"))?;
        ensure!(heard == LATER && answers == address, "`{answers}` answers");
        Ok(peer.ip().to_canonical())
    }

    /// Whether a word of this one's comes to `other`. Nothing has to be waited for: when the host
    /// has answered a question that came after the word, it has dealt with the word; and what it
    /// says itself then comes after it.
    pub(super) fn reaches(&self, address: IpAddr, other: &Self, host: &Router<'_>) -> Result<bool> {
        let receiver = other.receiver(WORD_PORT)?;
        let sender = self.sender(address)?;
        let router = (host.address(address), HOST_PORT).into();
        // First it finds the host, so that nothing that comes after overtakes that.
        self.asks(router, host.place, HOST_PORT)?;
        sender.send_to(WORD, (address, WORD_PORT))?;
        self.asks(router, host.place, HOST_PORT)?;
        let itself = host.place.sender(address)?;
        itself.send_to(LATER, (address, WORD_PORT))?;
        let mut reached = false;
        loop {
            let (heard, _) = next(&receiver).context("the host itself is not heard")?;
            match heard.as_slice() {
                WORD => reached = true,
                LATER => return Ok(reached),
                other => bail!("{other:?} was heard"),
            }
        }
    }
}

/// The host, where machines are.
pub(super) struct Router<'a> {
    pub(super) place: &'a Place,
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Ipv6Addr,
}

impl Router<'_> {
    /// Of the same family as this one.
    fn address(&self, like: IpAddr) -> IpAddr {
        match like {
            IpAddr::V4(_) => self.v4.into(),
            IpAddr::V6(_) => self.v6.into(),
        }
    }
}

/// The socket of a port, made when it is first asked for.
fn kept<T>(
    all: &RefCell<BTreeMap<u16, Rc<T>>>,
    port: u16,
    make: impl FnOnce() -> Result<T>,
) -> Result<Rc<T>> {
    if let Some(socket) = all.borrow().get(&port) {
        return Ok(Rc::clone(socket));
    }
    let socket = Rc::new(make()?);
    all.borrow_mut().insert(port, Rc::clone(&socket));
    Ok(socket)
}

/// Whoever comes within the limit: who answered the other side may have been somebody else.
fn accept(listener: &TcpListener, limit: Duration) -> Result<(TcpStream, SocketAddr)> {
    let mut waited = [PollFd::new(listener, PollFlags::IN)];
    let ready = poll(&mut waited, Some(&Timespec::try_from(limit)?))?;
    ensure!(ready > 0, "nobody comes");
    Ok(listener.accept()?)
}

fn said(from: &mut TcpStream, to: &mut TcpStream) -> Result<()> {
    let mut heard = [0; WORD.len()];
    from.write_all(WORD)?;
    to.set_read_timeout(Some(LIMIT))?;
    to.read_exact(&mut heard)?;
    ensure!(heard == WORD, "something else came");
    Ok(())
}

fn next(socket: &UdpSocket) -> Result<(Vec<u8>, SocketAddr)> {
    let mut buffer = [0; 64];
    let (count, from) = socket.recv_from(&mut buffer)?;
    Ok((buffer[..count].to_vec(), from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_waited_for_without_end() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let nobody = accept(&listener, Duration::ZERO).expect_err("nobody came");
        assert_eq!(nobody.to_string(), "nobody comes");
        let address = listener.local_addr().expect("it has one");
        let asks = TcpStream::connect(address).expect("it listens");
        let (_, peer) = accept(&listener, LIMIT).expect("somebody came");
        assert_eq!(peer, asks.local_addr().expect("it has one"));
    }
}
