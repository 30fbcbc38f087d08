//! Agents that do as they should, and others.

use std::future::Future;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixListener;

use super::link::ANSWER_BYTES_MAX;
use super::*;

const SOCKET: &str = "agent.sock";
/// However busy the host is: megabytes are read and judged, and no agent here is waited out.
const PATIENCE: Duration = Duration::from_secs(600);

/// What an agent does with each connection: reads requests, and says what it likes.
fn with_agent<F, P, T>(
    serve: impl Fn(BufReader<UnixStream>) -> P + 'static,
    client: impl FnOnce(Agent) -> F,
) -> T
where
    F: Future<Output = T>,
    P: Future<Output = ()> + 'static,
{
    let folder = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = UnixListener::bind(folder.join(SOCKET)).expect("the test may listen");
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(BufReader::new(stream)).await;
            }
        });
        client(Agent::within(&folder, SOCKET, PATIENCE)).await
    })
}

/// One request, as a well-behaved agent reads it.
async fn request(stream: &mut BufReader<UnixStream>) -> Option<Value> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok()?;
    let start = line
        .iter()
        .rposition(|byte| *byte == 0xff)
        .map_or(0, |at| at + 1);
    serde_json::from_slice(&line[start..]).ok()
}

async fn say(stream: &mut BufReader<UnixStream>, bytes: &[u8]) {
    _ = stream.write_all(bytes).await;
}

/// Answers as QEMU's agent does: a program runs until it was asked for twice.
async fn good(mut stream: BufReader<UnixStream>) {
    let mut asked = 0;
    while let Some(request) = request(&mut stream).await {
        let answer = match request["execute"].as_str().unwrap_or_default() {
            "guest-sync-delimited" => {
                say(&mut stream, &[0xff]).await;
                json!({ "return": request["arguments"]["id"] })
            }
            "guest-ping" => json!({ "return": {} }),
            "guest-exec" if request["arguments"]["path"] == "absent.exe" => {
                json!({ "error": { "class": "GenericError", "desc": "no \u{1b}[2Jsuch file\n" } })
            }
            "guest-exec" => json!({ "return": { "pid": 7 } }),
            "guest-exec-status" if asked < 2 => {
                asked += 1;
                json!({ "return": { "exited": false } })
            }
            "guest-exec-status" => json!({ "return": {
                "exited": true, "exitcode": 3, "out-data": "aGk=", "out-truncated": true
            } }),
            // A shutdown is not answered.
            _ => return,
        };
        say(&mut stream, format!("{answer}\n").as_bytes()).await;
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn a_program_is_run_and_waited_for() {
    let ran = with_agent(good, |agent| async move {
        agent.ping().await.expect("it is there");
        let argv = words(&["cmd.exe", "/c", "echo hi"]);
        agent.exec(&argv, PATIENCE).await.expect("it runs")
    });
    let expected = Ran {
        exit: 3,
        stdout: "aGk=".into(),
        stderr: String::new(),
        truncated: true,
    };
    assert_eq!(ran, expected);
}

#[test]
fn what_it_refuses_is_told_without_its_control_characters_and_it_goes_on() {
    let told = with_agent(good, |agent| async move {
        let error = agent.exec(&words(&["absent.exe"]), PATIENCE).await;
        agent.ping().await.expect("it is still there");
        error.expect_err("there is none").to_string()
    });
    assert_eq!(told, "the guest agent refuses: no such file\\u{a}");
}

#[test]
fn a_program_that_does_not_end_is_late() {
    let never = |mut stream: BufReader<UnixStream>| async move {
        while let Some(request) = request(&mut stream).await {
            let returned = match request["execute"].as_str() {
                Some("guest-sync-delimited") => {
                    say(&mut stream, &[0xff]).await;
                    request["arguments"]["id"].clone()
                }
                Some("guest-exec") => json!({ "pid": 1 }),
                _ => json!({ "exited": false }),
            };
            let answer = json!({ "return": returned });
            say(&mut stream, format!("{answer}\n").as_bytes()).await;
        }
    };
    let late = with_agent(never, |agent| async move {
        let argv = words(&["pause.exe"]);
        agent.exec(&argv, Duration::from_millis(1)).await
    });
    assert!(matches!(late, Err(NoAgent::Late(_))), "{late:?}");
}

#[test]
fn answers_to_what_was_asked_before_are_passed_over() {
    let stale = |mut stream: BufReader<UnixStream>| async move {
        say(
            &mut stream,
            b"{\"return\":{\"pid\":1}}\n\xff{\"return\":5}\n\xff{]\n",
        )
        .await;
        good(stream).await;
    };
    with_agent(stale, |agent| async move { agent.ping().await }).expect("it answers in the end");
}

#[test]
fn a_shutdown_is_not_answered_unless_it_fails() {
    with_agent(good, |agent| async move {
        agent.shutdown(Shutdown::Reboot).await
    })
    .expect("it is under way");
    let refuses = |mut stream: BufReader<UnixStream>| async move {
        let sync = request(&mut stream).await.expect("a request");
        let id = &sync["arguments"]["id"];
        say(&mut stream, b"\0").await;
        say(&mut stream, &[0xff]).await;
        say(&mut stream, format!("{{\"return\":{id}}}\n").as_bytes()).await;
        request(&mut stream).await.expect("a request");
        say(&mut stream, b"{\"error\":{\"desc\":\"not now\"}}\n").await;
    };
    let told = with_agent(refuses, |agent| async move {
        agent.shutdown(Shutdown::PowerOff).await
    });
    let told = told.expect_err("it refuses").to_string();
    assert_eq!(told, "the guest agent refuses: not now");
}

/// What a ping comes to against an agent that says this, and then hangs up.
fn ping(says: Vec<u8>) -> String {
    let says = Rc::new(says);
    let peer = move |mut stream: BufReader<UnixStream>| {
        let says = Rc::clone(&says);
        async move {
            request(&mut stream).await.expect("a request");
            say(&mut stream, &says).await;
            _ = stream.shutdown().await;
            _ = stream.read_to_end(&mut Vec::new()).await;
        }
    };
    let told = with_agent(peer, |agent| async move { agent.ping().await });
    told.expect_err("a bad agent").to_string()
}

#[test]
fn hostile_agents_are_bounded() {
    let closed = "the guest agent cannot be used: its port is closed";
    assert_eq!(ping(Vec::new()), closed);
    assert_eq!(ping(b"\xff{\"return\":1e99}\n".to_vec()), closed);
    let endless = [&[0xff][..], &vec![b'x'; ANSWER_BYTES_MAX + 4096]].concat();
    assert!(ping(endless).contains("its answer has more than 2097152 bytes"));
    let flood = vec![b'x'; 3 * ANSWER_BYTES_MAX];
    assert!(ping(flood).contains("says too much"));
    let lines = b"\xff{}\n".repeat(ANSWER_BYTES_MAX);
    assert!(ping(lines).contains("says too much"));
    let deep = [&[0xff][..], &vec![b'['; 1 << 20], b"\n"].concat();
    assert_eq!(ping(deep), closed);
}

#[test]
fn a_silent_agent_is_given_up_and_its_request_is_taken_back() {
    let folder = tempfile::tempdir().expect("the test may write");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        // Listens as QEMU does, and reads nothing, for the guest has not opened its port.
        let listener = UnixListener::bind(folder.join(SOCKET)).expect("the test may listen");
        let agent = Agent::within(folder, SOCKET, Duration::from_millis(300));
        let told = agent.ping().await.expect_err("nobody answers").to_string();
        assert_eq!(
            told,
            "the guest agent cannot be used: nothing came within 300ms"
        );
        let (mut stream, _) = listener.accept().await.expect("it had connected");
        let mut left = Vec::new();
        stream.read_to_end(&mut left).await.expect("it has hung up");
        assert!(left.starts_with(&[0xff]));
        assert!(agent.port.link.lock().await.is_none());
    });
}

#[test]
fn only_a_whole_account_of_an_end_is_taken() {
    let read = |told: Value| read_ran(&told).map_err(|error| error.to_string());
    assert_eq!(read(json!({ "exited": false })), Ok(None));
    let crashed = json!({ "exited": true, "signal": 3_221_225_477_u32 });
    let ran = read(crashed).expect("an end").expect("an end");
    assert_eq!(ran.exit, 3_221_225_477);
    for (told, why) in [
        (json!(null), "it does not tell whether the program runs"),
        (
            json!({ "exited": true }),
            "it does not tell how the program ended",
        ),
        (
            json!({ "exited": true, "exitcode": 0, "out-data": "a b" }),
            "the program's output is not in base64",
        ),
        (
            json!({ "exited": true, "exitcode": 0, "err-data": 1 }),
            "the program's output is no text",
        ),
    ] {
        assert_eq!(read(told), Err(why.to_owned()));
    }
}
