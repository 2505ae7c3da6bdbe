//! Go's `time.ParseDuration`, for what the CRD's pattern lets through: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`.
//!
//! The API server's rules read a duration with that function. This one reads every text to the same nanosecond, its
//! corner cases included: a text that the API server takes and the operator refuses is a watch that is never polled.
//! kube's own reader goes through a float, differs in the last digits, and panics where a sum is too large.

/// One more nanosecond than a Go duration may have. A sum may reach it on the way.
const BOUND: u64 = 1 << 63;

/// The nanoseconds of a unit; `None` for Go's `ns` and `us` too, since nothing here is that short.
fn unit(name: &str) -> Option<u64> {
    match name {
        "h" => Some(3_600_000_000_000),
        "m" => Some(60_000_000_000),
        "s" => Some(1_000_000_000),
        "ms" => Some(1_000_000),
        _ => None,
    }
}

/// The duration in nanoseconds, or `None` where the pattern does not hold or the duration is above some 292 years.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (mut sum, mut rest) = (0_u64, text);
    loop {
        let (part, after) = parse_part(rest)?;
        // Two parts of exactly BOUND add up to zero in Go, which checks the sum and not the addition.
        sum = Some(sum.wrapping_add(part)).filter(|sum| *sum <= BOUND)?;
        if after.is_empty() {
            return (sum < BOUND).then_some(sum);
        }
        rest = after;
    }
}

/// The nanoseconds of the first number and unit, and what follows them.
fn parse_part(text: &str) -> Option<(u64, &str)> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (digits, rest) = split_digits(rest);
            (Some(digits), rest)
        }
        None => (None, rest),
    };
    let (name, rest) =
        rest.split_at(rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len()));
    if whole.is_empty() || fraction == Some("") {
        return None;
    }
    let unit = unit(name)?;
    let whole = parse_whole(whole)?.checked_mul(unit).filter(|nanos| *nanos <= BOUND)?;
    let nanos = whole + fraction.map_or(0, |digits| nanos_of_fraction(digits, unit));
    (nanos <= BOUND).then_some((nanos, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn values(digits: &str) -> impl Iterator<Item = u64> {
    digits.bytes().map(|digit| u64::from(digit - b'0'))
}

/// Any number of zeros may stand before it.
fn parse_whole(digits: &str) -> Option<u64> {
    values(digits).try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(digit))
}

/// The nanoseconds of the digits behind the point: those that 63 bits hold count, and what is below a nanosecond is
/// dropped. In floats and in Go's order, since `14.99999999999999999s` is 15 seconds there.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "dropping the rest is what Go does, and the product is between 0 and one unit"
)]
fn nanos_of_fraction(digits: &str, unit: u64) -> u64 {
    let (mut number, mut scale) = (0_u64, 1.0_f64);
    for digit in values(digits) {
        if number > (BOUND - 1) / 10 {
            break;
        }
        let longer = number * 10 + digit;
        if longer > BOUND {
            break;
        }
        number = longer;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_to_the_nanosecond_of_go() {
        for (text, nanos) in [
            ("0s", 0),
            ("90s", 90_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1.5h30m", 7_200_000_000_000),
            ("30s1h30s", 3_660_000_000_000),
            ("20.00000000000s", 20_000_000_000),
            ("0000000000060s", 60_000_000_000),
            ("0.3333333333333333h", 1_200_000_000_000),
            ("14.9999999999s", 14_999_999_999),
            ("14.99999999999999999s", 15_000_000_000),
            ("0.9223372036854775807s", 922_337_203),
            ("0.99999999999999999999999999h", 3_600_000_000_000),
            ("0.0000000000000000000000000001h", 0),
            ("2562047h47m16s854.775807ms", i64::MAX.unsigned_abs()),
            ("9223372036854.775808ms9223372036854.775808ms20s", 20_000_000_000),
        ] {
            assert_eq!(parse(text), Some(nanos), "{text}");
        }
    }

    #[test]
    fn what_go_cannot_hold_is_refused() {
        for text in [
            "2562048h",
            "2562047h47m16s854.775808ms",
            "9223372036854.775808ms",
            "9223372036854.775808ms1s",
            "9223372036854775809ms",
            "18446744073709551616s",
            "99999999999999999999999999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_pattern_refuses_is_refused() {
        for text in [
            "", "0", "60", "-5s", "+5s", "5 s", " 5s", "5s ", "s", "1.s", ".5s", "1..5s", "1.5.5s", "5us",
            "5µs", "5ns", "5d", "5S", "1e3s", "1h30", "1m 30s", "٥s", "5s\n",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
