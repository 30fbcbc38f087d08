//! The program's commands.
fn main() {}
