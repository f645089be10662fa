//! Who takes part in a run: writers, readers, and one who keeps the tag table moving.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use tokio::task::yield_now;

use super::{Ask, Board};
use crate::support::Dice;
use crate::support::source::Row;

/// Writes the keys that are its own until the rounds are used up.
pub(super) async fn write(board: Arc<Board>, number: u64, writers: u64) {
    let mut dice = Dice::new(0xA000 + number);
    let own = board.scenario.keys / writers;
    for _ in 0..board.scenario.rounds / writers {
        if board.is_over() {
            return;
        }
        let key = dice.roll(own) * writers + number;
        let version = board.version(key).fetch_add(1, Ordering::SeqCst) + 1;
        let upset = dice.pick(board.scenario.upsets);
        board.door.upset(upset, Row { key, version }).await;
        board.acknowledged(key).store(version, Ordering::SeqCst);
        board.rounds.fetch_add(1, Ordering::Relaxed);
        // Long enough for readers to store something that the next round can overtake.
        dawdle(dice.roll(4)).await;
    }
}

/// Asks for random keys and checks each answer.
pub(super) async fn read(board: Arc<Board>, number: u64) {
    let mut dice = Dice::new(0xB000 + number);
    while !board.is_over() {
        let key = dice.roll(board.scenario.keys);
        let ask = dice.pick(board.scenario.asks);
        let noted = board.acknowledged(key).load(Ordering::SeqCst);
        let answer = match ask {
            Ask::Get => board.door.get(key).await,
            Ask::Load => Some(board.door.load(key, load(&board, key, dice.roll(5))).await),
            Ask::Abandon => {
                poll_once(board.door.load(key, load(&board, key, 1 + dice.roll(5)))).await;
                board.door.get(key).await
            }
            Ask::Fill => {
                board.door.fill(key, load(&board, key, dice.roll(5))).await;
                board.door.get(key).await
            }
        };
        check(&board, ask, key, noted, answer);
        board.reads.fetch_add(1, Ordering::Relaxed);
        if dice.roll(8) == 0 {
            yield_now().await;
        }
    }
}

fn check(board: &Board, ask: Ask, key: u64, noted: u64, answer: Option<Row>) {
    let Some(row) = answer else { return };
    if row.key != key {
        board.violation(|| format!("{ask:?} of key {key} got the row of key {}", row.key));
    }
    if row.version < noted {
        board.violation(|| {
            format!("{ask:?} of key {key} got version {}, and {noted} was acknowledged before", row.version)
        });
    }
}

/// Reads the source at once and returns late.
fn load(board: &Arc<Board>, key: u64, steps: u64) -> impl Future<Output = Row> + Send + 'static {
    let board = Arc::clone(board);
    async move {
        let version = board.version(key).load(Ordering::SeqCst);
        dawdle(steps).await;
        Row { key, version }
    }
}

/// Invalidates tags that nothing carries, so that remembered ones are pushed out of their rings, and sweeps, so that
/// cells of tags die and are born again.
pub(super) async fn disturb(board: Arc<Board>) {
    let mut dice = Dice::new(0xC000);
    while !board.is_over() {
        for _ in 0..dice.roll(200) {
            board.door.cache().invalidate_tag(format!("nobody:{}", dice.roll(1 << 20))).fire();
        }
        board.door.cache().sweep();
        dawdle(20).await;
    }
}

async fn dawdle(steps: u64) {
    for _ in 0..steps {
        yield_now().await;
    }
}

/// Polls a call once and drops it: its caller went away.
async fn poll_once(call: impl Future) {
    let mut call = pin!(call);
    poll_fn(|context| {
        let _ = call.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}
