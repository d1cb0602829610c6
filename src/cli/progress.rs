//! The progress bar: on standard error, only on a terminal.

use std::{
    cell::Cell,
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Global;
use crate::crawl::{Observer, Progress};

pub struct Bar {
    bar: ProgressBar,
    drawn: Cell<Instant>,
}

/// A bar of that template; hidden where nobody would see it, or wants to.
pub fn bar(global: &Global, template: &str) -> ProgressBar {
    let shown = !global.quiet && !global.no_progress && std::io::stderr().is_terminal();
    let target = if shown {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Bar {
    pub fn new(global: &Global, what: &str) -> Self {
        let bar = bar(
            global,
            "{prefix} {bar:24} {pos}/{len} links, {per_sec}, {msg}, {eta} left",
        );
        bar.set_prefix(what.to_owned());
        Self {
            bar,
            drawn: Cell::new(Instant::now()),
        }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Bar {
    fn progress(&self, progress: &Progress) {
        // The driver reports at every turn; a person reads ten pictures a second at most.
        if self.bar.is_hidden() || self.drawn.get().elapsed() < Duration::from_millis(100) {
            return;
        }
        self.drawn.set(Instant::now());
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        self.bar.set_message(format!(
            "{} in flight, {} dead so far",
            progress.in_flight, progress.dead
        ));
    }
}
