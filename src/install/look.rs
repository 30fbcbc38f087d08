//! Pictures of the guest's screen. They never stand in the way of a verdict.

use std::fs::{self, File};
use std::io::BufReader;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::time::timeout;

use super::Work;
use super::evidence::{Picture, Screen};
use crate::guest::escape;
use crate::qemu::Qmp;

/// QEMU draws a screen in milliseconds, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(10);
/// Where QEMU puts them, in its own folder: a half picture is not evidence.
const PPM: &str = "look.ppm";
const PNG: &str = "look.png";

/// Takes a picture of the screen under a name without an ending.
pub(super) async fn picture(qmp: &mut Qmp, work: &Work, name: &str) -> Result<Picture, String> {
    picture_within(DEADLINE, qmp, work, name).await
}

async fn picture_within(
    deadline: Duration,
    qmp: &mut Qmp,
    work: &Work,
    name: &str,
) -> Result<Picture, String> {
    match timeout(deadline, take(qmp, work, name)).await {
        Ok(taken) => taken.map_err(|error| escape(&format!("{error:#}"))),
        Err(_) => Err(format!("QEMU gave none within {} s", deadline.as_secs())),
    }
}

/// A PPM is for reading, a PNG for people. A QEMU that was built without PNG leaves the other.
async fn take(qmp: &mut Qmp, work: &Work, name: &str) -> anyhow::Result<Picture> {
    let here = |name: &str| work.machine_folder().join(name);
    qmp.execute("screendump", json!({ "filename": PPM }))
        .await?;
    let ppm = File::open(here(PPM)).context("QEMU left no picture")?;
    let screen = Screen::read(&mut BufReader::new(ppm))?;
    let arguments = json!({ "filename": PNG, "format": "png" });
    let (taken, ending) = match qmp.execute("screendump", arguments).await {
        Ok(_) => (PNG, "png"),
        Err(_) => (PPM, "ppm"),
    };
    let file = format!("{name}.{ending}");
    fs::rename(here(taken), work.folder().join(&file)).context("cannot keep the picture")?;
    Ok(Picture { file, screen })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::thread;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;
    use crate::qemu::Transcript;

    /// Plays a QEMU that answers each command with what this gives for it; none: with silence.
    fn qemu(
        stream: UnixStream,
        answer: impl Fn(&str) -> Option<&'static str> + Send + 'static,
    ) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            let mut writer = stream.try_clone().expect("a socket");
            writeln!(writer, "{{\"QMP\":{{}}}}").expect("heard");
            for line in std::io::BufReader::new(stream).lines() {
                let line = line.expect("a line");
                let (_, id) = line.split_once("\"id\":").expect("an id");
                if let Some(answer) = answer(&line) {
                    writeln!(writer, "{{{answer},\"id\":{id}").expect("heard");
                }
            }
        })
    }

    /// The picture that such a QEMU gives, and the names in the work folder.
    fn taken(
        answer: fn(&Utf8Path, &str) -> Option<&'static str>,
    ) -> (Result<Picture, String>, bool) {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8PathBuf::from_path_buf(folder.path().join("work")).expect("UTF-8");
        let work = Work::new(&folder).expect("is free");
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        ours.set_nonblocking(true).expect("a socket");
        let machine = work.machine_folder().to_owned();
        let peer = qemu(theirs, move |line| answer(&machine, line));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let picture = runtime.block_on(async {
            let stream = tokio::net::UnixStream::from_std(ours).expect("a socket");
            let mut qmp = Qmp::start(stream, Transcript::none()).await.expect("QMP");
            picture_within(Duration::from_secs(1), &mut qmp, &work, "screen").await
        });
        peer.join().expect("it ends with the socket");
        let kept = picture
            .as_ref()
            .is_ok_and(|picture| folder.join(&picture.file).exists());
        (picture, kept)
    }

    const DONE: Option<&str> = Some("\"return\":{}");

    fn draw(machine: &Utf8Path, line: &str) -> Option<&'static str> {
        if line.contains(PPM) {
            fs::write(machine.join(PPM), b"P6\n1 1\n255\n\0\0\0").expect("is writable");
        } else if line.contains(PNG) {
            fs::write(machine.join(PNG), b"png").expect("is writable");
        }
        DONE
    }

    #[test]
    fn a_picture_is_kept_as_png_or_as_what_there_is() {
        let (picture, kept) = taken(draw);
        let picture = picture.expect("a picture");
        assert_eq!((picture.file.as_str(), kept), ("screen.png", true));
        assert_eq!(picture.screen.to_string(), "1x1 pixels, all black");
        let (picture, kept) = taken(|machine, line| match draw(machine, line) {
            Some(_) if line.contains(PNG) => Some("\"error\":{\"desc\":\"no PNG here\"}"),
            answer => answer,
        });
        assert_eq!(
            (picture.expect("a picture").file.as_str(), kept),
            ("screen.ppm", true)
        );
    }

    #[test]
    fn a_qemu_that_gives_none_is_not_waited_for() {
        let why = |answer| taken(answer).0.expect_err("no picture");
        let silent = |_: &Utf8Path, line: &str| if line.contains(PPM) { None } else { DONE };
        assert_eq!(why(silent), "QEMU gave none within 1 s");
        let none = |_: &Utf8Path, _: &str| DONE;
        assert!(why(none).starts_with("QEMU left no picture: "));
        let refuses = |_: &Utf8Path, line: &str| {
            let error = Some("\"error\":{\"desc\":\"there is no console\"}");
            if line.contains(PPM) { error } else { DONE }
        };
        assert_eq!(
            why(refuses),
            "QMP command `screendump`: there is no console"
        );
    }
}
