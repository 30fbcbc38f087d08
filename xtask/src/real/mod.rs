//! Checks with real tools and a real Nix, in the tool root.

mod book;
mod book_nix;
mod chain;
mod discs;
mod doctor;
mod eval;
mod evidence;
mod export;
mod guide;
mod image;
mod install;
mod iso;
mod known_isos;
mod layers;
mod machine;
mod media;
mod network;
mod nix_build;
mod nixos;
mod pages;
mod pictures;
mod prompt;
mod raw;
mod remote;
mod run;
mod sandbox;
mod schema;
mod seal;
mod search;
mod selftest;
mod service;
mod source;
mod standin;
mod templates;
mod test_modules;
mod tree;
mod tutorial;
mod wine;

use crate::test::Check;

pub(crate) use seal::image as disk;
pub(crate) use wine::record;

/// Every real check. The long ones come first: two run at a time.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    let all = [
        image::CHECKS,
        layers::CHECKS,
        remote::CHECKS,
        run::CHECKS,
        service::CHECKS,
        network::SERVED,
        install::CHECKS,
        export::CHECKS,
        install::QUIET,
        selftest::CHECKS,
        install::FAULTS,
        install::HOST_FAULTS,
        evidence::CHECKS,
        prompt::CHECKS,
        media::CHECKS,
        discs::CHECKS,
        doctor::CHECKS,
        iso::CHECKS,
        known_isos::CHECKS,
        seal::CHECKS,
        chain::CHECKS,
        eval::CHECKS,
        network::CHECKS,
        nixos::CHECKS,
        guide::CHECKS,
        templates::CHECKS,
        book::CHECKS,
        machine::CHECKS,
        standin::CHECKS,
        sandbox::CHECKS,
        source::CHECKS,
    ];
    all.into_iter().flatten().chain(wine::checks())
}
