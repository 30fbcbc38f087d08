//! What the checks let the guest program run: a program that does as its first argument says, or
//! as a file says where its own is called `sysprep.exe`.

#[cfg(windows)]
mod msi;
mod sysprep;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
#[cfg(windows)]
use std::time::Instant;
use std::{env, fs, thread};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let me = env::current_exe().expect("a path");
    if me.file_stem().is_some_and(|name| name == "sysprep") {
        sysprep::run(&words);
    } else {
        act(&words);
    }
    ExitCode::SUCCESS
}

fn act(words: &[String]) {
    let (word, rest) = words.split_first().expect("a word says what to do");
    match (word.as_str(), rest) {
        // Ends with a code, after having said so on both outputs.
        ("exit", [code]) => {
            println!("this goes to stdout");
            eprintln!("this goes to stderr");
            end(code);
        }
        // Says something and ends with a code.
        ("say", [code, text]) => {
            println!("{text}");
            end(code);
        }
        // Writes bytes, given as hexadecimal digits.
        ("bytes", [digits]) => {
            std::io::stdout()
                .write_all(&unhex(digits))
                .expect("a reader");
        }
        // Writes so many bytes in lines.
        ("flood", [kib]) => {
            let line = format!("{}\r\n", "x".repeat(62));
            let mut out = std::io::stdout().lock();
            for _ in 0..kib.parse::<usize>().expect("a number") * 16 {
                out.write_all(line.as_bytes()).expect("a reader");
            }
        }
        // Starts another that hangs, and hangs; both write a file while they live.
        ("tree", [depth, file]) => {
            let depth: u32 = depth.parse().expect("a number");
            let me = env::current_exe().expect("a path");
            let deeper = depth.checked_sub(1).map(|depth| depth.to_string());
            // It is never waited for: what hangs is ended from outside.
            let _child = deeper.map(|deeper| {
                let mut child = Command::new(me);
                child.args(["tree", &deeper, file]).spawn()
            });
            println!("alive {depth}");
            loop {
                fs::write(
                    format!("{file}.{depth}"),
                    format!("{:?}", std::time::SystemTime::now()),
                )
                .expect("a writable file");
                thread::park_timeout(Duration::from_millis(100));
            }
        }
        // Adds a line of JSON to a file: its arguments, its variables `LUCARNE_…`, its folder.
        ("dump", [file, arguments @ ..]) => {
            let variables: BTreeMap<String, String> = env::vars()
                .filter(|(name, _)| name.to_uppercase().starts_with("LUCARNE_"))
                .collect();
            let dump = serde_json::json!({
                "arguments": arguments,
                "variables": variables,
                "folder": env::current_dir().expect("a folder"),
            });
            add(file, &dump.to_string());
        }
        ("-A", []) => make_key(),
        // Adds a line to a file.
        ("mark", [file, line]) => add(file, line),
        _ => of_windows(word, rest),
    }
}

/// What has to do with Windows' own.
fn of_windows(word: &str, rest: &[String]) {
    match (word, rest) {
        // Has a child that holds a file so long that nobody else may open it, and leaves it behind.
        ("hold", [file, ms]) => {
            let me = env::current_exe().expect("a path");
            let mut child = Command::new(me);
            child.args(["held", file, ms]).stdout(Stdio::piped());
            #[allow(clippy::zombie_processes, reason = "it is to live on")]
            let mut child = child.spawn().expect("a child");
            let mut said = [0];
            let out = child.stdout.as_mut().expect("a pipe");
            out.read_exact(&mut said).expect("its word");
        }
        #[cfg(windows)]
        ("held", [file, ms]) => {
            use std::os::windows::fs::OpenOptionsExt as _;
            let mut options = fs::File::options();
            let _held = options.read(true).share_mode(0).open(file).expect("a file");
            println!();
            let ms = ms.parse().expect("a number");
            let end = Instant::now() + Duration::from_millis(ms);
            while let Some(left) = end.checked_duration_since(Instant::now()) {
                thread::park_timeout(left);
            }
        }
        // Is Windows' Setup at the first start of a generalised image, for so long.
        ("setup", [ms]) => sysprep::setup(ms),
        ("setup-ends", [ms]) => sysprep::setup_ends(ms.parse().expect("a number")),
        // Makes a package of Windows Installer that writes a property into the registry.
        #[cfg(windows)]
        ("msi", [file]) => msi::make(file),
        // Reads what it was given, by the handle itself: Rust takes a wrong one for an empty one.
        #[cfg(windows)]
        ("read", []) => {
            use std::os::windows::io::AsHandle as _;
            let handle = std::io::stdin().as_handle().try_clone_to_owned();
            let mut bytes = Vec::new();
            let read = fs::File::from(handle.expect("a handle")).read_to_end(&mut bytes);
            println!("read {read:?}");
        }
        _ => panic!("nobody knows {word} {rest:?}"),
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("digits")
    });
    pairs.collect()
}

/// Makes a host key, as `ssh-keygen` does, which it is called then.
fn make_key() {
    let folder = env::var("ProgramData").expect("a folder") + r"\ssh";
    fs::create_dir_all(&folder).expect("a folder");
    let made = format!("{:?}", std::time::SystemTime::now());
    fs::write(folder + r"\ssh_host_ed25519_key", made).expect("a writable file");
}

#[allow(
    clippy::exit,
    reason = "an `ExitCode` of Rust's has 8 bits, and Windows' 32"
)]
fn end(code: &str) -> ! {
    let code: i64 = code.parse().expect("a number");
    let code = i32::from_ne_bytes(code.to_ne_bytes()[..4].try_into().expect("four bytes"));
    std::process::exit(code);
}

fn add(file: &str, line: &str) {
    let mut options = fs::File::options();
    let opened = options.append(true).create(true).open(file);
    writeln!(opened.expect("a file"), "{line}").expect("a writable file");
}
