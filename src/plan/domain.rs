//! Rules of the domain. A join needs one of two things: a network to the domain, which no install
//! has, or what a computer of the domain prepared.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::plan::rules::Rules;
use crate::problem::Problem;

/// Larger than what `djoin` writes with every option, in characters.
const BLOB_MAX: usize = 64 << 10;
/// Smaller than the least that it can write.
const BLOB_MIN: usize = 128;

/// What joins a domain without a network: the password of a computer account.
#[derive(Clone, PartialEq, Eq)]
pub struct OfflineJoin(pub String);

impl fmt::Debug for OfflineJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfflineJoin")
    }
}

/// The domain.
pub(super) fn offline_join(rules: &mut Rules<'_>) -> Option<OfflineJoin> {
    let said = rules.spec.domain.clone()?;
    for (field, text) in [
        ("name", &said.name),
        ("user", &said.user),
        ("password", &said.password),
    ] {
        if text.is_some() {
            let what = "an install has no network on which it could join a domain";
            let hint = "prepare the join with `djoin /provision /printblob` on a computer of the \
                 domain, and give its output as `domain.offlineJoin`";
            rules.problem(Problem::new(format!("domain.{field}"), what).hint(hint));
        }
    }
    let at = "domain.offlineJoin";
    // `djoin` breaks its lines, and people copy what stands around them.
    let blob: String = said.offline_join?.split_whitespace().collect();
    let is_base64 = STANDARD.decode(&blob).is_ok();
    let fits = (BLOB_MIN..=BLOB_MAX).contains(&blob.len());
    if !is_base64 || !fits {
        let what = format!("is not {BLOB_MIN} to {BLOB_MAX} characters of Base64");
        let hint = "what `djoin /provision /printblob` writes between its lines of text";
        rules.problem(Problem::new(at, what).hint(hint));
    } else if rules
        .spec
        .network
        .as_ref()
        .is_some_and(|n| n.workgroup.is_some())
    {
        let what = "is said beside `network.workgroup`";
        let hint = "a computer is in a domain or in a workgroup: leave one of them out";
        rules.problem_of(&["network.workgroup"], Problem::new(at, what).hint(hint));
    }
    let what = "every user of this host can read it in the store, and all instances of the image \
         are one computer to the domain";
    let hint = "use it for an image that is run once, and delete the account afterwards";
    rules.warn(Problem::new(at, what).hint(hint));
    Some(OfflineJoin(blob))
}
