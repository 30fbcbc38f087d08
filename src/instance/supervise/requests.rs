//! What others ask over the control socket: what is the machine's own course is done here, the rest
//! by [`crate::instance::control::Duties`].

use serde_json::{Value, json};

use super::Run;
use crate::instance::control::{
    Access, Answer, Asked, OfCourse, Refusal, Server, is_console_taken,
};
use crate::instance::course::{End, Heard};
use crate::instance::folders::Folders;
use crate::instance::state::Phase;
use crate::instance::status::Status;

/// Who may wait for the machine's end; more are told at once that it has begun.
const WAITING_MAX: usize = 64;

/// The socket, and who waits for the machine's end.
#[derive(Debug)]
pub(in crate::instance) struct Requests {
    server: Server,
    waiting: Vec<Answer>,
}

impl Requests {
    /// Listens, for this user and a group. Needs a `LocalSet`.
    pub(in crate::instance) fn listen(
        folders: &Folders,
        group: Option<u32>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            server: Server::listen(&folders.runtime, Access::of_this_user(group))?,
            waiting: Vec::new(),
        })
    }

    /// The next request. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Asked {
        self.server.next().await
    }

    /// The machine has ended, which is what was asked for.
    pub(super) fn stopped(&mut self) {
        for answer in self.waiting.drain(..) {
            answer.give(Ok(json!({})));
        }
    }

    /// Hangs up, when everybody has been told.
    pub(in crate::instance) async fn finish(self) {
        self.server.finish().await;
    }
}

impl Run<'_, '_> {
    /// Does what was asked.
    pub(super) async fn request(&mut self, asked: Asked) -> anyhow::Result<Option<End>> {
        if self.course.phase() == Phase::Identity && asked.request.is_of_data_disk() {
            let name = &self.told.state().name;
            let hint = format!("wait until `lucarne ctl {name} status` no longer says `identity`");
            let why = format!("`{name}` gets its identity, which its data disk is no part of");
            asked.answer.give(Err(Refusal::new(why).hint(hint)));
            return Ok(None);
        }
        let Some((asked, answer)) = self.duties.ask(asked, &mut self.machine.qmp).await else {
            return Ok(None);
        };
        let heard = match asked {
            OfCourse::Status => {
                answer.give(self.status().await);
                return Ok(None);
            }
            OfCourse::Stop(within) => Heard::Stop(within),
            OfCourse::Kill => Heard::Kill,
            OfCourse::Reset => {
                // Its client is told that it has begun: Windows may take its time.
                answer.give(Ok(json!({})));
                return self.hear(Heard::Reset).await;
            }
        };
        if self.requests.waiting.len() < WAITING_MAX {
            self.requests.waiting.push(answer);
        } else {
            answer.give(Ok(json!({})));
        }
        self.hear(heard).await
    }

    /// What it tells of itself, and what QEMU says.
    async fn status(&mut self) -> Result<Value, Refusal> {
        let qemu = self.machine.qmp.poll("query-status").await?;
        let status = Status {
            state: Some(self.told.state_folder().to_string()),
            qemu: qemu["status"].as_str().map(ToOwned::to_owned),
            console_taken: Some(is_console_taken(&mut self.machine.qmp).await?),
            ..Status::from(&*self.told.state())
        };
        Ok(serde_json::to_value(status).map_err(anyhow::Error::from)?)
    }
}
