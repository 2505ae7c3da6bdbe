//! Jitter without a random number generator: a target always has the same, so that a restart and a replayed test
//! see the same world.

use sha2::{Digest, Sha256};

use crate::api::RegionId;
use crate::domain::{Named, Target};

/// What the jitter of one target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seed(u64);

/// Where in each period a target's fixed point lies, in parts of 2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phase(u64);

impl Seed {
    /// Of this target. It must not change from one version to the next, since the fixed points of the
    /// target's polls hang on it; so it is a published hash and not the standard library's.
    pub(crate) fn new(target: &Target) -> Self {
        let Target { account, region, app, groups, instance, pipeline } = target;
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update(text);
            // A byte that no identifier holds, so that moving a character to the next field is another hash.
            hash.update([0]);
        };
        field(region.as_str());
        field(app.as_str());
        field(if groups.is_some() { "named" } else { "all" });
        for group in groups.iter().flatten() {
            field(group.as_str());
        }
        field("filters");
        field(instance.as_ref().map_or("", |id| id.as_str()));
        field(pipeline.as_ref().map_or("", |id| id.as_str()));
        // Nothing for the operator's own keys: the fixed points of a watch without an account stay where they were.
        if let Some(account) = account {
            field(account.name.as_str());
            field(account.id.as_str());
        }
        Self::first_bytes(&hash.finalize())
    }

    /// Of a name that has no id yet; for backoff only.
    pub(crate) fn of_name(region: &RegionId, named: &Named) -> Self {
        let digest = Sha256::new()
            .chain_update(region.as_str())
            .chain_update([0])
            .chain_update(named.namespace.as_str())
            .chain_update([0])
            .chain_update(named.name.as_str())
            .finalize();
        Self::first_bytes(&digest)
    }

    fn first_bytes(digest: &[u8]) -> Self {
        Self(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
    }

    /// A seed for tests.
    #[cfg(test)]
    pub(crate) fn from_u64(seed: u64) -> Self {
        Self(seed)
    }

    /// The phase of the target, while targets are not ranked.
    pub(crate) fn phase(self) -> Phase {
        Phase(self.0)
    }

    /// The `n`th jitter, from 0 up to and without 1.
    pub(crate) fn jitter(self, n: u64) -> f64 {
        // One round of SplitMix64: every bit of the seed and of n reaches every bit of the jitter.
        let mut jitter = self.0.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        jitter = (jitter ^ (jitter >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        jitter = (jitter ^ (jitter >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        jitter ^= jitter >> 31;
        // 53 bits are what an f64 holds exactly.
        (jitter >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl Phase {
    /// The phase of the `rank`th of `count` targets in the order of their seeds. It lies close to the one of its seed
    /// (with 500 targets some 2 % away), but all of them together lie evenly.
    pub(crate) fn of_rank(rank: usize, count: usize) -> Self {
        let parts = ((rank as u128) << 64) / (count.max(1) as u128);
        Self(u64::try_from(parts).unwrap_or(u64::MAX))
    }

    /// How many nanoseconds of a period have passed at this phase.
    pub(crate) fn nanos(self, period_nanos: u128) -> u128 {
        (u128::from(self.0) * period_nanos) >> 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;

    fn target(app: usize) -> Target {
        Target {
            account: None,
            region: "cn-hangzhou".parse().unwrap(),
            app: format!("app-{app}").parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        }
    }

    fn of_account(name: &str) -> Target {
        let account = Account { name: name.parse().unwrap(), id: "1234567890".parse().unwrap() };
        Target { account: Some(account.into()), ..target(1) }
    }

    #[test]
    fn the_seed_of_a_target_never_changes() {
        // Another value would move the fixed points of all targets with an upgrade.
        let named = Target { groups: Some(["g-1", "g-2"].map(|id| id.parse().unwrap()).into()), ..target(1) };
        let filtered = Target {
            instance: Some("i-1".parse().unwrap()),
            pipeline: Some("p-1".parse().unwrap()),
            ..target(1)
        };
        let elsewhere = Target { region: "ap-southeast-1".parse().unwrap(), ..target(1) };
        for (target, seed) in [
            (target(1), 14_941_243_221_435_680_657),
            (target(2), 4_890_244_689_150_402_117),
            (named, 138_881_882_646_968_294),
            (filtered, 9_706_789_661_110_245_105),
            (elsewhere, 4_342_659_855_982_195_451),
            (of_account("prod"), 7_866_016_771_248_017_683),
        ] {
            assert_eq!(Seed::new(&target), Seed(seed), "{target:?}");
        }
    }

    #[test]
    fn an_application_that_is_watched_through_two_accounts_has_two_seeds() {
        assert_ne!(Seed::new(&of_account("prod")), Seed::new(&of_account("test")));
    }

    #[test]
    fn no_groups_named_is_another_target_than_all_of_them_named() {
        let named = Target { groups: Some(["g".parse().unwrap()].into()), ..target(1) };
        let filtered = Target { instance: Some("g".parse().unwrap()), ..target(1) };
        assert_ne!(Seed::new(&named), Seed::new(&target(1)));
        assert_ne!(Seed::new(&named), Seed::new(&filtered));
    }

    #[test]
    fn phases_and_jitters_spread() {
        let seeds: Vec<Seed> = (0..1000).map(|app| Seed::new(&target(app))).collect();
        for half in [0.25, 0.5, 0.75] {
            let below = |part: f64| (part * 1000.0 - 60.0, part * 1000.0 + 60.0);
            let phases =
                seeds.iter().filter(|seed| f64::from((seed.0 >> 32) as u32) / 4_294_967_296.0 < half);
            let jitters = seeds.iter().filter(|seed| seed.jitter(3) < half);
            for count in [phases.count(), jitters.count()] {
                let (least, most) = below(half);
                assert!(
                    (least..most).contains(&f64::from(u32::try_from(count).unwrap())),
                    "{count} of {half}"
                );
            }
        }
    }

    #[test]
    fn ranks_lie_evenly() {
        let minute = 60_000_000_000;
        assert_eq!(Phase::of_rank(0, 4).nanos(minute), 0);
        assert_eq!(Phase::of_rank(3, 4).nanos(minute), minute * 3 / 4);
    }
}
