//! A free port, which somebody else may take before the server has it.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;

/// How many ports are tried.
const ATTEMPTS: u32 = 3;

/// What the logs of both servers say of a port that is taken, as the C library words it.
const TAKEN: &str = "Address already in use";

/// Starts something at a free port; at another one when the port was taken meanwhile.
pub(super) fn on_free_one<T>(mut start: impl FnMut(u16) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut attempt = 1;
    loop {
        match start(free()?) {
            Err(error) if attempt < ATTEMPTS && format!("{error:#}").contains(TAKEN) => attempt += 1,
            result => return result,
        }
    }
}

/// A port at which nobody listens at this moment.
fn free() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_taken_port_is_followed_by_another_one() {
        let mut tried = 0;
        let port = on_free_one(|port| {
            tried += 1;
            if tried == 1 {
                bail!("could not bind: {TAKEN}")
            }
            Ok(port)
        });
        assert!(port.unwrap() > 0);
        assert_eq!(tried, 2);
    }

    #[test]
    fn it_ends_after_some_attempts_and_at_once_for_any_other_reason() {
        for (reason, attempts) in [(TAKEN, ATTEMPTS), ("no space left", 1)] {
            let mut tried = 0;
            let result: anyhow::Result<()> = on_free_one(|_| {
                tried += 1;
                Err(anyhow::anyhow!(reason).context("it did not start"))
            });
            assert!(result.is_err());
            assert_eq!(tried, attempts, "{reason}");
        }
    }
}
