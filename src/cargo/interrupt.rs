//! Handles signals: removes temporary files, and makes the exit code name the signal.
//!
//! In: signals, and the running cargo. Out: whether a signal arrived, and the end of the process
//! within a second. Most work can stop anywhere, so the thread that receives the signal ends the
//! process. While cargo runs, and until its records are settled, the thread only ends cargo. The
//! function that waits for cargo does the rest. A second signal ends the process at once.

use crate::disk;
use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long cargo may take to end before it is killed.
const PATIENCE: Duration = Duration::from_millis(600);
/// Signals within this time count as one, because `timeout` sends a signal to the program and to
/// its group.
#[cfg(unix)]
const TOGETHER: Duration = Duration::from_millis(100);

/// A watch for signals until the process ends.
#[derive(Clone, Default)]
pub struct Interrupt {
    /// The number of the signal that arrived, or 0.
    signal: Arc<AtomicUsize>,
    /// Whether there is work that must be finished.
    busy: Arc<AtomicBool>,
    child: Arc<Mutex<Option<Child>>>,
}

/// Work that a first signal does not stop. It lasts as long as this value.
pub struct Busy<'a>(&'a Interrupt);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::SeqCst);
    }
}

impl Interrupt {
    /// Starts the watch. This must happen before there is anything to clean up. All callers share
    /// one watch.
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

    /// Fails if a signal arrived.
    ///
    /// # Errors
    /// A signal arrived. Its sender needs no message, only the exit code that a shell would give.
    pub fn check(&self) -> Result<()> {
        match self.signal.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Error::Cargo(i32::try_from(128 + signal).unwrap_or(1))),
        }
    }

    /// Starts work that a first signal does not stop.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.store(true, Ordering::SeqCst);
        Busy(self)
    }

    /// Lets signals end this child. If a signal arrived while the child was started, ends it now.
    pub fn entrust(&self, child: Child) {
        let mut guarded = lock(&self.child);
        let child = guarded.insert(child);
        if self.check().is_err() {
            terminate(child);
        }
    }

    /// Returns whether the last entrusted child has ended.
    pub fn has_ended(&self) -> bool {
        lock(&self.child).as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Waits for the last entrusted child, which signals can end.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&self) -> Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            let status = lock(&self.child).as_mut().expect("a child was entrusted").try_wait()?;
            if let Some(status) = status {
                // Its id may now belong to another process.
                lock(&self.child).take();
                return Ok(status);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Ends cargo on a signal that was sent to this process alone. A Ctrl-C in a terminal reaches
    /// cargo too.
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

    /// Ends the process when the work is finished. Kills cargo if it does not end in time.
    fn end_soon(&self, number: i32) {
        let begin = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(20));
            if !self.busy.load(Ordering::SeqCst) {
                end(number);
            }
            if begin.elapsed() > PATIENCE {
                // It may have ended on its own.
                let _ = lock(&self.child).as_mut().map(Child::kill);
            }
        }
    }

    /// Ends this process. On Windows, a Ctrl-C reaches every program of its console, so cargo ends
    /// on its own.
    #[cfg(not(unix))]
    fn handle(&self) -> Result<()> {
        for signal in [SIGINT, SIGTERM] {
            let number = usize::try_from(signal).expect("signals have positive numbers");
            signal_hook::flag::register_usize(signal, Arc::clone(&self.signal), number)?;
        }
        let watch = self.clone();
        std::thread::spawn(move || {
            while watch.check().is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
            watch.end_soon(i32::try_from(watch.signal.load(Ordering::SeqCst)).unwrap_or(1));
        });
        Ok(())
    }
}

/// Ends the process with the exit code of this signal.
fn end(number: i32) -> ! {
    disk::remove_passing();
    std::process::exit(128 + number)
}

/// Returns the signals that are ignored, one bit each. The parent process can request this, as
/// `nohup` does. Linux lists them.
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
    // Once the child has been waited for, its id may belong to another process.
    if matches!(child.try_wait(), Ok(None)) {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: &mut Child) {}
