//! Colours for those who see them; never the only sign.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};
use clap::ColorChoice;

use crate::interop::verdict::Standing;

/// Whether to use colours.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    colors: bool,
}

impl Style {
    /// Without colours.
    pub const PLAIN: Self = Self { colors: false };

    /// As the user wants it, or as fits where it goes.
    pub fn new(choice: ColorChoice, stream: &impl IsTerminal) -> Self {
        let colors = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        Self { colors }
    }

    /// A text in the colour of a standing.
    pub fn paint(self, standing: Standing, text: &str) -> String {
        let ansi = match standing {
            Standing::Fail | Standing::Surprise => AnsiColor::Red.on_default().bold(),
            Standing::Known => AnsiColor::Yellow.on_default(),
            Standing::Unsupported | Standing::NoRun => AnsiColor::BrightBlack.on_default(),
            Standing::Pass => AnsiColor::Blue.on_default(),
        };
        self.with(ansi, text)
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.with(Ansi::new().bold(), text)
    }

    fn with(self, ansi: Ansi, text: &str) -> String {
        if self.colors { format!("{ansi}{text}{ansi:#}") } else { text.into() }
    }
}
