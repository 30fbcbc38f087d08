//! A monitor that answers as QEMU does, and what comes of it.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::super::Reply;
use super::*;
use crate::qemu::Transcript;

/// Every command that was run, and its arguments.
type Heard = Rc<RefCell<Vec<(String, Value)>>>;
/// What a command returns, or the words of its error.
type Says = fn(&Utf8Path, &str, &Value) -> Result<Value, &'static str>;

/// A machine that is asked.
struct Asking {
    duties: Duties,
    qmp: Qmp,
    heard: Heard,
    folder: Utf8PathBuf,
}

impl Asking {
    async fn ask(&mut self, request: Request) -> mpsc::Receiver<Reply> {
        let (answer, replies) = Answer::new();
        let back = self
            .duties
            .ask(Asked { request, answer }, &mut self.qmp)
            .await;
        assert!(back.is_none(), "it is ours to do");
        replies
    }

    /// The answer, which must be there.
    async fn answer(&mut self, request: Request) -> Result<Value, Refusal> {
        let mut replies = self.ask(request).await;
        last(&mut replies).await
    }

    fn commands(&self) -> Vec<String> {
        let heard = self.heard.borrow();
        heard.iter().map(|(command, _)| command.clone()).collect()
    }

    async fn job_ends(&mut self) {
        let event = Event::Job {
            id: "backup".into(),
            status: "concluded".into(),
        };
        self.duties.hear(&event, &mut self.qmp).await;
    }
}

async fn last(replies: &mut mpsc::Receiver<Reply>) -> Result<Value, Refusal> {
    loop {
        match replies.recv().await.expect("an answer") {
            Reply::Ok { ok } => return Ok(ok),
            Reply::Error(refusal) => return Err(refusal),
            Reply::Progress { .. } => {}
        }
    }
}

fn with_qemu<F: Future<Output = ()>>(says: Says, test: impl FnOnce(Asking) -> F) {
    let keep = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(keep.path()).expect("UTF-8").to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (ours, theirs) = UnixStream::pair().expect("two sockets");
        let heard = Heard::default();
        spawn_local(monitor(theirs, folder.clone(), Rc::clone(&heard), says));
        let agent = Agent::new(&folder, "agent.sock");
        let qmp = Qmp::start(ours, Transcript::none()).await.expect("greets");
        let duties = Duties::new(&folder, Utf8Path::new("/bin/true"), agent);
        let asking = Asking {
            duties,
            qmp,
            heard,
            folder,
        };
        test(asking).await;
    });
}

async fn monitor(stream: UnixStream, folder: Utf8PathBuf, heard: Heard, says: Says) {
    let (reader, mut writer) = stream.into_split();
    _ = writer.write_all(b"{\"QMP\":{}}\n").await;
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let request: Value = serde_json::from_str(&line).expect("JSON");
        let command = request["execute"].as_str().expect("a command");
        let said = match command {
            "qmp_capabilities" => Ok(json!({})),
            command => {
                let arguments = request["arguments"].clone();
                let said = says(&folder, command, &arguments);
                heard.borrow_mut().push((command.to_owned(), arguments));
                said
            }
        };
        let mut answer = match said {
            Ok(value) => json!({ "return": value }),
            Err(desc) => json!({ "error": { "class": "GenericError", "desc": desc } }),
        };
        answer["id"] = request["id"].clone();
        if writer
            .write_all(format!("{answer}\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}

/// As QEMU is while a backup goes well.
fn good(folder: &Utf8Path, command: &str, arguments: &Value) -> Result<Value, &'static str> {
    Ok(match command {
        "query-named-block-nodes" => json!([
            { "node-name": "system", "image": {} },
            { "node-name": "data", "image": {
                "filename": "data.qcow2", "virtual-size": 1 << 30, "actual-size": 4096,
                "snapshots": [{ "name": "clean", "date-sec": 0 }]
            } }
        ]),
        "query-jobs" => json!([
            { "id": "other" },
            { "id": "backup", "current-progress": 1, "total-progress": 4 }
        ]),
        "screendump" => {
            let file = arguments["filename"].as_str().expect("a name");
            std::fs::write(folder.join(file), b"\x89PNG").expect("is writable");
            json!({})
        }
        "send-key"
        | "blockdev-snapshot-internal-sync"
        | "blockdev-snapshot-delete-internal-sync"
        | "blockdev-add"
        | "blockdev-del"
        | "blockdev-backup"
        | "job-cancel"
        | "job-dismiss" => json!({}),
        _ => return Err("there is no such command"),
    })
}

#[test]
fn a_picture_is_taken_and_not_left() {
    with_qemu(good, |mut machine| async move {
        let told = machine.answer(Request::Screenshot {}).await;
        assert_eq!(told.expect("a picture"), json!({ "png": "iVBORw==" }));
        assert!(!machine.folder.join(PICTURE).exists());
    });
    let none: Says = |_, _, _| Err("no PNG support");
    with_qemu(none, |mut machine| async move {
        let told = machine.answer(Request::Screenshot {}).await;
        let message = told.expect_err("no picture").message;
        assert_eq!(message, "QMP command `screendump`: no PNG support");
    });
}

#[test]
fn keys_are_pressed_together() {
    with_qemu(good, |mut machine| async move {
        let keys = ["ctrl", "alt", "del"].map(ToOwned::to_owned).to_vec();
        machine
            .answer(Request::SendKey { keys })
            .await
            .expect("pressed");
        let (_, arguments) = machine.heard.borrow()[0].clone();
        let codes: Vec<_> = arguments["keys"].as_array().expect("keys").iter().collect();
        let code = |name: &str| json!({ "type": "qcode", "data": name });
        assert_eq!(codes, [&code("ctrl"), &code("alt"), &code("delete")]);
    });
}

#[test]
fn snapshots_are_taken_shown_and_forgotten() {
    with_qemu(good, |mut machine| async move {
        let [name, other] = ["clean", "other"].map(ToOwned::to_owned);
        let taken = Request::Snapshot { name: name.clone() };
        let refusal = machine.answer(taken).await.expect_err("is taken");
        assert!(refusal.message.starts_with("there is a snapshot `clean`"));
        let gone = Request::DeleteSnapshot {
            name: other.clone(),
        };
        let refusal = machine.answer(gone).await.expect_err("is not there");
        assert_eq!(refusal.hint.as_deref(), Some("the disk has clean"));
        machine
            .answer(Request::Snapshot { name: other })
            .await
            .expect("taken");
        machine
            .answer(Request::DeleteSnapshot { name })
            .await
            .expect("gone");
        let disk = machine.answer(Request::Snapshots {}).await.expect("a disk");
        assert_eq!(disk["snapshots"][0]["name"], "clean");
        let heard = machine.heard.borrow();
        let done = heard
            .iter()
            .filter(|(command, _)| command.contains("snapshot"));
        let done: Vec<_> = done.map(|(_, arguments)| arguments.clone()).collect();
        let of = |name: &str| json!({ "device": "data", "name": name });
        assert_eq!(done, [of("other"), of("clean")]);
    });
    with_qemu(
        |_, _, _| Ok(json!([])),
        |mut machine| async move {
            let told = machine.answer(Request::Snapshots {}).await;
            assert_eq!(
                told.expect_err("none").message,
                "the machine has no data disk"
            );
        },
    );
}

#[test]
fn a_backup_tells_how_far_it_is_and_appears_in_the_end() {
    with_qemu(good, |mut machine| async move {
        let path = machine.folder.join("b.qcow2");
        let backup = || Request::Backup { path: path.clone() };
        let mut replies = machine.ask(backup()).await;
        assert!(machine.duties.are_under_way() && !path.exists());
        machine.duties.tick(&mut machine.qmp).await;
        let progress = replies.recv().await.expect("progress");
        let told = json!({ "percent": 25 });
        assert_eq!(progress, Reply::Progress { progress: told });
        let second = machine.answer(backup()).await.expect_err("one is enough");
        assert_eq!(second.kind, Some(Kind::Busy));
        machine.job_ends().await;
        // The copy is not in its place yet.
        let second = machine.answer(backup()).await.expect_err("one is enough");
        assert_eq!(second.kind, Some(Kind::Busy));
        let told = last(&mut replies).await.expect("it went well");
        assert_eq!(told["path"], path.as_str());
        assert!(path.exists() && !machine.duties.are_under_way());
        let commands = machine.commands();
        let end = &commands[commands.len() - 3..];
        assert_eq!(end, ["query-jobs", "job-dismiss", "blockdev-del"]);
    });
}

#[test]
fn who_takes_no_progress_has_the_answer_too() {
    with_qemu(good, |mut machine| async move {
        let path = machine.folder.join("b.qcow2");
        let mut replies = machine.ask(Request::Backup { path: path.clone() }).await;
        while replies.len() < replies.max_capacity() {
            machine.duties.tick(&mut machine.qmp).await;
        }
        machine.job_ends().await;
        let told = last(&mut replies).await.expect("it went well");
        assert_eq!(told["path"], path.as_str());
    });
}

#[test]
fn a_backup_that_fails_leaves_nothing() {
    let full: Says = |folder, command, arguments| match command {
        "query-jobs" => Ok(json!([{ "id": "backup", "error": "No space left on device" }])),
        // As a file system without it answers.
        "blockdev-add" if arguments["cache"]["direct"] == true => Err("no O_DIRECT"),
        _ => good(folder, command, arguments),
    };
    with_qemu(full, |mut machine| async move {
        let path = machine.folder.join("b.qcow2");
        let mut replies = machine.ask(Request::Backup { path: path.clone() }).await;
        machine.job_ends().await;
        let told = last(&mut replies).await.expect_err("it is full");
        let message = format!("cannot write `{path}`: No space left on device");
        assert_eq!(told.message, message);
        let mut left = machine.folder.read_dir_utf8().expect("is there");
        assert!(left.next().is_none(), "something is left");
    });
}

#[test]
fn a_backup_that_does_not_begin_is_told_at_once() {
    let busy: Says = |folder, command, arguments| match command {
        "blockdev-backup" => Err("Node 'data' is busy"),
        _ => good(folder, command, arguments),
    };
    with_qemu(busy, |mut machine| async move {
        let path = machine.folder.join("b.qcow2");
        let told = machine.answer(Request::Backup { path }).await;
        assert!(told.expect_err("busy").message.contains("is busy"));
        assert_eq!(machine.commands().last().expect("some"), "blockdev-del");
        assert!(!machine.duties.are_under_way());
    });
}

#[test]
fn a_backup_that_nobody_waits_for_is_cancelled() {
    with_qemu(good, |mut machine| async move {
        let path = machine.folder.join("b.qcow2");
        drop(machine.ask(Request::Backup { path: path.clone() }).await);
        for _ in 0..2 {
            machine.duties.tick(&mut machine.qmp).await;
        }
        let cancels = machine.commands();
        let cancels = cancels.iter().filter(|command| *command == "job-cancel");
        assert_eq!(cancels.count(), 1);
        machine.job_ends().await;
        assert!(!path.exists() && !machine.duties.are_under_way());
    });
}

#[test]
fn what_needs_an_agent_says_that_there_is_none() {
    with_qemu(good, |mut machine| async move {
        let exec = Request::Exec {
            argv: vec!["cmd.exe".into()],
            timeout_sec: 1,
        };
        for request in [exec, Request::Reboot {}] {
            let told = machine.answer(request).await.expect_err("no agent");
            assert_eq!(told.kind, Some(Kind::NoAgent));
            assert!(told.message.starts_with("the guest agent cannot be used: "));
            assert!(told.hint.is_some());
        }
    });
}

#[test]
fn what_is_the_supervisors_comes_back() {
    with_qemu(good, |mut machine| async move {
        let stop = |timeout_sec| Request::Stop { timeout_sec };
        let minute = Some(Duration::from_secs(60));
        for (request, expected) in [
            (Request::Status {}, OfCourse::Status),
            (stop(None), OfCourse::Stop(None)),
            (stop(Some(60)), OfCourse::Stop(minute)),
            (Request::Kill {}, OfCourse::Kill),
            (Request::Reset {}, OfCourse::Reset),
        ] {
            let (answer, _replies) = Answer::new();
            let asked = Asked { request, answer };
            let back = machine.duties.ask(asked, &mut machine.qmp).await;
            assert_eq!(back.expect("not ours").0, expected);
        }
        assert!(machine.commands().is_empty());
    });
}

#[test]
fn a_console_is_taken_while_somebody_is_connected() {
    let port = |name: &str| json!([{ "label": "qmp" }, { "label": "com2", "filename": name }]);
    assert!(is_connected(&port("unix:com2.sock,server=on"), "com2"));
    assert!(!is_connected(
        &port("disconnected:unix:com2.sock,server=on"),
        "com2"
    ));
    assert!(!is_connected(&json!([]), "com2") && !is_connected(&Value::Null, "com2"));
}
