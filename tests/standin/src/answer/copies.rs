//! The answer file of a generalised image's copies, which start behind Setup's own passes.

use anyhow::{Context as _, Result, ensure};

use super::{Answer, PASSES, oobe, settings, specialize};

/// What the first start of a copy is told: each pass that it has, and no page that would ask.
///
/// The accounts are in the copy already. A name of its own would be that of every copy.
pub fn check(answer: &Answer, client: bool) -> Result<()> {
    for pass in PASSES {
        settings::check(answer, pass)?;
    }
    for pass in ["windowsPE", "offlineServicing"] {
        ensure!(!answer.has_pass(pass), "a copy has no pass `{pass}`");
    }
    let name = specialize::wish(answer)?.computer_name;
    let own = name.is_none_or(|name| name.is_empty() || name == "*");
    ensure!(own, "every copy would have one name");
    let shell = answer.component("oobeSystem", "Shell-Setup");
    let shell = shell.context("nothing for the shell: the first pages ask")?;
    oobe::check_pages(shell, client)?;
    let oobe = shell.child("OOBE").context("no `OOBE`")?;
    // No account is made here, so the page that asks for one must not come up.
    let skipped = ["SkipMachineOOBE", "SkipUserOOBE"].map(|page| oobe.text_at(page));
    ensure!(skipped == [Some("true"); 2], "the account page asks");
    // sysprep takes the Administrator's password on Server, whose first start asks for it.
    let password = shell.at("UserAccounts/AdministratorPassword");
    ensure!(client || password.is_some(), "the password page asks");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../../cases/generalize-server/generalize.xml");

    fn why(text: &str, client: bool) -> String {
        let answer = Answer::read(text.as_bytes()).expect("an answer file");
        check(&answer, client).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn whatever_would_ask_is_refused() {
        assert_eq!(why(GOLDEN, false), "fine");
        for (from, to, says) in [
            ("ComputerName>*<", "ComputerName>one<", "one name"),
            ("SkipUserOOBE>true", "SkipUserOOBE>false", "account page"),
            ("HideEULAPage>true", "HideEULAPage>false", "licence page"),
            ("AdministratorPassword>", "Other>", "Other"),
            ("pass=\"specialize\"", "pass=\"windowsPE\"", "windowsPE"),
        ] {
            assert!(GOLDEN.contains(from), "{from}");
            let told = why(&GOLDEN.replace(from, to), false);
            assert!(told.contains(says), "{to}: {told}");
        }
        let (before, rest) = GOLDEN.split_once("<UserAccounts>").expect("accounts");
        let (_, after) = rest.split_once("</UserAccounts>").expect("accounts");
        let without = format!("{before}{after}");
        assert_eq!(why(&without, true), "fine");
        assert_eq!(why(&without, false), "the password page asks");
    }
}
