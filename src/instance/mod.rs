//! A machine that runs from an image: what it is started from, and what talks to it meanwhile.

pub mod control;
