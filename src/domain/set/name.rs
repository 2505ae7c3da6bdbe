//! The name of the manifest of an application that nobody has named: of the application alone, so that it is the same
//! whoever asks, and whenever.

use sha2::{Digest as _, Sha256};

use crate::api::{AppId, RegionId};
use crate::domain::text::hex;

/// The longest name, in bytes: that of a DNS label, which tools put into labels and host names.
const LONGEST: usize = 63;
/// How many digits of the checksum end a name.
const DIGITS: usize = 8;
/// What stands for a name that has no letter or digit: a checksum alone could be taken for a number.
const NAMELESS: &str = "app";

/// `<name of the application>-<checksum>`: a DNS label, whatever the application is called.
pub fn manifest_name(region: &RegionId, app: &AppId, app_name: Option<&str>) -> String {
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = app_name.unwrap_or_default().chars().map(fitting).collect();
    let name = name.trim_matches('-');
    let name = name[..name.len().min(LONGEST - DIGITS - 1)].trim_end_matches('-');
    let name = if name.is_empty() { NAMELESS } else { name };
    format!("{name}-{}", app_suffix(region, app))
}

/// The first digits of the SHA-256 of `regionId/appId`, which tell applications of one name apart.
pub fn app_suffix(region: &RegionId, app: &AppId) -> String {
    let sum = Sha256::digest(format!("{region}/{app}"));
    hex(&sum[..DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(app_name: Option<&str>) -> String {
        manifest_name(&"cn-a".parse().unwrap(), &"app-1".parse().unwrap(), app_name)
    }

    /// `printf cn-a/app-1 | sha256sum` begins with these digits.
    const SUM: &str = "5219c4c4";

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
            assert_eq!(name(app_name), expected, "{app_name:?}");
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
            let name = name(Some(&app_name));
            prop_assert!(name.len() <= 63);
            prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!name.starts_with('-') && !name.ends_with('-'));
        }
    }
}
