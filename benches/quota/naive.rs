//! The naive round robin: one DescribeApplicationInstances an application, in turn, at the same pace.

use std::time::Duration;

use saewatch::sae::{Ask, InstancesCall};
use tokio::time::{Instant, sleep_until};

use crate::world::operator::{Look, Watch};
use crate::world::sae::Sae;

/// Looks at `apps` applications in turn until the world is so old.
pub async fn round_robin(sae: &Sae, apps: usize, calls_per_minute: u32, until: Duration) -> Vec<Look> {
    let spacing = Duration::from_secs(60) / calls_per_minute;
    let (mut looks, mut next) = (Vec::new(), Instant::now());
    for app in (0..apps).cycle() {
        if sae.passed() >= until {
            break;
        }
        next += spacing;
        sleep_until(next).await;
        let call = InstancesCall::first(&Watch::new(app).target(), "g-0");
        let Ok(page) = sae.ask(&call, Duration::from_secs(10)).await else { continue };
        let count = |word: &str| {
            let fits = |one: &&saewatch::domain::ObservedInstance| {
                one.container.as_deref() == Some(word) || one.health.as_deref() == Some(word)
            };
            page.entries.iter().filter(fits).count()
        };
        let (running, unready) = (count("Running"), count("ReadinessUnhealthy"));
        looks.push(Look { at: sae.passed(), app, running, unready });
    }
    looks
}
