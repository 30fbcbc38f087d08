//! Server and client against each other, and each against a peer that does otherwise.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::*;

/// A runtime folder, in which a server answers with a function of the request until it is asked
/// for the machine's end, which it does not answer.
struct Machine {
    folder: Utf8PathBuf,
    _keep: tempfile::TempDir,
    server: thread::JoinHandle<()>,
}

impl Machine {
    fn start(access: Access, answer: fn(&Request, Answer)) -> Self {
        let keep = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(keep.path()).expect("UTF-8").to_owned();
        let (place, (listens, is_ready)) = (folder.clone(), mpsc::channel());
        let server = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                let mut server = Server::listen(&place, access).expect("listens");
                listens.send(()).expect("the test waits");
                loop {
                    let asked = server.next().await;
                    if asked.request == (Request::Kill {}) {
                        drop(asked.answer);
                        break;
                    }
                    answer(&asked.request, asked.answer);
                }
                server.finish().await;
            });
        });
        is_ready.recv().expect("it listens");
        Self {
            folder,
            _keep: keep,
            server,
        }
    }

    fn client(&self) -> Client {
        Client::connect(&self.folder).expect("it listens")
    }

    fn socket(&self) -> UnixStream {
        UnixStream::connect(self.folder.join(SOCKET)).expect("it listens")
    }

    /// Ends it: what a client is told then.
    fn end(self) -> String {
        let told = self.client().ask(&Request::Kill {}, |_| ());
        self.server.join().expect("no panic");
        let after = Client::connect(&self.folder).expect_err("it has ended");
        assert!(matches!(after, Unreachable::Stopped), "{after:?}");
        told.expect_err("not answered").to_string()
    }
}

fn echo(request: &Request, answer: Answer) {
    let result = match request {
        Request::Backup { path } => {
            for percent in [10, 90] {
                answer.progress(json!({ "percent": percent }));
            }
            Ok(json!({ "path": path }))
        }
        Request::Reboot {} => Err(Refusal::new("no agent").hint("stop").kind(Kind::NoAgent)),
        Request::Screenshot {} => Ok(json!("x".repeat(REPLY_BYTES_MAX))),
        other => Ok(serde_json::to_value(other).expect("JSON")),
    };
    answer.give(result);
}

fn own() -> Access {
    Access::of_this_user(None)
}

#[test]
fn requests_are_answered_in_turn() {
    let machine = Machine::start(own(), echo);
    let mut client = machine.client();
    for _ in 0..2 {
        let told = client.ask(&Request::Status {}, |_| ()).expect("an answer");
        assert_eq!(told, json!({ "request": "status" }));
    }
    let error = client.ask(&Request::Reboot {}, |_| ()).expect_err("no");
    let refusal = error.downcast_ref::<Refusal>().expect("a refusal");
    assert_eq!(refusal.kind, Some(Kind::NoAgent));
    assert_eq!(error.to_string(), "no agent\n\nhint: stop");
    assert_eq!(machine.end(), "the machine ended before it answered");
}

#[test]
fn progress_comes_before_the_answer() {
    let machine = Machine::start(own(), echo);
    let mut seen = Vec::new();
    let path = "/srv/backup.qcow2".into();
    let told = machine
        .client()
        .ask(&Request::Backup { path }, |told| seen.push(told.clone()));
    assert_eq!(told.expect("an answer")["path"], "/srv/backup.qcow2");
    assert_eq!(seen, [json!({ "percent": 10 }), json!({ "percent": 90 })]);
    machine.end();
}

#[test]
fn an_answer_that_is_too_long_is_told() {
    let machine = Machine::start(own(), echo);
    let told = machine.client().ask(&Request::Screenshot {}, |_| ());
    let told = told.expect_err("too long").to_string();
    assert_eq!(told, "the answer has more than 8388608 bytes");
    machine.end();
}

#[test]
fn who_may_not_ask_is_told_so() {
    // The kernel lets this process's own socket through; the owner is said to be another.
    let access = Access {
        owner: u32::MAX - 1,
        group: None,
    };
    let machine = Machine::start(access, echo);
    let told = machine.client().ask(&Request::Status {}, |_| ());
    // Root may everything, and tests may run as root.
    if rustix::process::geteuid().is_root() {
        told.expect("root may");
        machine.end();
    } else {
        let told = told.expect_err("it may not").to_string();
        assert!(told.contains("may not control this machine"), "{told}");
    }
}

/// Lines of a raw connection.
fn lines(stream: UnixStream) -> Vec<Value> {
    let lines = BufReader::new(stream).lines();
    let lines = lines.map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON"));
    lines.collect()
}

#[test]
fn a_client_that_says_nonsense_is_told_and_may_go_on() {
    let machine = Machine::start(own(), echo);
    let mut stream = machine.socket();
    stream
        .write_all(b"\n{\"request\":\"status\"}\r\n")
        .expect("is read");
    stream.shutdown(std::net::Shutdown::Write).expect("is open");
    let told = lines(stream);
    assert_eq!(told.len(), 2);
    let error = told[0]["error"].as_str().expect("an error");
    assert!(error.starts_with("no request: "), "{error}");
    assert_eq!(told[1]["ok"]["request"], "status");
    machine.end();
}

#[test]
fn a_request_without_an_end_is_refused_and_read_no_further() {
    let machine = Machine::start(own(), echo);
    let mut stream = machine.socket();
    let mut reader = stream.try_clone().expect("a descriptor");
    // It may hang up before it has read all of this.
    let writer = thread::spawn(move || _ = stream.write_all(&vec![b'x'; 4 * REQUEST_BYTES_MAX]));
    let mut told = Vec::new();
    // That the rest was not read is told as an error.
    _ = reader.read_to_end(&mut told);
    assert_eq!(
        String::from_utf8_lossy(&told),
        "{\"error\":\"a request of more than 65536 bytes\"}\n"
    );
    machine.end();
    writer.join().expect("no panic");
}

#[test]
fn the_ninth_client_is_turned_away_until_one_goes() {
    let machine = Machine::start(own(), echo);
    let mut first: Vec<_> = (0..CLIENTS_MAX).map(|_| machine.client()).collect();
    for client in &mut first {
        client.ask(&Request::Status {}, |_| ()).expect("an answer");
    }
    let told = machine.client().ask(&Request::Status {}, |_| ());
    let told = told.expect_err("too many").to_string();
    assert_eq!(told, "8 clients are connected already");
    drop(first);
    // That they went may be seen a little later.
    while machine.client().ask(&Request::Status {}, |_| ()).is_err() {}
    machine.end();
}

#[test]
fn a_stale_socket_is_no_machine_and_in_nobodys_way() {
    let keep = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(keep.path()).expect("UTF-8");
    let stopped = |folder: &Utf8Path| {
        let error = Client::connect(folder).expect_err("nobody listens");
        assert!(matches!(error, Unreachable::Stopped), "{error:?}");
    };
    stopped(&folder.join("absent"));
    stopped(folder);
    drop(UnixListener::bind(folder.join(SOCKET)).expect("the test may listen"));
    stopped(folder);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        drop(Server::listen(folder, own()).expect("the old one is removed"));
    });
}

/// What a client says of a machine that answers this, and then hangs up.
fn told(says: &'static [u8]) -> String {
    let keep = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(keep.path()).expect("UTF-8");
    let listener = UnixListener::bind(folder.join(SOCKET)).expect("the test may listen");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut line = String::new();
        _ = BufReader::new(&stream).read_line(&mut line);
        _ = stream.write_all(says);
    });
    let told = Client::connect(folder)
        .expect("it listens")
        .ask(&Request::Status {}, |_| ());
    server.join().expect("no panic");
    told.expect_err("a bad server").to_string()
}

#[test]
fn bad_servers_are_told() {
    assert_eq!(told(b""), "the machine ended before it answered");
    assert_eq!(
        told(b"{\"progress\":1}\n"),
        "the machine ended before it answered"
    );
    assert_eq!(told(b"hello\n"), "the machine gave no reply");
    assert_eq!(told(b"{}\n"), "the machine gave no reply");
}
