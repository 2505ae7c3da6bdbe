//! What `saewatch discover` prints goes into Git, and from there to the API server.

use sae_simulator::Application;
use serde_json::Value;

use crate::support::World;

/// The applications of the world, as `discover` prints them.
fn discover(world: &World, arguments: &[&str]) -> String {
    let mut command = World::bare_command();
    command.env("SAEWATCH_ENDPOINT", world.sae.regional_endpoint()).args([
        "discover",
        "--region",
        "cn-beijing",
    ]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// An application as SAE names them, one of the same name, and two of names that no object can have.
async fn world() -> World {
    let world = World::new().await;
    for (id, name) in [
        ("7171a6ca-d1cd-4928-8642-7d5cfe69a1a1", "shop"),
        ("f7730764-d88f-4b9a-8d8e-cd8efbfe56b3", "shop"),
        ("Odd_1.x", "购物\u{1b}[31m"),
        ("long", &"X".repeat(400)),
    ] {
        world.sae.put_application(Application::new(id).named(name).in_region("cn-beijing"));
    }
    world
}

#[tokio::test]
async fn the_api_server_accepts_what_discover_prints() {
    let world = world().await;
    for format in ["yaml", "json"] {
        let manifests = discover(&world, &["-o", format, "-n", &world.namespace, "--account-ref", "prod"]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &manifests).unwrap();
        let file = file.path().to_str().unwrap();
        let applied = world.kubectl(&["apply", "--server-side", "-f", file, "-o", "name"]).await;
        // kubectl names them as `discover -o name` does, in the same order.
        assert_eq!(applied, discover(&world, &["-o", "name"]), "{manifests}");
        let list: Value = serde_json::from_str(&world.kubectl(&["get", "saw", "-o", "json"]).await).unwrap();
        let watches = list["items"].as_array().unwrap();
        assert_eq!(watches.len(), 4);
        for watch in watches {
            assert_eq!(
                (&watch["spec"]["regionId"], &watch["spec"]["accountRef"]["name"]),
                (&"cn-beijing".into(), &"prod".into())
            );
        }
        world.kubectl(&["delete", "-f", file]).await;
    }
}
