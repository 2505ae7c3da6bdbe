//! The older file of profiles: `~/.alibabacloud/credentials`, or the same with `.ini` at its end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::choice::Choice;
use super::plan::{Found, Machine, Plan, ROLE_SECONDS, Role, SESSION_NAME};
use super::quotes::unquoted;
use super::{Keys, ecs_ram_role, file, sts};
use crate::sae::Environment;

/// Types that some of the official SDKs know.
const OTHER_TYPES: [&str; 3] = ["oidc_role_arn", "rsa_key_pair", "bearer"];

/// One section, borrowed from the text so that no secret is copied.
type Section<'a> = BTreeMap<&'a str, &'a str>;

/// Where the file may be: the first one that is there is read.
pub(super) fn paths(environment: &Environment) -> Vec<PathBuf> {
    if let Some(named) = environment.get("ALIBABA_CLOUD_CREDENTIALS_FILE") {
        return vec![named.into()];
    }
    let folder = environment.home().map(|home| home.join(".alibabacloud"));
    folder.iter().flat_map(|folder| [folder.join("credentials"), folder.join("credentials.ini")]).collect()
}

/// The section of the chosen profile, if there is one.
pub(super) fn find(environment: &Environment, choice: Choice<'_>) -> Result<Found, String> {
    let home = environment.home();
    let paths = paths(environment);
    for path in &paths {
        let shown = file::shown(path, home.as_deref());
        if let Some(text) = file::read(path).map_err(|problem| format!("{shown} {problem}"))? {
            return parse(environment, choice, &shown, &text);
        }
    }
    Ok(Found::Nothing(match paths.first() {
        Some(path) => format!("no {}", file::shown(path, home.as_deref())),
        None => "HOME is not set".to_owned(),
    }))
}

/// Reads the text of the file. Never fails by a panic, and never quotes a value.
pub(super) fn parse(
    environment: &Environment,
    choice: Choice<'_>,
    shown: &str,
    text: &str,
) -> Result<Found, String> {
    let name = choice.profile(environment).unwrap_or_else(|| "default".to_owned());
    let Some(section) = section(text, &name) else {
        return Ok(Found::Nothing(format!("{shown} has no section {name}")));
    };
    let says = |problem: String| format!("section {name} of {shown}: {problem}");
    let value = |field: &str| match section.get(field).copied().filter(|value| !value.is_empty()) {
        Some(value) => unquoted(field, value).map(Some).map_err(says),
        None => Ok(None),
    };
    if value("enable")?.is_some_and(|enable| enable.eq_ignore_ascii_case("false")) {
        return Ok(Found::Nothing(format!("section {name} of {shown} is not enabled")));
    }
    let kind = value("type")?.unwrap_or_default();
    let needed = |field: &str| value(field)?.ok_or_else(|| says(format!("type {kind} needs {field}")));
    let keys = || {
        let origin = format!("section {name} of {shown}");
        Ok::<_, String>(Keys::new(needed("access_key_id")?, needed("access_key_secret")?, origin))
    };
    let plan = match kind {
        "access_key" => Plan::Keys(keys()?),
        "ram_role_arn" => {
            let role = Role {
                arn: needed("role_arn")?.to_owned(),
                session: value("role_session_name")?.unwrap_or(SESSION_NAME).to_owned(),
                seconds: ROLE_SECONDS,
                policy: value("policy")?.map(str::to_owned),
                external_id: None,
                region: sts::region(environment)?,
                vpc: sts::in_vpc(environment),
            };
            Plan::AssumeRole(Box::new(Plan::Keys(keys()?)), role)
        }
        "ecs_ram_role" => Plan::EcsRamRole(Machine {
            role: value("role_name")?.map(str::to_owned),
            allow_v1: ecs_ram_role::allows_v1(environment),
        }),
        "" => return Err(says("type is missing".to_owned())),
        other => {
            // Any other word may be a secret that slipped into the wrong line.
            let other = OTHER_TYPES.iter().find(|known| **known == other).unwrap_or(&"that is unknown");
            return Err(says(format!(
                "its type is not supported ({other}; access_key, ram_role_arn and ecs_ram_role are); {}",
                choice.how_to_choose_another("section")
            )));
        }
    };
    Ok(Found::Plan(plan))
}

/// The lines `name = value` below `[section]`. What is neither is skipped; the last of two equal names counts.
fn section<'a>(text: &'a str, wanted: &str) -> Option<Section<'a>> {
    let mut found: Option<Section<'a>> = None;
    let mut is_inside = false;
    for line in text.trim_start_matches('\u{feff}').lines().map(without_comment) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_inside = name.trim() == wanted;
            if is_inside {
                found.get_or_insert_default();
            }
        } else if let (true, Some(fields), Some((name, value))) =
            (is_inside, &mut found, line.split_once('='))
        {
            fields.insert(name.trim(), value.trim());
        }
    }
    found
}

/// A comment begins a line, or stands behind a space: a `#` inside a word belongs to the word.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return "";
    }
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| line.find(mark)).min();
    comment.map_or(line, |start| line[..start].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], text: &str) -> Result<Found, String> {
        let environment = Environment::of(environment.iter().copied());
        parse(&environment, Choice::Chain, "~/.alibabacloud/credentials", text)
    }

    const FILE: &str = "\
        # The documentation's own sample, comments and all.\n\
        [default]                          # default setting\n\
        enable = true                      # Enabled by default\n\
        type = access_key                  ; a type\n\
        access_key_id = foo\n\
        access_key_secret = b#ar=\r\n\
        \n\
        [client1]\n\
        type = ecs_ram_role\n\
        role_name = EcsRamRoleTest\n\
        [client2]\n\
        enable = false\n\
        type = access_key\n\
        [client3]\n\
        type = ram_role_arn\n\
        access_key_id = id\n\
        access_key_secret = secret\n\
        role_arn = acs:ram::1:role/r\n\
        role_session_name = s\n\
        policy = {\"Version\": \"1\"}\n\
        [client4]\n\
        type = rsa_key_pair\n\
        [client5]\n\
        type = access_key\n\
        access_key_id = id\n";

    fn section(name: &str) -> Result<Found, String> {
        read(&[("ALIBABA_CLOUD_PROFILE", name)], FILE)
    }

    #[test]
    fn the_section_default_is_read_unless_the_environment_names_another() {
        let Ok(Found::Plan(Plan::Keys(keys))) = read(&[], FILE) else { panic!("no keys") };
        assert_eq!((keys.id(), keys.secret()), ("foo", "b#ar="));
        let Ok(Found::Plan(Plan::EcsRamRole(machine))) = section("client1") else { panic!("no role") };
        assert_eq!(machine.role.as_deref(), Some("EcsRamRoleTest"));
    }

    #[test]
    fn a_role_is_read() {
        let Ok(Found::Plan(Plan::AssumeRole(source, role))) = section("client3") else { panic!("no role") };
        assert!(matches!(*source, Plan::Keys(keys) if keys.secret() == "secret"));
        assert_eq!((role.arn.as_str(), role.session.as_str()), ("acs:ram::1:role/r", "s"));
        assert_eq!(role.policy.as_deref(), Some("{\"Version\": \"1\"}"));
    }

    #[test]
    fn what_is_absent_or_switched_off_is_no_configuration() {
        assert!(matches!(section("client2"), Ok(Found::Nothing(why)) if why.contains("not enabled")));
        assert!(matches!(section("nobody"), Ok(Found::Nothing(why)) if why.contains("no section nobody")));
        assert!(matches!(read(&[], ""), Ok(Found::Nothing(_))));
    }

    #[test]
    fn half_a_key_and_other_types_are_errors_that_say_what_would_be_right() {
        let error = section("client5").unwrap_err();
        assert!(error.ends_with("type access_key needs access_key_secret"), "{error}");
        let error = section("client4").unwrap_err();
        assert!(error.contains("not supported (rsa_key_pair; access_key, ram_role_arn"), "{error}");
        assert!(read(&[], "[default]\nx = y").unwrap_err().ends_with("type is missing"));
    }

    /// The key of a section `default` with these lines, or why there is none.
    fn key(lines: &str) -> Result<(String, String), String> {
        match read(&[], &format!("[default]\ntype = access_key\n{lines}"))? {
            Found::Plan(Plan::Keys(keys)) => Ok((keys.id().to_owned(), keys.secret().to_owned())),
            Found::Plan(plan) => panic!("{plan:?}"),
            Found::Nothing(why) => Err(why),
        }
    }

    /// The last column of the table on `docs/credentials.md`.
    #[test]
    fn lines_that_the_official_sdks_read_differently_are_read_as_the_page_says() {
        let with_secret = |secret: &str| key(&format!("access_key_id = id\naccess_key_secret = {secret}"));
        for (written, read) in [
            ("sec;x", "sec;x"),
            ("sec#x", "sec#x"),
            ("sec # y", "sec"),
            ("s%cret", "s%cret"),
            ("sec\n  x", "sec"),
        ] {
            assert_eq!(with_secret(written), Ok(("id".to_owned(), read.to_owned())), "{written}");
        }
        for lines in
            ["access_key_id : id\naccess_key_secret = s", "ACCESS_KEY_ID = id\naccess_key_secret = s"]
        {
            assert!(key(lines).unwrap_err().ends_with("needs access_key_id"), "{lines}");
        }
        let key_and = |lines: &str| key(&format!("access_key_id = id\naccess_key_secret = s\n{lines}"));
        let (id, again) = (Ok(("id".to_owned(), "s".to_owned())), Ok(("again".to_owned(), "s".to_owned())));
        assert_eq!(key_and(""), id, "no line enable");
        assert!(key_and("enable = false").unwrap_err().contains("not enabled"));
        assert_eq!(key_and("access_key_id = again"), again);
        assert_eq!(key_and("[default]\naccess_key_id = again"), again);
        assert_eq!(key_and("[ default ]\naccess_key_id = again"), again);
    }

    #[test]
    fn either_name_of_the_file_will_do() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        let Ok(Found::Nothing(why)) = find(&environment, Choice::Chain) else { panic!("found something") };
        assert_eq!(why, "no ~/.alibabacloud/credentials");
        std::fs::create_dir(home.path().join(".alibabacloud")).unwrap();
        std::fs::write(home.path().join(".alibabacloud/credentials.ini"), FILE).unwrap();
        assert!(matches!(find(&environment, Choice::Chain), Ok(Found::Plan(Plan::Keys(_)))));
    }
}
