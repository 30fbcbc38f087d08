//! What a stand-in ISO was ordered to do: `standin/config.json` on the medium.

use serde::{Deserialize, Serialize};

use crate::release::Variant;

/// The order, read by the program that the medium starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    pub release: String,
    pub variant: Variant,
    pub fault: Fault,
    /// Say on COM2 why Setup stopped. A real one shows a dialog and says nothing anywhere else.
    pub explain: bool,
    /// The languages in `sources/lang.ini`.
    pub languages: Vec<String>,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What goes wrong, on order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Fault {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Fault {
            /// Every fault with its name on the command line.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant),)*];
        }
    };
}

faults! {
    /// Nothing does.
    None = "none",
    /// The disk's loader and its firmware entry are missing, so the CD is started again.
    SecondCdStart = "second-cd-start",
    /// A step fails, the guest says `failed` and powers off.
    StepFails = "step-fails",
    /// Setup hangs in the windowsPE pass without a word, once it has copied the files.
    Silent = "silent",
    /// The installed system hangs before its guest program speaks.
    SilentOobe = "silent-oobe",
    /// The guest powers off without `done`.
    EarlyPoweroff = "early-poweroff",
    /// C: is encrypted whatever the answer file says.
    Encrypt = "encrypt",
    /// The installed system resets at each start, for ever.
    RebootLoop = "reboot-loop",
    /// The installed system stops with a bug check.
    Panic = "panic",
    /// A step begins and does not end.
    StepHangs = "step-hangs",
    /// The medium has an answer file of its own.
    TwoAnswerFiles = "two-answer-files",
    /// The medium speaks another language than its images say.
    OtherLanguage = "other-language",
    /// Nothing does, and sysprep has the last word.
    Generalized = "generalized",
    /// Half lines, terminal codes and other languages around the events.
    Noise = "noise",
    /// Nothing does, and the guest does not mind that its CDs stay: for a QEMU by itself, which
    /// nobody tells to eject them.
    CdsStay = "cds-stay",
    /// The machine powers off where Setup would restart it for the first time.
    PoweroffInSetup = "poweroff-in-setup",
}

impl Fault {
    /// The transcript that the guest program's part is played from.
    #[must_use]
    pub fn transcript(self) -> &'static str {
        match self {
            Self::StepFails => "step-fails",
            Self::StepHangs => "step-hangs",
            Self::EarlyPoweroff => "early-poweroff",
            Self::Noise => "noise",
            Self::Generalized => "generalized",
            _ => "normal",
        }
    }
}
