//! The sample is accepted; each change of it that Setup would not take is refused.

use super::{Answer, oobe, specialize, windows_pe};
use crate::{
    layout::{Format, Kind},
    release,
};

const SAMPLE: &str = include_str!("../../samples/gpt.xml");

fn windows_pe(text: &str, release: &str) -> anyhow::Result<windows_pe::Wish> {
    let answer = Answer::read(text.as_bytes())?;
    let release = release::find(release).expect("a release");
    windows_pe::wish(&answer, release, &["en-us".to_owned()])
}

/// Replaces something of the sample, which must be there.
fn with(from: &str, to: &str) -> String {
    assert!(SAMPLE.contains(from), "the sample has no `{from}`");
    SAMPLE.replacen(from, to, 1)
}

fn refused(text: &str, because: &str) {
    let error = windows_pe(text, "win11-25h2").expect_err(because);
    let error = format!("{error:#}");
    assert!(
        error.contains(because),
        "`{error}` is not about `{because}`"
    );
}

#[test]
fn the_sample_is_what_setup_wants() {
    let wish = windows_pe(SAMPLE, "win11-25h2").expect("accepted");
    assert_eq!(wish.drivers.len(), 5);
    let kinds: Vec<Kind> = wish.disk.partitions.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Efi, Kind::Msr, Kind::Primary]);
    assert_eq!(wish.disk.partitions[2].format, Some(Format::Ntfs));
    assert_eq!(wish.image.name.as_deref(), Some("Windows 11 Pro"));
    let answer = Answer::read(SAMPLE.as_bytes()).expect("read");
    let specialize = specialize::wish(&answer).expect("accepted");
    assert_eq!(specialize.commands.len(), 1);
    assert!(specialize::prevents_encryption(&answer).expect("read"));
    let oobe = oobe::wish(&answer, true).expect("accepted");
    assert_eq!(oobe.accounts[0].password, "password");
    assert_eq!(oobe.logon, ("lucarne".to_owned(), 1));
}

#[test]
fn a_wrong_envelope_is_refused() {
    refused(
        &with("pass=\"windowsPE\"", "pass=\"windowsPe\""),
        "no pass is called",
    );
    refused(
        &with("pass=\"oobeSystem\"", "pass=\"specialize\""),
        "two settings",
    );
    refused(&with("\"amd64\"", "\"x64\""), "architecture");
    refused(
        &with("\"31bf3856ad364e35\"", "\"31bf3856ad364e36\""),
        "publicKeyToken",
    );
    refused(&with("<Disk wcm:action=\"add\">", "<Disk>"), "wcm:action");
    refused(&with(" wcm:keyValue=\"1\"", ""), "without a key");
    refused(
        &with(" wcm:keyValue=\"2\"", " wcm:keyValue=\"1\""),
        "have the key",
    );
}

#[test]
fn another_architectures_component_is_passed_over() {
    let text = SAMPLE.replace("\"amd64\"", "\"arm64\"");
    refused(&text, "no languages");
}

#[test]
fn settings_that_no_component_has_are_refused() {
    refused(
        &with("<Enable>false</Enable>", "<Enabled>false</Enabled>"),
        "no setting",
    );
    refused(
        &with("-Windows-Setup\"", "-Windows-Setups\""),
        "no component",
    );
    let misplaced = with("<TimeZone>UTC</TimeZone>", "<FirstLogonCommands/>");
    let answer = Answer::read(misplaced.as_bytes()).expect("an envelope");
    assert!(specialize::wish(&answer).is_err(), "not in specialize");
}

#[test]
fn languages_must_be_on_the_medium() {
    refused(
        &with("<UILanguage>en-US", "<UILanguage>de-DE"),
        "medium does not have",
    );
    let second = "</SystemLocale>\n      <UILanguage>";
    refused(&with(second, &format!("{second}x")), "medium does not have");
    refused(
        &with("<InputLocale>0409:00000409</InputLocale>", ""),
        "InputLocale",
    );
}

#[test]
fn the_disk_must_be_the_one_that_is_there() {
    refused(
        &with("<DiskID>0</DiskID>", "<DiskID>1</DiskID>"),
        "no disk 1",
    );
    let to = "<InstallTo>\n            <DiskID>";
    refused(&with(&format!("{to}0"), &format!("{to}1")), "no disk 1");
    refused(
        &with("<Type>MSR</Type>", "<Type>Msr</Type>"),
        "no partition type",
    );
    refused(
        &with("<Size>300</Size>", "<Size>300</Size><Extend>true</Extend>"),
        "either",
    );
    refused(
        &with("<Letter>C</Letter>", "<Letter>B</Letter>"),
        "drive letter",
    );
    refused(
        &with("<Format>NTFS</Format>", "<Format>ReFS</Format>"),
        "no file system",
    );
    refused(
        &with(
            "<PartitionID>3</PartitionID>\n              <Format>",
            "<PartitionID>9</PartitionID>\n              <Format>",
        ),
        "no partition 9",
    );
    refused(
        &with(
            "<Order>2</Order>\n              <Size>16",
            "<Order>4</Order>\n              <Size>16",
        ),
        "without gaps",
    );
}

#[test]
fn an_empty_key_stops_a_newer_setup_only() {
    let empty = "<AcceptEula>true</AcceptEula><ProductKey><Key/></ProductKey>";
    let text = with("<AcceptEula>true</AcceptEula>", empty);
    refused(&text, "empty product key");
    let older = text.replace("Windows 11 Pro", "Windows 10 Pro");
    assert!(windows_pe(&older, "win11-24h2").is_ok());
    refused(&with("<AcceptEula>true", "<AcceptEula>false"), "licence");
    let unknown = text.replace("<Key/>", "<Key>AAAAA-AAAAA-AAAAA-AAAAA-AAAAA</Key>");
    refused(&unknown, "unknown");
    let home = text.replace("<Key/>", "<Key>YTMG3-N6DKC-DKB77-7M9GH-8HVX7</Key>");
    let wish = windows_pe(&home, "win11-25h2").expect("accepted");
    assert_eq!(wish.image.edition.as_deref(), Some("Core"));
}

#[test]
fn commands_have_their_limits() {
    let command = |path: &str| {
        with(
            "<UserData>",
            &format!(
                "<RunSynchronous><RunSynchronousCommand wcm:action=\"add\"><Order>1</Order>\
                 <Path>{path}</Path></RunSynchronousCommand></RunSynchronous><UserData>"
            ),
        )
    };
    assert!(windows_pe(&command("cmd /c ver"), "win11-25h2").is_ok());
    refused(&command(&"x".repeat(260)), "260 characters");
    refused(&command("powershell -Command x"), "PowerShell");
    refused(&command("cmd /c for %%i in (C) do ver"), "%%");
    refused(&command(""), "empty");
    refused(
        &with("<Path>D:\\drivers</Path>", "<Path>/drivers</Path>"),
        "no path of Windows",
    );
    let long = format!("<Path>D:\\{}</Path>", "x".repeat(257));
    refused(&with("<Path>D:\\drivers</Path>", &long), "260");
}

#[test]
fn the_image_must_be_chosen() {
    let none = with("<Key>/IMAGE/NAME</Key>", "<Key>/IMAGE/EDITION</Key>");
    refused(&none, "not chosen by");
    refused(
        &with("<Value>Windows 11 Pro</Value>", "<Value/>"),
        "empty value",
    );
    let available = "<InstallToAvailablePartition>true</InstallToAvailablePartition><InstallTo>";
    refused(&with("<InstallTo>", available), "exclude");
}

fn oobe_refused(text: &str, because: &str) {
    let answer = Answer::read(text.as_bytes()).expect("an envelope");
    let error = oobe::wish(&answer, true).expect_err(because);
    let error = format!("{error:#}");
    assert!(
        error.contains(because),
        "`{error}` is not about `{because}`"
    );
}

#[test]
fn accounts_and_the_first_logon_have_their_rules() {
    oobe_refused(&with("<LogonCount>1</LogonCount>", ""), "LogonCount");
    oobe_refused(&with("<LogonCount>1<", "<LogonCount>0<"), "no time");
    oobe_refused(
        &with("<Name>lucarne</Name>", "<Name>Guest</Name>"),
        "reserved",
    );
    oobe_refused(
        &with("<Name>lucarne</Name>", "<Name>a/b</Name>"),
        "no account name",
    );
    oobe_refused(
        &with("<Username>lucarne</Username>", "<Username>x</Username>"),
        "no account",
    );
    oobe_refused(
        &with("<Group>Administrators<", "<Group>Users<"),
        "no administrator",
    );
    oobe_refused(&with("<ProtectYourPC>3</ProtectYourPC>", ""), "privacy");
    oobe_refused(
        &with("<HideEULAPage>true", "<HideEULAPage>false"),
        "licence page",
    );
    let other = "<Value>UABhAHMAcwB3AG8AcgBkAA==</Value>";
    let value = "<Value>cABhAHMAcwB3AG8AcgBkAFAAYQBzAHMAdwBvAHIAZAA=</Value>";
    oobe_refused(&with(value, other), "not the account's");
    oobe_refused(&with(value, "<Value>password</Value>"), "Password");
    let long = format!("<CommandLine>{}</CommandLine>", "x".repeat(1025));
    let command = r"<CommandLine>C:\Windows\Lucarne\lucarne-guest.exe register</CommandLine>";
    oobe_refused(&with(command, &long), "1025 characters");
}
