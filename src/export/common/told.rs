//! What Windows is told at a start in another engine: a `machine.json` to begin with, as the one
//! file of the config CD.
//!
//! It opens one door, SSH: its key is a placeholder that no key fits, but SSH's server asks for
//! passwords too, as it comes, and whoever knows one of the image's is let in.

use lucarne_protocol::settings::{AuthorizedKeys, DATA_SERIAL, DataDisk, Purpose, Settings};
use lucarne_protocol::step::Step;

use crate::export::Text;
use crate::instance::settings::let_ssh_in;

/// The account of the example, to be replaced by one of the image's.
pub(crate) const ACCOUNT: &str = "user";
/// No public key: the server passes over the line.
const KEY: &str = "PUT-A-PUBLIC-KEY-HERE";
/// Its name beside the other texts: `machine.json` are the facts there.
const NAME: &str = "config.json";
/// What the data disk is called.
const LABEL: &str = "data";

/// How to make the CD, to be run where the texts are.
pub(crate) const MAKE_CD: &str =
    "xorriso -as mkisofs -J -graft-points -o config.iso machine.json=config.json";

/// What a run of ours does and no other engine.
pub(crate) const STAYS: &str =
    "Nobody takes the CD out again: every account of Windows can read it, and passwords on it.";

/// The document. `data_disk`: whether the machine has one. `steps` come before SSH.
pub(crate) fn document(instance: &str, data_disk: bool, steps: Vec<Step>) -> String {
    let mut settings = Settings::new(instance, Purpose::Start);
    settings.data_disk = data_disk.then(|| DataDisk {
        serial: DATA_SERIAL.to_owned(),
        letter: 'D',
        label: LABEL.to_owned(),
    });
    settings.authorized_keys.push(AuthorizedKeys {
        account: ACCOUNT.to_owned(),
        keys: vec![KEY.to_owned()],
    });
    settings.steps = steps;
    let_ssh_in(&mut settings);
    let bytes = settings.write();
    let bytes = bytes.unwrap_or_else(|what| unreachable!("names are bounded: {what}"));
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    text.push('\n');
    text
}

/// The same as a file, which [`MAKE_CD`] makes a CD of.
pub(crate) fn file(instance: &str, data_disk: bool, steps: Vec<Step>) -> Text {
    (NAME.to_owned(), document(instance, data_disk, steps))
}
