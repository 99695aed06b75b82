//! What a signal does to a cook: cargo ends, the scratch directory goes, and the exit code names the signal.
//!
//! In: signals, and the cargo that runs. Out: whether one came. A cook must outlive the signal for as long as cargo needs
//! to end, or the scratch directory would stay behind.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Watches for signals from its making to the end of the process, which cooks once.
pub struct Interrupt {
    /// The number of the signal that came; none has 0.
    signal: Arc<AtomicUsize>,
    child: Arc<Mutex<Option<Child>>>,
}

impl Interrupt {
    /// Begins to watch, which has to be before there is anything to clean up.
    ///
    /// # Errors
    /// The system refuses.
    pub fn watch() -> Result<Self> {
        let interrupt = Interrupt { signal: Arc::default(), child: Arc::default() };
        interrupt.handle()?;
        Ok(interrupt)
    }

    /// # Errors
    /// A signal came. Whoever sent it needs no message, only the exit code that a shell gives.
    pub fn check(&self) -> Result<()> {
        match self.signal.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Error::Cargo(i32::try_from(128 + signal).unwrap_or(1))),
        }
    }

    /// Lets a signal end this child, also one that came while the child was started.
    pub fn entrust(&self, child: Child) {
        let mut guarded = lock(&self.child);
        let child = guarded.insert(child);
        if self.check().is_err() {
            terminate(child);
        }
    }

    /// Takes the child back, to wait for it: once it has been waited for, its id may be another process's.
    pub fn release(&self) -> Option<Child> {
        lock(&self.child).take()
    }

    /// Waits for the child that was entrusted last, in the reach of signals.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&self) -> Result<std::process::ExitStatus> {
        loop {
            let status = lock(&self.child).as_mut().expect("a child was entrusted").try_wait()?;
            if let Some(status) = status {
                self.release();
                return Ok(status);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// A signal that was sent to this process alone ends cargo too; a Ctrl-C in a terminal reaches it anyway.
    #[cfg(unix)]
    fn handle(&self) -> Result<()> {
        let signals = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
        let ignored = ignored();
        let heeded = signals.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let mut signals = signal_hook::iterator::Signals::new(heeded)?;
        let (signal, child) = (Arc::clone(&self.signal), Arc::clone(&self.child));
        std::thread::spawn(move || {
            for number in signals.forever() {
                signal.store(usize::try_from(number).unwrap_or(1), Ordering::SeqCst);
                if let Some(child) = lock(&child).as_ref() {
                    terminate(child);
                }
            }
        });
        Ok(())
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
fn terminate(child: &Child) {
    // It may have ended by itself.
    let _ = rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM);
}

#[cfg(not(unix))]
fn terminate(_: &Child) {}
