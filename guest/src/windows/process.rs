//! Programs: started in a job that holds their whole tree, heard while they run, ended in time.

use std::fs::File;
use std::io::Read as _;
use std::mem::size_of;
use std::os::windows::io::FromRawHandle as _;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    GENERIC_READ, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING, SearchPathW,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW,
    GetExitCodeProcess, INFINITE, PROCESS_INFORMATION, ResumeThread, STARTF_USESTDHANDLES,
    STARTUPINFOW, TerminateProcess, WaitForSingleObject,
};

use super::system;
use super::variables::Variables;
use super::wide::{Handle, done, narrow, wide};
use crate::output::Cutter;
use crate::quote::LINE_UNITS_MAX;

/// How much of each of its two outputs is told, in bytes.
const OUTPUT_BYTES: usize = 128 << 10;
/// What came through the pipes before the program ended is there at once; a child that it left
/// behind may hold them open for ever.
const GRACE: Duration = Duration::from_millis(500);
/// How long the end of a tree that was ended may take.
const END: Duration = Duration::from_secs(10);

/// A program to be run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// Its file.
    pub(super) program: &'a str,
    /// The whole command line, the program's name included.
    pub(super) line: String,
    pub(super) variables: &'a Variables,
    pub(super) folder: &'a str,
    pub(super) limit: Duration,
}

/// What comes from the threads that wait.
enum News {
    Bytes(usize, Vec<u8>),
    Closed,
    Ended,
}

impl Run<'_> {
    /// Runs it to its end, and gives its exit code. When its time is over, its whole tree is ended.
    pub(super) fn run(&self, each: &mut dyn FnMut(String)) -> Result<u32, String> {
        let what = format!("cannot start `{}`", self.program);
        let job = Job::new()?;
        let (out, theirs_out) = pipe(&what)?;
        let (err, theirs_err) = pipe(&what)?;
        let (process, thread) = self.start(theirs_out.0, theirs_err.0, &what)?;
        // They must not outlive the program on our side, or the pipes would never end.
        drop((theirs_out, theirs_err));
        if let Err(error) = job.take(&process, &what) {
            // It has done nothing yet, and never would.
            // SAFETY: the process is open.
            unsafe { TerminateProcess(process.0, 1) };
            return Err(error);
        }
        let (tell, news) = channel();
        read(0, out, tell.clone());
        read(1, err, tell.clone());
        wait_for(&process, tell);
        // SAFETY: the thread is the program's first, which was started suspended.
        if unsafe { ResumeThread(thread.0) } == u32::MAX {
            return Err(super::wide::last(&what));
        }
        let in_time = self.listen(&news, each);
        if !in_time {
            job.end();
            // What it wrote last may still come.
            let end = Instant::now() + END;
            while let Ok(news) = news.recv_timeout(end.saturating_duration_since(Instant::now())) {
                if matches!(news, News::Ended) {
                    break;
                }
            }
            let sec = self.limit.as_secs();
            return Err(format!("it did not end within {sec} s, and was ended"));
        }
        job.let_go();
        let mut code = 0;
        // SAFETY: the process is open, and has ended.
        done(
            unsafe { GetExitCodeProcess(process.0, &raw mut code) },
            &what,
        )?;
        Ok(code)
    }

    /// Starts it, suspended, so that it is in its job before it does anything.
    fn start(&self, out: HANDLE, err: HANDLE, what: &str) -> Result<(Handle, Handle), String> {
        let mut line = wide(&self.line);
        if line.len() > LINE_UNITS_MAX {
            return Err(format!("{what}: its command line is too long"));
        }
        let (program, folder) = (wide(self.program), wide(self.folder));
        let block = self.variables.block();
        let nothing = nothing(what)?;
        let startup = STARTUPINFOW {
            cb: u32::try_from(size_of::<STARTUPINFOW>()).unwrap_or_default(),
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: nothing.0,
            hStdOutput: out,
            hStdError: err,
            ..Default::default()
        };
        let mut info = PROCESS_INFORMATION::default();
        // SAFETY: all texts end with a zero and live as long as the call, the command line may be
        // written to, and the environment ends with two zeros.
        let started = unsafe {
            CreateProcessW(
                program.as_ptr(),
                line.as_mut_ptr(),
                null(),
                null(),
                1,
                CREATE_NO_WINDOW | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT,
                block.as_ptr().cast(),
                folder.as_ptr(),
                &raw const startup,
                &raw mut info,
            )
        };
        done(started, what)?;
        Ok((Handle(info.hProcess), Handle(info.hThread)))
    }

    /// Hears it until it has ended. False: its time is over.
    fn listen(&self, news: &Receiver<News>, each: &mut dyn FnMut(String)) -> bool {
        let piece = lucarne_protocol::OUTPUT_BYTES_MAX;
        let new = || Cutter::new(piece, OUTPUT_BYTES, system::from_console);
        let mut cutters = [new(), new()];
        let mut end = Instant::now() + self.limit;
        let (mut open, mut ended) = (2, false);
        let in_time = loop {
            match news.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(News::Bytes(which, bytes)) => cutters[which].push(&bytes, each),
                Ok(News::Closed) => open -= 1,
                Ok(News::Ended) => {
                    ended = true;
                    end = Instant::now() + GRACE;
                }
                Err(RecvTimeoutError::Timeout) => break ended,
                Err(RecvTimeoutError::Disconnected) => break true,
            }
            if ended && open == 0 {
                break true;
            }
        };
        for cutter in &mut cutters {
            cutter.finish(each);
        }
        in_time
    }
}

/// What makes a handle one that a child inherits.
fn inherited() -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
        bInheritHandle: 1,
        lpSecurityDescriptor: null_mut(),
    }
}

/// What a program that asks reads: the end. Without a handle it would have none to wait at, and
/// minus one is no handle but the program itself.
fn nothing(what: &str) -> Result<Handle, String> {
    let name = wide("NUL");
    let security = inherited();
    // SAFETY: `name` ends with a zero, and the attributes live as long as the call.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_READ,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            &raw const security,
            OPEN_EXISTING,
            0,
            null_mut(),
        )
    };
    Handle::new(handle, what)
}

/// A pipe: our end to read, and theirs, which a child inherits.
fn pipe(what: &str) -> Result<(File, Handle), String> {
    let security = inherited();
    let (mut ours, mut theirs): (HANDLE, HANDLE) = (null_mut(), null_mut());
    // SAFETY: both take a handle.
    let made = unsafe { CreatePipe(&raw mut ours, &raw mut theirs, &raw const security, 0) };
    done(made, what)?;
    // SAFETY: the handle is open and nobody else's.
    let file = unsafe { File::from_raw_handle(ours) };
    // SAFETY: the handle is open.
    done(
        unsafe { SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0) },
        what,
    )?;
    Ok((file, Handle(theirs)))
}

/// Reads to the end, whether anybody still listens or not: a program that nobody reads blocks.
fn read(which: usize, mut file: File, tell: Sender<News>) {
    thread::spawn(move || {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count) = file.read(&mut bytes) {
            if count == 0 {
                break;
            }
            // Nobody listens to what a left-over child writes.
            let _ = tell.send(News::Bytes(which, bytes[..count].to_vec()));
        }
        let _ = tell.send(News::Closed);
    });
}

/// Tells when the program itself has ended.
fn wait_for(process: &Handle, tell: Sender<News>) {
    // A number: the handle is closed only after the program's end was told, or when our own wait
    // for that was given up.
    let process = process.0 as usize;
    thread::spawn(move || {
        // SAFETY: waiting for a handle that is closed meanwhile fails, and does no harm.
        unsafe { WaitForSingleObject(process as HANDLE, INFINITE) };
        let _ = tell.send(News::Ended);
    });
}

/// A job: everything that a program starts, and what that starts.
struct Job(Handle);

impl Job {
    /// All of it ends when this program does.
    fn new() -> Result<Self, String> {
        let what = "cannot make a job";
        // SAFETY: it has no name and no descriptor.
        let job = Self(Handle::new(
            unsafe { CreateJobObjectW(null(), null()) },
            what,
        )?);
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, what)?;
        Ok(job)
    }

    fn limit(&self, flags: u32, what: &str) -> Result<(), String> {
        let mut info = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        info.BasicLimitInformation.LimitFlags = flags;
        let length = u32::try_from(size_of_val(&info)).unwrap_or_default();
        // SAFETY: `info` is of the class that is named, and has the length that is told.
        let set = unsafe {
            SetInformationJobObject(
                self.0.0,
                JobObjectExtendedLimitInformation,
                (&raw const info).cast(),
                length,
            )
        };
        done(set, what)
    }

    fn take(&self, process: &Handle, what: &str) -> Result<(), String> {
        // SAFETY: both are open.
        done(
            unsafe { AssignProcessToJobObject(self.0.0, process.0) },
            what,
        )
    }

    fn end(&self) {
        // SAFETY: the job is open. What can't be ended is told by the wait that follows.
        unsafe { TerminateJobObject(self.0.0, 1) };
    }

    /// What a program left running on purpose, such as an agent that it installed, runs on.
    fn let_go(&self) {
        // A failure ends what was left behind, when the job is closed.
        let _ = self.limit(0, "");
    }
}

/// Finds a program by a path, or by a name as `PATH` leads to it.
pub(super) fn find(name: &str, variables: &Variables) -> Result<String, String> {
    if name.contains(['\\', '/', ':']) {
        return Ok(name.to_owned());
    }
    let path = wide(&variables.get("PATH").unwrap_or_default());
    let (units, extension) = (wide(name), wide(".exe"));
    let mut found = vec![0_u16; LINE_UNITS_MAX];
    let room = u32::try_from(found.len()).unwrap_or_default();
    // SAFETY: all texts end with a zero, and `found` has the room that is told.
    let length = unsafe {
        SearchPathW(
            path.as_ptr(),
            units.as_ptr(),
            extension.as_ptr(),
            room,
            found.as_mut_ptr(),
            null_mut(),
        )
    };
    if length == 0 || length > room {
        return Err(format!("`{name}` is not found by `PATH`"));
    }
    Ok(narrow(&found))
}
