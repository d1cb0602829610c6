//! Signatures of webhooks, after the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`.

use data_encoding::{BASE64, BASE64_NOPAD};
use ring::hmac;

use crate::model::time::Timestamp;

/// What signs the messages of one webhook. More than one secret at a time is for the days in which one replaces
/// another: the receiver takes a message when one of the signatures is right.
pub struct Secrets(Vec<hmac::Key>);

/// What a written secret begins with.
const PREFIX: &str = "whsec_";

impl Secrets {
    /// Reads secrets with space between them, each `whsec_` and base64. The error does not quote them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let keys = text
            .split_whitespace()
            .map(|written| {
                let encoded = written.strip_prefix(PREFIX).ok_or("it does not begin with whsec_")?;
                let bytes = BASE64
                    .decode(encoded.as_bytes())
                    .or_else(|_| BASE64_NOPAD.decode(encoded.as_bytes()))
                    .map_err(|_| "what follows whsec_ is no base64")?;
                match bytes.is_empty() {
                    true => Err("nothing follows whsec_"),
                    false => Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes)),
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        match keys.is_empty() {
            true => Err("it is empty".into()),
            false => Ok(Self(keys)),
        }
    }

    /// The value of `webhook-signature` for a message that is sent at this time.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", seconds(at));
        let one = |key| format!("v1,{}", BASE64.encode(hmac::sign(key, signed.as_bytes()).as_ref()));
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// The value of `webhook-timestamp`: whole seconds since 1970.
pub fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with python's hmac and base64, as docs/notify.md shows it.
    #[test]
    fn signs_as_others_do() {
        let (id, at) = ("msg_loFOjxBNrRLzqYUf", Timestamp::from_millis(1_731_705_121_999));
        let body = r#"{"event_type":"ping","data":{"success":true}}"#;
        let first = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=";
        let second = "v1,dIbm/4DBpttp+YkTiqQp8UP09A49ko8yU4fyIqa67po=";
        for (secrets, want) in [
            ("whsec_plJ3nmyCDGBKInavdOK15jsl", first.to_owned()),
            ("whsec_plJ3nmyCDGBKInavdOK15jsl whsec_bmV3", format!("{first} {second}")),
            ("whsec_bmV3\n", second.to_owned()),
        ] {
            let signed = Secrets::parse(secrets).map(|secrets| secrets.sign(id, at, body));
            assert_eq!(signed, Ok(want), "{secrets}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_quoted() {
        for (text, why) in [
            ("", "empty"),
            ("hush-hush", "whsec_"),
            ("whsec_", "nothing follows"),
            ("whsec_hush-hush", "no base64"),
            ("whsec_bmV3 hush-hush", "whsec_"),
        ] {
            let told = Secrets::parse(text).map(|_| ()).unwrap_err();
            assert!(told.contains(why) && !told.contains("hush"), "{text}: {told}");
        }
    }
}
