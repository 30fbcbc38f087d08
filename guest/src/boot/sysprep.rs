//! The answer file of sysprep, for a machine that gets a SID of its own.
//!
//! `sysprep /generalize` is the one way that Microsoft has for it. What follows is the rest of a
//! Setup: the pages that ask a person are left out by this file. **Nobody has run it on a real
//! Windows yet.**

use crate::task::escape;

/// What Windows is told, in its own names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locales {
    /// Of texts, such as `en-US`.
    pub ui: String,
    /// Of numbers and dates, and of programs without Unicode.
    pub system: String,
}

/// The file.
#[must_use]
pub fn answer_file(locales: &Locales) -> String {
    let (ui, system) = (escape(&locales.ui), escape(&locales.system));
    let component = |name: &str, settings: &str| {
        format!(
            "<component name=\"{name}\" processorArchitecture=\"amd64\" \
             publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\">\
             {settings}</component>"
        )
    };
    let international = component(
        "Microsoft-Windows-International-Core",
        &format!(
            "<InputLocale>{system}</InputLocale><SystemLocale>{system}</SystemLocale>\
             <UILanguage>{ui}</UILanguage><UserLocale>{system}</UserLocale>"
        ),
    );
    // The pages that `SkipMachineOOBE` leaves out are all of them, with an account that there is.
    let shell = component(
        "Microsoft-Windows-Shell-Setup",
        "<OOBE><HideEULAPage>true</HideEULAPage><ProtectYourPC>3</ProtectYourPC>\
         <SkipMachineOOBE>true</SkipMachineOOBE><SkipUserOOBE>true</SkipUserOOBE></OOBE>",
    );
    // Drivers stay: the hardware is the same, and each would be found anew.
    let drivers = component(
        "Microsoft-Windows-PnpSysprep",
        "<PersistAllDeviceInstalls>true</PersistAllDeviceInstalls>",
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n\
         <unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\
         <settings pass=\"generalize\">{drivers}</settings>\
         <settings pass=\"oobeSystem\">{international}{shell}</settings></unattend>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_asks_nobody_and_its_values_are_data() {
        let locales = Locales {
            ui: "de-DE".into(),
            system: "a<b>&".into(),
        };
        let xml = answer_file(&locales);
        assert!(xml.contains("<UILanguage>de-DE</UILanguage>"), "{xml}");
        assert!(
            xml.contains("<UserLocale>a&lt;b&gt;&amp;</UserLocale>"),
            "{xml}"
        );
        for part in ["generalize", "oobeSystem"] {
            assert!(xml.contains(&format!("pass=\"{part}\"")), "{xml}");
        }
        assert_eq!(
            xml.matches("<component ").count(),
            xml.matches("</component>").count()
        );
    }
}
