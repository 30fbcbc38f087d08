//! What Secure Boot hangs on: the firmware's variables, a CD's boot image, a signed program.

use lucarne::secure_boot::{Program, Variables, judge, loader};

// Not `crate::`: this is a module of the tests too.
use super::sparse;

/// What an input that stands for a FAT volume is made of.
const PIECE_BYTES: usize = 128;

/// A file of firmware variables.
pub(crate) fn variables(data: &[u8]) {
    if let Ok(variables) = Variables::parse(data) {
        _ = (variables.off(), variables.was_off(), variables.trusted());
    }
}

/// A program, signed or not.
pub(crate) fn program(data: &[u8]) {
    let program = Program::read(data);
    if let Ok(program) = &program {
        _ = program.signers();
    }
    let judgement = judge(&program, &Variables::default());
    _ = (judgement.problem("a.iso"), judgement.doubt("a.iso"));
}

/// A boot image, which is a FAT volume.
pub(crate) fn boot_image(data: &[u8]) {
    let image = sparse::decode(data, PIECE_BYTES);
    if let Ok(program) = loader(&image) {
        assert!(program.len() <= image.len(), "more than there is");
    }
}
