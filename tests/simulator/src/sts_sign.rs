//! The signature of STS's older RPC style: HMAC-SHA1 over the method and all parameters, of query and form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha1::Sha1;

use crate::sign::{canonical_query, encode, mac};

/// What the client has to sign: everything but the signature itself.
pub(crate) fn string_to_sign(method: &str, parameters: &[(String, String)]) -> String {
    let signed: Vec<_> = parameters.iter().filter(|(name, _)| name != "Signature").cloned().collect();
    format!("{method}&%2F&{}", encode(&canonical_query(&signed)))
}

/// The signature of that text; the key ends in an ampersand here.
pub(crate) fn signature(secret: &str, string_to_sign: &str) -> String {
    STANDARD.encode(mac::<Hmac<Sha1>>(&format!("{secret}&"), string_to_sign))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_signatures_captured_from_the_official_sdks_are_told_right_from_wrong() {
        let exchanges: Vec<Value> =
            serde_json::from_str(include_str!("../tests/data/credential-exchanges.json")).unwrap();
        let pairs = |exchange: &Value, field: &str| -> Vec<(String, String)> {
            serde_json::from_value(exchange[field].clone()).unwrap_or_default()
        };
        let mut verdicts = Vec::new();
        for exchange in exchanges.iter().filter(|exchange| exchange["signature_sent"].is_string()) {
            let mut parameters = pairs(exchange, "query");
            parameters.extend(pairs(exchange, "body_pairs"));
            let text = string_to_sign(exchange["method"].as_str().unwrap(), &parameters);
            assert_eq!(text, exchange["string_to_sign_documented_rule"]);
            let signature = signature(exchange["access_key_secret"].as_str().unwrap(), &text);
            verdicts.push(signature == exchange["signature_sent"]);
            assert_eq!(verdicts.last().copied(), exchange["matches"].as_bool());
        }
        verdicts.sort_unstable();
        // The Python SDK encodes a space in a policy as `+` in what it signs, against the documented rule.
        assert_eq!(verdicts, [false, true, true, true, true, true, true, true]);
    }
}
