//! What the demo and the checks are made of: our own programs, and stand-ins for the two ISOs.

mod guest;
mod kept;
mod media;
mod programs;
mod stale;

pub(crate) use guest::{Guest, files, guest};
pub(crate) use kept::{kept, name_of};
pub(crate) use media::{Order, standin, virtio_win};
pub(crate) use programs::{
    Release, builder, example, lucarne, lucarne_linked, release, standin as standin_programs,
    statically,
};
