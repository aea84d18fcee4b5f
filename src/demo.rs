//! The demo: the server, a virtual phone in its first room, and the viewer in the user's browser.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::config;
use crate::protocol::Mode;
use crate::{Config, Server};
#[cfg(feature = "phone")]
use crate::{
    lan,
    logging::say,
    phone::{self, Clip, JoinArgs},
};

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// VP8 clip in an IVF file, shown in a loop in place of a camera
    #[arg(long, value_name = "FILE", default_value = "bench/clips/people.ivf")]
    pub clip: PathBuf,
    /// Do not open the viewer in the browser
    #[arg(long)]
    pub no_open: bool,
    #[command(flatten)]
    pub serve: config::Args,
}

impl DemoArgs {
    /// The server's configuration. Its own machine infers unless told otherwise: a browser would first have to
    /// load the model.
    pub fn config(&self) -> Result<Config> {
        ensure!(
            !self.serve.container,
            "the demo needs the computer itself: in a container there is no room for its phone"
        );
        let mut args = self.serve.clone();
        let chosen = args.mode.is_some();
        args.mode.get_or_insert(Mode::Server);
        let mut config = Config::try_from(args)?;
        if !chosen {
            config.mode_reason = "the demo's choice".to_owned();
        }
        Ok(config)
    }
}

/// What a demo has beside the server.
pub struct Demo {
    #[cfg(feature = "phone")]
    clip: Clip,
    #[cfg(feature = "phone")]
    opens_viewer: bool,
    #[cfg(feature = "phone")]
    state_dir: Option<PathBuf>,
}

#[cfg(not(feature = "phone"))]
impl Demo {
    pub fn prepare(_args: &DemoArgs) -> Result<Self> {
        Err(crate::phone::missing())
    }

    pub async fn run(self, _server: &Server, _stop: impl Future<Output = ()>) {}
}

#[cfg(feature = "phone")]
impl Demo {
    /// A bad clip is told before anything starts.
    pub fn prepare(args: &DemoArgs) -> Result<Self> {
        Ok(Self {
            clip: Clip::open(&args.clip)?,
            opens_viewer: !args.no_open,
            state_dir: args.serve.state_dir.clone(),
        })
    }

    /// Beside `server.serve()`. The server goes on without the phone, for a real one that took over.
    pub async fn run(self, server: &Server, stop: impl Future<Output = ()>) {
        say(
            "  Demo: the viewer shows a recorded clip, no camera. A phone that scans the code may take over.",
        );
        if lan::likely_ipv4().is_empty() {
            say(
                "  This computer is on no network: browsers connect to nothing then, not even to this computer.",
            );
        }
        let viewer = server.viewer_url();
        if self.opens_viewer
            && let Err(error) = open::that_detached(&viewer)
        {
            tracing::debug!("no browser: {error}");
            say(&format!(
                "  No browser opens by itself: open {viewer} in Chrome, Edge or Chromium."
            ));
        }
        let Some(join_url) = server.local_join_url() else {
            return;
        };
        let join = JoinArgs {
            takeover: false,
            insecure: false,
            state_dir: self.state_dir,
            join_url,
        };
        if let Err(error) = phone::join(&join, self.clip, stop).await {
            say(&format!("phone: {error:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoArgs,
    }

    #[test]
    fn a_container_is_no_place_for_it() {
        let line = Line::parse_from(["demo", "--container"]);
        let refusal = line.demo.config().expect_err("no room for its phone");
        assert!(refusal.to_string().contains("a container"), "{refusal}");
    }
}
