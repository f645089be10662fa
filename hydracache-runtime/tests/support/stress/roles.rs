//! Who takes part in a run: writers, readers, and one who keeps the tag table moving.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use tokio::task::yield_now;

use super::{Ask, Board, Upset};
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
        let upset = dice.pick(board.scenario.upsets);
        let intent = (upset == Upset::Intent).then(|| board.door.intent(key));
        let version = board.version(key).fetch_add(1, Ordering::SeqCst) + 1;
        if intent.is_some() {
            // The write takes its time, so that loads and fills meet it.
            dawdle(dice.roll(3)).await;
        }
        board.door.upset(upset, Row { key, version }, intent).await;
        if upset != Upset::Expire {
            board.settled(key).store(version, Ordering::SeqCst);
        }
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
        if ask == Ask::Bulk {
            ask_many(&board, &mut dice, key).await;
            continue;
        }
        let noted = match ask {
            Ask::Refreshing => board.settled(key),
            _ => board.acknowledged(key),
        };
        let noted = noted.load(Ordering::SeqCst);
        let answer = match ask {
            Ask::Get => board.door.get(key).await,
            Ask::Load => board.door.load(key, load(&board, key, dice.roll(5))).await,
            Ask::Abandon => {
                poll_once(board.door.load(key, load(&board, key, 1 + dice.roll(5)))).await;
                board.door.get(key).await
            }
            Ask::Fill => {
                board.door.fill(key, load(&board, key, dice.roll(5))).await;
                board.door.get(key).await
            }
            Ask::Refreshing => {
                let fails = dice.roll(4) == 0;
                board.door.refresh(key, try_load(&board, key, dice.roll(5), fails)).await
            }
            Ask::Bulk => unreachable!("it is about several keys"),
        };
        check(&board, ask, key, noted, answer);
        board.reads.fetch_add(1, Ordering::Relaxed);
        if dice.roll(8) == 0 {
            yield_now().await;
        }
    }
}

/// Asks for a few keys in one call, and checks each answer.
async fn ask_many(board: &Arc<Board>, dice: &mut Dice, first: u64) {
    let (step, steps) = (1 + dice.roll(board.scenario.keys - 1), dice.roll(5));
    let keys: Vec<u64> = (0..4).map(|n| (first + n * step) % board.scenario.keys).collect();
    let noted: Vec<u64> = keys.iter().map(|key| board.acknowledged(*key).load(Ordering::SeqCst)).collect();
    let extra = (first + 1) % board.scenario.keys;
    let load = |mut missing: Vec<u64>| {
        let board = Arc::clone(board);
        async move {
            missing.push(extra);
            let row = |key: u64| Row { key, version: board.version(key).load(Ordering::SeqCst) };
            let rows: Vec<Row> = missing.into_iter().map(row).collect();
            dawdle(steps).await;
            rows
        }
    };
    board.reads.fetch_add(1, Ordering::Relaxed);
    let Some(found) = board.door.many(&keys, extra, load).await else { return };
    for (key, noted) in keys.iter().zip(noted) {
        check(board, Ask::Bulk, *key, noted, found.get(key).copied());
    }
    if found.len() < keys.iter().collect::<std::collections::HashSet<_>>().len() {
        board.violation(|| format!("a bulk call of {keys:?} got {found:?}"));
    }
}

/// As `load`, and may fail.
fn try_load(
    board: &Arc<Board>,
    key: u64,
    steps: u64,
    fails: bool,
) -> impl Future<Output = std::io::Result<Row>> + Send + 'static {
    let load = load(board, key, steps);
    async move {
        let row = load.await;
        if fails { Err(std::io::Error::other("the source is down")) } else { Ok(row) }
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
