//! What a signal does: what is there for a while goes, and the exit code names the signal.
//!
//! In: signals, and the cargo that runs. Out: whether one came, and at the latest a second later the end of the process. Most work can be
//! broken off anywhere, so the thread that hears the signal ends the process. While cargo runs, and until its records are
//! settled, it ends cargo and leaves the rest to whoever waits for that. A second signal ends the process at once.

#[cfg(unix)]
use crate::disk;
use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

/// How long cargo may take to end before it is killed.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_millis(600);
/// Signals that come together are one: `timeout` sends it to the program and to its group.
#[cfg(unix)]
const TOGETHER: Duration = Duration::from_millis(100);

/// Watches for signals from its making to the end of the process.
#[derive(Clone, Default)]
pub struct Interrupt {
    /// The number of the signal that came; none has 0.
    signal: Arc<AtomicUsize>,
    /// Whether there is work that must come to its end.
    busy: Arc<AtomicBool>,
    child: Arc<Mutex<Option<Child>>>,
}

/// Work that a first signal does not break off; it lasts as long as this does.
pub struct Busy<'a>(&'a Interrupt);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::SeqCst);
    }
}

impl Interrupt {
    /// Begins to watch, which has to be before there is anything to clean up; there is one watch for all that ask.
    ///
    /// # Errors
    /// The system refuses.
    pub fn watch() -> Result<Self> {
        static WATCH: OnceLock<Interrupt> = OnceLock::new();
        if let Some(watch) = WATCH.get() {
            return Ok(watch.clone());
        }
        let interrupt = Interrupt::default();
        interrupt.handle()?;
        Ok(WATCH.get_or_init(|| interrupt).clone())
    }

    /// # Errors
    /// A signal came. Whoever sent it needs no message, only the exit code that a shell gives.
    pub fn check(&self) -> Result<()> {
        match self.signal.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Error::Cargo(i32::try_from(128 + signal).unwrap_or(1))),
        }
    }

    /// Begins work that a first signal does not break off.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.store(true, Ordering::SeqCst);
        Busy(self)
    }

    /// Lets a signal end this child, also one that came while the child was started.
    pub fn entrust(&self, child: Child) {
        let mut guarded = lock(&self.child);
        let child = guarded.insert(child);
        if self.check().is_err() {
            terminate(child);
        }
    }

    /// Whether the child that was entrusted last has ended.
    pub fn has_ended(&self) -> bool {
        lock(&self.child).as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Waits for the child that was entrusted last, in the reach of signals.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&self) -> Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            let status = lock(&self.child).as_mut().expect("a child was entrusted").try_wait()?;
            if let Some(status) = status {
                // Its id may be another process's now.
                lock(&self.child).take();
                return Ok(status);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// A signal that was sent to this process alone ends cargo too; a Ctrl-C in a terminal reaches it anyway.
    #[cfg(unix)]
    fn handle(&self) -> Result<()> {
        let signals = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
        let ignored = ignored();
        let heeded = signals.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let mut signals = signal_hook::iterator::Signals::new(heeded)?;
        let watch = self.clone();
        std::thread::spawn(move || {
            let mut first = None;
            for number in signals.forever() {
                watch.signal.store(usize::try_from(number).unwrap_or(1), Ordering::SeqCst);
                match first {
                    None => first = Some(Instant::now()),
                    Some(first) if first.elapsed() < TOGETHER => continue,
                    Some(_) => end(number),
                }
                if !watch.busy.load(Ordering::SeqCst) {
                    end(number);
                }
                if let Some(child) = lock(&watch.child).as_mut() {
                    terminate(child);
                }
                let watch = watch.clone();
                std::thread::spawn(move || watch.end_soon(number));
            }
        });
        Ok(())
    }

    /// Sees to it that the work comes to its end, and the process with it.
    #[cfg(unix)]
    fn end_soon(&self, number: i32) {
        let begin = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(20));
            if !self.busy.load(Ordering::SeqCst) {
                end(number);
            }
            if begin.elapsed() > PATIENCE
                && let Some(child) = lock(&self.child).as_mut()
            {
                // It may have ended by itself.
                let _ = child.kill();
            }
        }
    }

    /// On Windows, cargo gets the Ctrl-C of its console itself.
    #[cfg(not(unix))]
    fn handle(&self) -> Result<()> {
        for signal in [SIGINT, SIGTERM] {
            let number = usize::try_from(signal).expect("signals have positive numbers");
            signal_hook::flag::register_usize(signal, Arc::clone(&self.signal), number)?;
        }
        Ok(())
    }
}

/// Ends the process as a shell expects it after this signal.
#[cfg(unix)]
fn end(number: i32) -> ! {
    disk::remove_passing();
    std::process::exit(128 + number)
}

/// The signals that whoever started this process wants ignored, as `nohup` does, one bit each. Linux tells.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn lock(child: &Mutex<Option<Child>>) -> MutexGuard<'_, Option<Child>> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    // Once it has been waited for, its id may be another process's.
    if matches!(child.try_wait(), Ok(None)) {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: &mut Child) {}
