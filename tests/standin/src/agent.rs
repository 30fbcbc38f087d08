//! The guest agent's side of its protocol, as QEMU's documents tell it: JSON objects on a port,
//! of which a byte 0xFF, that no text holds, throws away what came before.
//!
//! Pure: bytes go in, and out come the replies and what the machine is asked to do.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// What a request may be long, in bytes.
const REQUEST_BYTES_MAX: usize = 64 << 10;
/// The mark of `guest-sync-delimited`.
const MARK: u8 = 0xff;

/// What the agent knows, with whether a success is answered.
const COMMANDS: &[(&str, bool)] = &[
    ("guest-exec", true),
    ("guest-exec-status", true),
    ("guest-info", true),
    ("guest-ping", true),
    ("guest-shutdown", false),
    ("guest-sync", true),
    ("guest-sync-delimited", true),
];

/// What the machine is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To run a program with its arguments; the process has this number.
    Exec { pid: u64, line: Vec<String> },
    /// To power off, or to restart.
    Shutdown { restarts: bool },
}

/// A process that has ended.
#[derive(Clone, Debug)]
struct Ended {
    pid: u64,
    code: i32,
    output: String,
}

/// The agent between two reads.
#[derive(Debug, Default)]
pub struct Agent {
    /// What was read and is not a whole request yet.
    rest: Vec<u8>,
    /// Processes that were started, by their count.
    started: u64,
    ended: Vec<Ended>,
}

impl Agent {
    /// Takes bytes: what is to be written, and what is to be done.
    pub fn push(&mut self, bytes: &[u8]) -> (Vec<u8>, Vec<Asked>) {
        self.rest.extend_from_slice(bytes);
        if let Some(at) = self.rest.iter().rposition(|byte| *byte == MARK) {
            self.rest.drain(..=at);
        }
        let (mut out, mut asked) = (Vec::new(), Vec::new());
        let bytes = std::mem::take(&mut self.rest);
        let mut stream = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        loop {
            match stream.next() {
                Some(Ok(request)) => self.answer(&request, &mut out, &mut asked),
                Some(Err(error)) if error.is_eof() && bytes.len() < REQUEST_BYTES_MAX => {
                    self.rest = bytes[stream.byte_offset()..].to_vec();
                    break;
                }
                Some(Err(_)) => {
                    reply(&mut out, &failure("Invalid JSON syntax"));
                    break;
                }
                None => break,
            }
        }
        (out, asked)
    }

    /// Takes the end of a process that was asked for.
    pub fn ended(&mut self, pid: u64, code: i32, output: String) {
        self.ended.push(Ended { pid, code, output });
    }

    fn answer(&mut self, request: &Value, out: &mut Vec<u8>, asked: &mut Vec<Asked>) {
        let arguments = &request["arguments"];
        let answer = match request["execute"].as_str().unwrap_or_default() {
            "guest-ping" => Ok(json!({})),
            "guest-sync" => Ok(arguments["id"].clone()),
            "guest-sync-delimited" => {
                out.push(MARK);
                Ok(arguments["id"].clone())
            }
            "guest-info" => Ok(info()),
            "guest-shutdown" => match arguments["mode"].as_str().unwrap_or("powerdown") {
                mode @ ("powerdown" | "halt" | "reboot") => {
                    let restarts = mode == "reboot";
                    asked.push(Asked::Shutdown { restarts });
                    // What is done is not answered: nobody would be there to hear it.
                    return;
                }
                _ => Err("Invalid parameter 'mode'".to_owned()),
            },
            "guest-exec" => self.start(arguments, asked),
            "guest-exec-status" => self.status(&arguments["pid"]),
            other => Err(format!("The command {other} has not been found")),
        };
        let answer = answer.map(|value| json!({ "return": value }));
        reply(out, &answer.unwrap_or_else(|why| failure(&why)));
    }

    fn start(&mut self, arguments: &Value, asked: &mut Vec<Asked>) -> Result<Value, String> {
        let path = arguments["path"].as_str();
        let path = path.ok_or("Parameter 'path' is missing")?;
        let mut line = vec![path.to_owned()];
        for word in arguments["arg"].as_array().into_iter().flatten() {
            let word = word.as_str();
            line.push(word.ok_or("Invalid parameter type for 'arg'")?.to_owned());
        }
        self.started += 1;
        // As Windows numbers processes: by fours.
        let pid = self.started * 4;
        asked.push(Asked::Exec { pid, line });
        Ok(json!({ "pid": pid }))
    }

    /// The end of a process is told once.
    fn status(&mut self, pid: &Value) -> Result<Value, String> {
        let known = pid
            .as_u64()
            .filter(|pid| (1..=self.started).any(|n| n * 4 == *pid));
        let pid = known.ok_or(format!("PID {pid} does not exist"))?;
        let Some(at) = self.ended.iter().position(|one| one.pid == pid) else {
            return Ok(json!({ "exited": false }));
        };
        let one = self.ended.remove(at);
        Ok(json!({
            "exited": true,
            "exitcode": one.code,
            "out-data": STANDARD.encode(one.output),
        }))
    }
}

fn info() -> Value {
    let commands: Vec<_> = COMMANDS
        .iter()
        .map(
            |(name, answers)| json!({ "name": name, "enabled": true, "success-response": answers }),
        )
        .collect();
    json!({ "version": "10.0.0", "supported_commands": commands })
}

fn failure(why: &str) -> Value {
    json!({ "error": { "class": "GenericError", "desc": why } })
}

fn reply(out: &mut Vec<u8>, value: &Value) {
    out.extend_from_slice(value.to_string().as_bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(out: &[u8]) -> String {
        String::from_utf8_lossy(out).into_owned()
    }

    #[test]
    fn a_mark_throws_away_what_came_before() {
        let mut agent = Agent::default();
        let (out, _) = agent.push(b"{\"execute\": \"guest-shut\xff{\"execute\":");
        assert!(out.is_empty());
        let (out, asked) = agent.push(b"\"guest-sync-delimited\",\"arguments\":{\"id\":77}}\n");
        assert_eq!(out, b"\xff{\"return\":77}\n");
        assert!(asked.is_empty());
        let (out, _) = agent.push(b"{\"execute\":\"guest-ping\"}{\"execute\":\"guest-ping\"}");
        assert_eq!(said(&out), "{\"return\":{}}\n{\"return\":{}}\n");
    }

    #[test]
    fn a_shutdown_is_done_and_not_answered() {
        let mut agent = Agent::default();
        let mut ask = |mode: &str| {
            agent.push(
                format!(r#"{{"execute":"guest-shutdown","arguments":{{"mode":"{mode}"}}}}"#)
                    .as_bytes(),
            )
        };
        let shutdown = |restarts| vec![Asked::Shutdown { restarts }];
        assert_eq!(ask("powerdown"), (Vec::new(), shutdown(false)));
        assert_eq!(ask("reboot"), (Vec::new(), shutdown(true)));
        let (out, asked) = ask("sleep");
        assert!(said(&out).contains("GenericError") && asked.is_empty());
    }

    #[test]
    fn the_end_of_a_process_is_told_once() {
        let mut agent = Agent::default();
        let start = br#"{"execute":"guest-exec","arguments":{"path":"cmd","arg":["/c","ver"]}}"#;
        let (out, asked) = agent.push(start);
        assert_eq!(said(&out), "{\"return\":{\"pid\":4}}\n");
        let line = ["cmd", "/c", "ver"].map(str::to_owned).into();
        assert_eq!(asked, [Asked::Exec { pid: 4, line }]);
        let status = |agent: &mut Agent, pid: u64| {
            let ask = json!({ "execute": "guest-exec-status", "arguments": { "pid": pid } });
            said(&agent.push(ask.to_string().as_bytes()).0)
        };
        assert!(status(&mut agent, 4).contains("\"exited\":false"));
        agent.ended(4, 3, "no".into());
        let told = status(&mut agent, 4);
        assert!(
            told.contains("\"exitcode\":3") && told.contains("\"bm8=\""),
            "{told}"
        );
        assert!(status(&mut agent, 5).contains("does not exist"));
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        let mut agent = Agent::default();
        assert!(said(&agent.push(b"nonsense").0).contains("Invalid JSON"));
        let (out, _) = agent.push(br#"{"execute":"guest-fsfreeze-freeze"}"#);
        assert!(said(&out).contains("has not been found"));
        let long = [b"{\"a\":\"".to_vec(), vec![b'x'; REQUEST_BYTES_MAX]].concat();
        assert!(said(&agent.push(&long).0).contains("Invalid JSON"));
        assert!(said(&agent.push(b"{\"execute\":\"guest-info\"}").0).contains("10.0.0"));
    }
}
