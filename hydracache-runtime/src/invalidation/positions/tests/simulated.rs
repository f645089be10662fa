//! Publishers that restart, a bus that loses, repeats, delays and overtakes, and a receiver that does what it is told:
//! in the end, each message was applied, or everything was dropped after it was published.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What happens to a message on its way.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    ArrivesTwice,
    /// It arrives when so many more steps were done.
    IsLate(usize),
    /// It never arrives, and the bus has it for those who ask.
    IsMissed,
    /// It never arrives, and nobody has it.
    IsLost,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Publish(usize, bool, Fate),
    /// The publisher begins anew, in another generation, and announces itself.
    Restart(usize),
    /// The receiver is told that it missed whatever is late, and subscribes anew.
    Lag,
    /// The receiver ends up with a bus that cannot tell positions.
    LagBlindly,
}

/// Everything that happens gets a number, so that "after" has a meaning.
#[derive(Default)]
struct World {
    now: usize,
    heads: [(u64, u64); PUBLISHERS],
    /// What the bus gives out again.
    kept: BTreeMap<(String, u64, u64), CacheInvalidationMessage>,
    published: BTreeMap<Id, usize>,
    applied: BTreeSet<Id>,
    flushed: Option<usize>,
    late: Vec<(usize, CacheInvalidationMessage)>,
    ends: BTreeMap<(String, u64), u64>,
}

type Id = (String, u64, u64);

const PUBLISHERS: usize = 2;

fn id(message: &CacheInvalidationMessage) -> Id {
    (message.publisher().to_owned(), message.generation(), message.sequence())
}

fn name(publisher: usize) -> String {
    format!("node-{publisher}")
}

impl World {
    fn new() -> Self {
        let mut world = Self::default();
        for (publisher, head) in world.heads.iter_mut().enumerate() {
            *head = (generation(publisher, 0), 0);
        }
        world
    }

    /// All of a range, if the bus has them, up to what was published.
    fn replay(&self, gap: &Gap) -> Option<Vec<CacheInvalidationMessage>> {
        let end = *self.ends.get(&(gap.publisher().to_owned(), gap.generation()))?;
        let numbers = *gap.missing().start()..=end.min(*gap.missing().end());
        let of = |sequence| self.kept.get(&(gap.publisher().to_owned(), gap.generation(), sequence)).cloned();
        numbers.map(of).collect()
    }

    fn apply(&mut self, message: &CacheInvalidationMessage) {
        if *message.invalidation() == CacheInvalidation::Flush {
            self.flushed = Some(self.now);
        }
        if message.is_numbered() {
            self.applied.insert(id(message));
        }
    }

    /// Does what a verdict asks for.
    fn obey(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Gap(gaps) => {
                for gap in gaps {
                    match self.replay(&gap) {
                        Some(messages) if gap.is_filled_by(&messages) => {
                            for message in &messages {
                                self.apply(message);
                            }
                        }
                        _ => self.flushed = Some(self.now),
                    }
                }
            }
            Verdict::Flush => self.flushed = Some(self.now),
            Verdict::Own => unreachable!("the receiver publishes nothing"),
            Verdict::Apply | Verdict::UpToDate | Verdict::Duplicate | Verdict::Covered => {}
        }
    }

    fn receive(&mut self, positions: &mut Positions, message: &CacheInvalidationMessage) {
        let verdict = positions.judge(message);
        self.obey(verdict);
        self.apply(message);
        positions.applied(message);
    }

    fn receive_late(&mut self, positions: &mut Positions, until: usize) {
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(when, _)| *when <= until);
        self.late = late;
        let due: Vec<_> = due;
        for (_, message) in &due {
            self.receive(positions, message);
        }
    }

    fn resubscribe(&mut self, positions: &mut Positions, tells: bool) {
        self.late.clear();
        let told = self.ends.iter().map(|((name, generation), end)| at(name, *generation, *end));
        let baseline: Vec<_> = told.filter(|_| tells).collect();
        let verdict = positions.compare(&baseline);
        self.obey(verdict);
        positions.rebase(&baseline);
    }

    fn announce(&mut self, positions: &mut Positions, publisher: usize) {
        let (generation, sequence) = self.heads[publisher];
        self.ends.insert((name(publisher), generation), sequence);
        self.receive(positions, &with(&name(publisher), generation, sequence, CacheInvalidation::Position));
    }

    fn publish(&mut self, positions: &mut Positions, publisher: usize, flush: bool, fate: Fate) {
        let (generation, sequence) = &mut self.heads[publisher];
        *sequence += 1;
        let what = if flush { CacheInvalidation::Flush } else { CacheInvalidation::Key("k".into()) };
        let message = with(&name(publisher), *generation, *sequence, what);
        self.ends.insert((name(publisher), *generation), *sequence);
        self.published.insert(id(&message), self.now);
        if !matches!(fate, Fate::IsLost) {
            self.kept.insert(id(&message), message.clone());
        }
        match fate {
            Fate::Arrives => self.receive(positions, &message),
            Fate::ArrivesTwice => (0..2).for_each(|_| self.receive(positions, &message)),
            Fate::IsLate(steps) => self.late.push((self.now + steps, message)),
            Fate::IsMissed | Fate::IsLost => {}
        }
    }
}

/// Generations have no order.
fn generation(publisher: usize, restarts: usize) -> u64 {
    [5, 3, 9, 1, 7, 2, 8, 4, 6][restarts % 9] + 10 * (publisher + restarts / 9) as u64
}

fn any_step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        4 => Just(Fate::Arrives),
        1 => Just(Fate::ArrivesTwice),
        2 => (1_usize..6).prop_map(Fate::IsLate),
        2 => Just(Fate::IsMissed),
        1 => Just(Fate::IsLost),
    ];
    prop_oneof![
        20 => (0..PUBLISHERS, prop::bool::weighted(0.05), fate).prop_map(|(who, flush, fate)| Step::Publish(who, flush, fate)),
        2 => (0..PUBLISHERS).prop_map(Step::Restart),
        1 => Just(Step::Lag),
        1 => Just(Step::LagBlindly),
    ]
}

fn run(steps: &[Step]) -> World {
    let mut positions = Positions::new("me", 1);
    let (mut world, mut restarts) = (World::new(), [0; PUBLISHERS]);
    for publisher in 0..PUBLISHERS {
        world.announce(&mut positions, publisher);
    }
    for step in steps {
        world.now += 1;
        world.receive_late(&mut positions, world.now);
        match *step {
            Step::Publish(publisher, flush, fate) => world.publish(&mut positions, publisher, flush, fate),
            Step::Restart(publisher) => {
                restarts[publisher] += 1;
                world.heads[publisher] = (generation(publisher, restarts[publisher]), 0);
                world.announce(&mut positions, publisher);
            }
            Step::Lag => world.resubscribe(&mut positions, true),
            Step::LagBlindly => world.resubscribe(&mut positions, false),
        }
    }
    world.now += 1;
    world.receive_late(&mut positions, usize::MAX);
    for publisher in 0..PUBLISHERS {
        world.announce(&mut positions, publisher);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_is_lost_silently(steps in prop::collection::vec(any_step(), 0..60)) {
        let world = run(&steps);
        for (message, published) in &world.published {
            let dropped_after = world.flushed.is_some_and(|flushed| flushed >= *published);
            prop_assert!(
                world.applied.contains(message) || dropped_after,
                "{message:?} was published in step {published} and neither applied nor covered"
            );
        }
    }

    #[test]
    fn nothing_is_dropped_while_everything_arrives_or_can_be_had(
        steps in prop::collection::vec(any_step(), 0..60)
    ) {
        let mut restarts = [0; PUBLISHERS];
        let mut harmless = |step: &Step| match *step {
            Step::LagBlindly | Step::Publish(_, _, Fate::IsLost) | Step::Publish(_, true, _) => false,
            Step::Restart(publisher) => {
                restarts[publisher] += 1;
                restarts[publisher] < MAX_GENERATIONS
            }
            _ => true,
        };
        let steps: Vec<_> = steps.into_iter().filter(&mut harmless).collect();
        let world = run(&steps);
        prop_assert_eq!(world.flushed, None);
    }
}
