//! Arguments in, exit code out.

fn main() {
    print!("{}", saewatch::api::crd_yaml().unwrap_or_default());
}
