//! The program's commands. Each one's options stand beside what it does; this file only names them.

use std::io;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::check::CheckArgs;
use crate::config::Args;
use crate::demo::DemoArgs;
use crate::health::HealthArgs;
use crate::phone::PhoneArgs;

const EXIT_CODES: &str = "\
Exit codes: 0 it did what was asked, also after Ctrl-C or a request to terminate; 1 it could not, and said \
why; 2 the command line is wrong.";

/// Sightline: a phone's camera as a live object detector.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Args,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the pages and detect: what happens without a command, too
    Serve(Args),
    /// Serve with a clip in place of a phone, and open the viewer
    Demo(DemoArgs),
    /// Join a room as a phone whose camera shows a clip
    Phone(PhoneArgs),
    /// Tell in seconds whether this machine is ready to serve
    Check(CheckArgs),
    /// Tell by the exit code whether the server on this machine answers
    #[command(hide = true)]
    Health(HealthArgs),
    /// Print the completions for a shell
    Completions { shell: Shell },
    /// Write the manual pages
    Man {
        /// Folder for sightline.1 and a page for each command
        dir: PathBuf,
    },
}

pub fn print_completions(shell: Shell) {
    clap_complete::generate(shell, &mut Cli::command(), "sightline", &mut io::stdout());
}

pub fn write_manual(dir: PathBuf) -> io::Result<()> {
    std::fs::create_dir_all(&dir)?;
    clap_mangen::generate_to(Cli::command(), dir)
}
