//! How many files this process may have open, and how many connections that leaves room for.

use super::places::{KEPT_FOR_US, TOLD_AT_A_TIME};

/// What is open beside connections: streams, the port, the runtime's own, a tunnel's pipes; for moments the
/// model, the rooms' file, the certificate, a look at the network.
const OUR_OWN: usize = 48;
/// A connection, and the page or model that it may be sent.
const PER_CONNECTION: usize = 2;

/// `wanted` connections, or as many as there may be files for, which is said.
pub fn fitting_connections(wanted: usize) -> usize {
    let Some(files) = raised_limit() else {
        return wanted;
    };
    let fitting = connections_with(files);
    if fitting < wanted {
        let needed = files_for(wanted);
        tracing::warn!(
            "--max-connections is {fitting}, not {wanted}: this process may have only {files} files open; \
             start it where `ulimit -n` says {needed} or more (with Docker: --ulimit nofile={needed})"
        );
    }
    wanted.min(fitting)
}

/// Shells give much less than they may.
#[cfg(unix)]
fn raised_limit() -> Option<usize> {
    let raised = rlimit::increase_nofile_limit(u64::MAX)
        .inspect_err(|error| tracing::debug!("the limit of open files stays: {error}"))
        .or_else(|_| rlimit::Resource::NOFILE.get_soft());
    Some(usize::try_from(raised.ok()?).unwrap_or(usize::MAX))
}

/// Windows counts no files.
#[cfg(not(unix))]
fn raised_limit() -> Option<usize> {
    None
}

fn connections_with(files: usize) -> usize {
    let left = files.saturating_sub(files_for(0));
    (left / PER_CONNECTION).max(1)
}

fn files_for(connections: usize) -> usize {
    let served = connections.saturating_add(KEPT_FOR_US);
    // Who is only told so is sent no file.
    served
        .saturating_mul(PER_CONNECTION)
        .saturating_add(TOLD_AT_A_TIME + OUR_OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_connections_as_their_files_fit() {
        for connections in [1, 2, 100, 1024] {
            let needed = files_for(connections);
            assert_eq!(connections_with(needed), connections);
            assert_eq!(connections_with(needed + 1), connections);
            assert_eq!(connections_with(needed - 1), (connections - 1).max(1));
        }
        assert_eq!(connections_with(0), 1);
        assert!(connections_with(256) > 40, "what macOS gives is of use");
    }
}
