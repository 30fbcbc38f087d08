//! Process 1 of the machine that a stand-in ISO starts.

fn main() {
    lucarne_standin::init::run()
}
