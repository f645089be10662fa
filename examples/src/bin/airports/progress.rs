//! Shows how far a pass is: a bar on a terminal, a line every tenth anywhere else.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

/// How far one pass is; the workers share it.
#[derive(Debug)]
pub(crate) struct Progress {
    label: &'static str,
    total: u64,
    done: AtomicU64,
    bar: ProgressBar,
}

impl Progress {
    /// Begins at nothing out of `total` requests.
    pub(crate) fn new(label: &'static str, total: u64) -> Self {
        let template = "{msg:>15} {bar:40} {human_pos}/{human_len} {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is a constant that parses");
        // The bar draws on stderr and hides itself when that is not a terminal.
        let bar = ProgressBar::new(total).with_style(style).with_message(label);
        Self { label, total, done: AtomicU64::new(0), bar }
    }

    /// Counts requests that were answered since the last time.
    pub(crate) fn step(&self, requests: u64) {
        let before = self.done.fetch_add(requests, Ordering::Relaxed);
        self.bar.inc(requests);
        if self.bar.is_hidden()
            && let Some(percent) = passed_tenth(before, before + requests, self.total)
        {
            eprintln!("{}: {percent} % of {} requests", self.label, self.total);
        }
    }

    /// Leaves the finished bar on the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish();
    }
}

/// The last multiple of ten per cent that lies between two counts, if one does.
fn passed_tenth(before: u64, after: u64, total: u64) -> Option<u64> {
    let tenth = |done: u64| (done * 10).checked_div(total).unwrap_or(10);
    (tenth(after) > tenth(before)).then(|| tenth(after) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_is_told_once() {
        let told: Vec<_> = (0..50).filter_map(|step| passed_tenth(step * 2, step * 2 + 2, 100)).collect();
        assert_eq!(told, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        assert_eq!(passed_tenth(0, 3, 3), Some(100));
        assert_eq!(passed_tenth(0, 0, 0), None);
    }

    #[test]
    fn the_template_is_accepted() {
        Progress::new("test", 3).step(3);
    }
}
