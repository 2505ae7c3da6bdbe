//! Six hours of sixteen applications, with all that happens to applications: what the picture of the dashboard shows.

use saewatch::domain::ObservedInstance;
use serde_json::json;

use crate::sae::{Application, healthy, instance, unready};
use crate::world::World;

/// How long it takes.
pub const MINUTES: u64 = 360;

/// Each watch, and how many instances its application has.
const WATCHES: [(&str, usize); 16] = [
    ("shop/web", 6),
    ("shop/cart", 4),
    ("shop/checkout", 3),
    ("shop/search", 4),
    ("payments/gateway", 4),
    ("payments/ledger", 3),
    ("payments/invoices", 2),
    ("payments/fraud", 2),
    ("logistics/tracking", 3),
    ("logistics/labels", 2),
    ("logistics/routes", 2),
    ("media/images", 5),
    ("media/videos", 2),
    ("office/mail", 2),
    ("office/reports", 0),
    ("office/wiki", 1),
];

/// A world in which all of them are well.
pub fn begin() -> World {
    let mut world = World::new();
    world.calls_per_minute = 30;
    world.sae.take_its_time(1);
    for (watch, instances) in WATCHES {
        world.sae.run(&app(watch), named(watch, Application::healthy(instances)));
        world.declare(watch, &app(watch));
    }
    // It selects none of them, so it makes no watch: for its sake the region is listed, and the coverage known.
    world.follows_sets = true;
    world.cluster.declare_set("batch", &json!({"selector": {"names": ["batch-*"]}, "template": {}}));
    world.start();
    world
}

/// What happens in a minute of it.
pub fn happen(minute: u64, world: &World) {
    let change = |watch: &str, change: &dyn Fn(&mut Application)| {
        world.sae.change(&app(watch), |application| {
            change(application);
            *application = named(watch, application.clone());
        });
    };
    match minute {
        // A rollout: one instance after the other is replaced.
        40..58 => change("shop/web", &|web| roll_out(web, minute - 40, 3)),
        // A release that cannot live, and the one before it again.
        95 | 99 => change("payments/ledger", &|ledger| crash(ledger, usize::from(minute == 99))),
        100..128 if minute.is_multiple_of(5) => change("payments/ledger", &crash_again),
        128 => change("payments/ledger", &|ledger| *ledger = Application::healthy(3)),
        // A readiness probe that fails, here and there.
        160 | 166 => change("media/images", &|images| fail_probe(images, usize::from(minute == 166))),
        187 => change("media/images", &|images| *images = Application::healthy(5)),
        // More instances for the busy hour, and fewer after it.
        205 => change("shop/checkout", &|checkout| scale(checkout, 6, "ContainerCreating")),
        208 => change("shop/checkout", &|checkout| scale(checkout, 6, "Running")),
        318 => change("shop/checkout", &|checkout| *checkout = Application::healthy(3)),
        // Somebody else spends the whole quota of the account.
        240 => world.sae.limit(0),
        248 => world.sae.mend(),
        // What is not well at the end.
        344 => change("office/mail", &|mail| fail_probe(mail, 0)),
        // One is gone, while its watch stays.
        346 => world.sae.delete(&app("office/wiki")),
        348 => change("logistics/routes", &|routes| *routes = pulling(2)),
        352..360 => change("shop/search", &|search| roll_out(search, minute - 352, 3)),
        _ => {}
    }
}

/// The id of a watch's application: SAE's are UUIDs.
fn app(watch: &str) -> String {
    let number = WATCHES.iter().position(|(name, _)| *name == watch).unwrap() + 1;
    format!("{:08x}-5f5b-4512-a7fc-56049ef1{number:04x}", number * 0x0b2a_8a93)
}

/// The application with the name that it has in SAE.
fn named(watch: &str, application: Application) -> Application {
    Application { name: Some(watch.replace('/', "-")), namespace: Some("cn-hangzhou".into()), ..application }
}

/// Replaces an instance every so many minutes; each takes a minute less than that to come up.
fn roll_out(application: &mut Application, minute: u64, every: u64) {
    let number = usize::try_from(minute / every).unwrap();
    let Some(one) = application.instances.get_mut(number) else { return };
    let id = format!("i-{number}-new");
    *one = if minute % every == every - 1 {
        ObservedInstance { image: Some("shop:2".into()), ..healthy(&id) }
    } else {
        instance(&id, "ContainerCreating")
    };
}

fn crash(application: &mut Application, number: usize) {
    let id = application.instances[number].id.clone();
    application.instances[number] =
        ObservedInstance { restarts: Some(1), ..instance(&id, "CrashLoopBackOff") };
}

fn crash_again(application: &mut Application) {
    let crashing = application.instances.iter_mut().filter(|one| one.restarts != Some(0));
    crashing.for_each(|one| one.restarts = one.restarts.map(|restarts| restarts + 1));
}

fn fail_probe(application: &mut Application, number: usize) {
    let id = application.instances[number].id.clone();
    application.instances[number] = unready(&id, "readiness probe failed: HTTP 503");
}

fn scale(application: &mut Application, to: usize, container: &str) {
    application.scale(i64::try_from(to).unwrap());
    application.instances.truncate(3);
    let more = (3..to).map(|number| match container {
        "Running" => healthy(&format!("i-{number}")),
        other => instance(&format!("i-{number}"), other),
    });
    application.instances.extend(more);
}

fn pulling(count: usize) -> Application {
    Application::of((0..count).map(|number| instance(&format!("i-{number}-new"), "ImagePullBackOff")))
}
