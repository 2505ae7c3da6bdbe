//! The names of watches that are made for applications: of the application alone, and of the set where one makes it, so
//! that they are the same whenever they are made.

use sha2::{Digest as _, Sha256};

use crate::api::{AppId, RegionId};
use crate::domain::text::hex;

/// The longest name, in bytes: that of a DNS label, which tools put into labels and host names.
const LONGEST: usize = 63;
/// How many digits of the checksum end a name.
const DIGITS: usize = 8;
/// What stands for a name that has no letter or digit: a checksum alone could be taken for a number.
const NAMELESS: &str = "app";

/// `<set>-<name of the application>-<checksum of region and id>`. An application whose name is not known has no part in
/// the middle. It begins as the set's name does and ends with a digit of the checksum, so it is a DNS label whatever
/// stands between.
pub(super) fn watch_name(set: &str, region: &RegionId, app: &AppId, app_name: Option<&str>) -> String {
    let end = checksum(region, app);
    let most = LONGEST.saturating_sub(set.len() + 2 + DIGITS);
    let mut name = String::with_capacity(LONGEST);
    name.push_str(set);
    name.push('-');
    let middle = app_name.unwrap_or_default().chars().take(most);
    name.extend(middle.map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }));
    if name.len() > set.len() + 1 {
        name.push('-');
    }
    name.push_str(&end);
    name
}

/// `<name of the application>-<checksum>`: a DNS label, whatever the application is called.
pub fn manifest_name(region: &RegionId, app: &AppId, app_name: Option<&str>) -> String {
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = app_name.unwrap_or_default().chars().map(fitting).collect();
    let name = name.trim_matches('-');
    let name = name[..name.len().min(LONGEST - DIGITS - 1)].trim_end_matches('-');
    let name = if name.is_empty() { NAMELESS } else { name };
    format!("{name}-{}", checksum(region, app))
}

/// Whether a watch has the name that a set would give to the watch of this application, whatever the application's name.
pub(super) fn is_named_for(name: &str, region: &RegionId, app: &AppId) -> bool {
    name.ends_with(&checksum(region, app))
}

/// The first digits of the SHA-256 of `regionId/appId`, which tell applications of one name apart.
fn checksum(region: &RegionId, app: &AppId) -> String {
    let mut sum = Sha256::new();
    sum.update(region.as_str());
    sum.update("/");
    sum.update(app.as_str());
    hex(&sum.finalize()[..DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(set: &str, app_name: Option<&str>) -> String {
        watch_name(set, &"cn-a".parse().unwrap(), &"app-1".parse().unwrap(), app_name)
    }

    /// `printf cn-a/app-1 | sha256sum` begins with these digits.
    const SUM: &str = "5219c4c4";

    #[test]
    fn a_name_has_the_set_the_application_and_the_checksum() {
        let longest = format!("s-{}-{SUM}", "x".repeat(63 - 2 - 9));
        for (app_name, expected) in [
            (Some("Shop"), format!("s-shop-{SUM}")),
            (Some("a_b.c"), format!("s-a-b-c-{SUM}")),
            (Some("购-物"), format!("s-----{SUM}")),
            (Some("-"), format!("s---{SUM}")),
            (Some(""), format!("s-{SUM}")),
            (None, format!("s-{SUM}")),
            (Some(&"X".repeat(99)), longest),
        ] {
            assert_eq!(name("s", app_name), expected);
        }
    }

    #[test]
    fn a_set_with_a_long_name_leaves_less_for_the_application() {
        let set = "s".repeat(40);
        let name = name(&set, Some(&"x".repeat(36)));
        assert_eq!(name, format!("{set}-{}-{SUM}", "x".repeat(13)));
        assert_eq!(name.len(), 63);
    }

    fn manifest(app_name: Option<&str>) -> String {
        manifest_name(&"cn-a".parse().unwrap(), &"app-1".parse().unwrap(), app_name)
    }

    #[test]
    fn a_name_has_the_application_and_the_checksum() {
        let longest = format!("{}-{SUM}", "x".repeat(54));
        let cut_at_a_dash = format!("{}-{}", "x".repeat(53), "y".repeat(9));
        for (app_name, expected) in [
            (Some("Shop"), format!("shop-{SUM}")),
            (Some("a_b.c"), format!("a-b-c-{SUM}")),
            (Some("-a-"), format!("a-{SUM}")),
            (Some("2048"), format!("2048-{SUM}")),
            (Some("购-物"), format!("app-{SUM}")),
            (Some("\u{1b}[31mshop"), format!("31mshop-{SUM}")),
            (Some(""), format!("app-{SUM}")),
            (None, format!("app-{SUM}")),
            (Some(&"X".repeat(99)), longest),
            (Some(&cut_at_a_dash), format!("{}-{SUM}", "x".repeat(53))),
        ] {
            assert_eq!(manifest(app_name), expected, "{app_name:?}");
        }
    }

    #[test]
    fn two_applications_of_one_name_have_two_names() {
        let of = |region: &str, app: &str| {
            manifest_name(&region.parse().unwrap(), &app.parse().unwrap(), Some("shop"))
        };
        let names = [of("cn-a", "app-1"), of("cn-b", "app-1"), of("cn-a", "app-2")];
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
    }

    proptest! {
        #[test]
        fn every_name_is_a_dns_label(app_name in any::<String>()) {
            let name = manifest(Some(&app_name));
            prop_assert!(name.len() <= 63);
            prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!name.starts_with('-') && !name.ends_with('-'));
        }
    }
}
