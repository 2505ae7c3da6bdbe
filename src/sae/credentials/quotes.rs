//! Values that stand in quotes. No key, role or name has quotes around it, and people write them all the same: around
//! values of an ini file, where the official SDKs for Node and Go drop them and those for Python and Java send them; or
//! in a file of variables, from which container runtimes take them along.

const QUOTES: [char; 2] = ['"', '\''];

/// The value of `name`; an error, which does not quote it, if quotes stand around it or at one end.
pub(super) fn unquoted<'a>(name: &str, value: &'a str) -> Result<&'a str, String> {
    let trimmed = value.trim();
    if trimmed.starts_with(QUOTES) || trimmed.ends_with(QUOTES) {
        return Err(format!("{name}: the value stands in quotes; write it without"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_at_either_end_are_an_error_that_does_not_show_the_value() {
        for value in ["\"marked\"", "'marked'", " \"marked\"\n", "\"marked", "marked'"] {
            let error = unquoted("access_key_id", value).unwrap_err();
            assert_eq!(error, "access_key_id: the value stands in quotes; write it without");
        }
    }

    #[test]
    fn quotes_inside_a_value_belong_to_it() {
        for value in ["{\"Version\": \"1\"}", "a\"b", "", " id "] {
            assert_eq!(unquoted("policy", value), Ok(value));
        }
    }
}
