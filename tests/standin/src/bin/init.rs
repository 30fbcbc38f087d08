//! Process 1 of the machine that a stand-in ISO starts.

fn main() {
    println!("hello from init");
    loop {
        std::thread::park();
    }
}
