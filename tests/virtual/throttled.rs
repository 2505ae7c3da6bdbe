//! An account that is over its quota from the first moment: nobody is blamed, and nobody waits in silence.

use saewatch::sae::Class;

use crate::sae::{Application, error};
use crate::world::World;

const WATCHES: [&str; 5] = ["one", "two", "three", "four", "five"];

#[tokio::test(start_paused = true)]
async fn watches_without_any_answer_say_so_after_heartbeat_and_three_intervals() {
    let mut world = World::new();
    for watch in WATCHES {
        world.sae.run(watch, Application::healthy(1));
        world.declare(watch, watch);
    }
    world.sae.fail(error(Class::Throttled(None), "Throttling.User"));
    world.start();
    world.minutes(7).await;
    for watch in WATCHES {
        assert_eq!(world.says(watch, "Ready"), "Unknown AwaitingFirstAnswer", "{watch}");
        let message = world.condition(watch, "Ready").unwrap().message;
        assert!(message.contains("Throttling.User"), "{watch} says what it waits for: {message}");
    }
    world.minutes(2).await;
    for watch in WATCHES {
        assert_eq!(world.says(watch, "Ready"), "False Throttled", "{watch}");
        assert_eq!(world.says(watch, "Reconciling"), "True RetryingAfterFailure", "{watch}");
        assert_eq!(world.says(watch, "AppHealthy"), "Unknown HealthUnknown", "{watch}");
    }
    world.sae.mend();
    world.minutes(3).await;
    for watch in WATCHES {
        assert_eq!(world.says(watch, "Ready"), "True Observed", "{watch}");
    }
}
