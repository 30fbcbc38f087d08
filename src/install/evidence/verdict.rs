//! The verdict, for programs.

use serde_json::{Value, json};

use super::{Evidence, Picture};
use crate::failure::Failure;

/// The document `verdict.json`. No failure is a success.
#[must_use]
pub fn verdict(failure: Option<&Failure>, evidence: &Evidence) -> Value {
    let seen = &evidence.seen;
    let screen = match &seen.picture {
        None => Value::Null,
        Some(Err(why)) => json!({ "error": why }),
        Some(Ok(Picture { file, screen })) => json!({
            "file": file,
            "width": screen.width,
            "height": screen.height,
            "colour": screen.colour,
        }),
    };
    let mut document = json!({
        "schema": "lucarne.verdict/1",
        "verdict": failure.map_or("done", kind),
        "exitCode": failure.map_or(0, Failure::code),
        "phases": seen.phases,
        "steps": seen.steps,
        "screen": screen,
        "setup": { "logs": evidence.setup.logs, "unread": evidence.setup.unread },
    });
    if let Some(story) = failure.and_then(Failure::story) {
        document["phase"] = story.phase.clone().into();
        document["step"] = story.step.clone().into();
        document["cause"] = story.cause.clone().into();
        document["hint"] = story.hint.clone().into();
    } else if let Some(other) = failure {
        let last = seen.phases.last().map(|phase| phase.name.clone());
        document["phase"] = last.into();
        document["cause"] = other.to_string().into();
        document["hint"] = other.host_hint().into();
    }
    document
}

fn kind(failure: &Failure) -> &'static str {
    match failure {
        Failure::Usage(_) | Failure::Spec(_) | Failure::LayerSpec(_) | Failure::MachineSpec(_) => {
            "spec"
        }
        Failure::Host(_) | Failure::Machine(_) => "host",
        Failure::Guest(_) => "guest",
        Failure::TimedOut(_) => "timedOut",
        Failure::Signal(_) => "signal",
        Failure::Command(_) => "command",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Story;
    use crate::install::evidence::{Screen, Seen};

    #[test]
    fn a_failure_and_a_success_are_documents() {
        let story = Story {
            phase: "steps".into(),
            step: Some("join".into()),
            cause: "the step failed".into(),
            hint: "try again".into(),
        };
        let evidence = Evidence {
            seen: Seen {
                ran: true,
                picture: Some(Ok(Picture {
                    file: "screen.png".into(),
                    screen: Screen {
                        width: 720,
                        height: 400,
                        colour: Some([0; 3]),
                    },
                })),
                ..Seen::default()
            },
            ..Evidence::default()
        };
        let failed = verdict(Some(&Failure::Guest(story)), &evidence);
        assert_eq!(failed["verdict"], "guest");
        assert_eq!(failed["exitCode"], 3);
        assert_eq!(
            (&failed["phase"], &failed["step"]),
            (&"steps".into(), &"join".into())
        );
        assert_eq!(failed["screen"]["colour"], json!([0, 0, 0]));
        let done = verdict(None, &Evidence::default());
        assert_eq!(
            (&done["verdict"], &done["exitCode"]),
            (&"done".into(), &0.into())
        );
        assert_eq!(done["screen"], Value::Null);
    }
}
