//! The candidates of a `srcset` (HTML standard, "parse a srcset attribute"): which addresses a browser
//! may choose from.
//!
//! Does not choose among them, and must not resolve them.

/// The addresses of the valid candidates, in order. One whose descriptors are wrong is none, as in a
/// browser.
pub fn candidates(set: &str) -> impl Iterator<Item = &str> {
    let mut rest = set;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (address, after) = rest.split_at(end);
            if address.is_empty() {
                return None;
            }
            let bare = address.trim_end_matches(',');
            if bare.len() < address.len() {
                rest = after;
                return Some(bare);
            }
            let descriptors = &after[..descriptors_end(after)];
            rest = &after[descriptors.len()..];
            if are_valid(descriptors) {
                return Some(bare);
            }
        }
    })
}

/// Where the descriptors end: at a comma that stands in no parentheses.
fn descriptors_end(text: &str) -> usize {
    let mut in_parentheses = false;
    let ends = |byte: &u8| {
        match byte {
            b'(' => in_parentheses = true,
            b')' => in_parentheses = false,
            _ => {}
        }
        *byte == b',' && !in_parentheses
    };
    text.as_bytes().iter().position(ends).unwrap_or(text.len())
}

/// At most one density, or a width with or without a height; nothing else has a meaning so far.
fn are_valid(descriptors: &str) -> bool {
    let (mut width, mut height, mut density) = (false, false, false);
    for descriptor in descriptors.split_ascii_whitespace() {
        let Some((last, _)) = descriptor.char_indices().next_back() else {
            return false;
        };
        let number = &descriptor[..last];
        let fits = match &descriptor[last..] {
            "w" => !std::mem::replace(&mut width, true) && !density && is_size(number),
            "h" => !std::mem::replace(&mut height, true) && !density && is_size(number),
            "x" => !std::mem::replace(&mut density, true) && !width && !height && is_density(number),
            _ => false,
        };
        if !fits {
            return false;
        }
    }
    width || !height
}

/// A valid non-negative integer that is not zero.
fn is_size(number: &str) -> bool {
    number.bytes().all(|b| b.is_ascii_digit()) && number.bytes().any(|b| b != b'0')
}

/// A valid floating-point number that is not negative.
fn is_density(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let mantissa_fits = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole.is_empty() || digits(whole)) && digits(fraction),
        None => digits(unsigned),
    };
    let zero = unsigned.bytes().all(|b| b == b'0' || b == b'.');
    exponent_fits && mantissa_fits && (unsigned.len() == mantissa.len() || zero)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_candidate_and_no_other() {
        for (set, want) in [
            ("", &[][..]),
            (" \t\n, ,, ", &[]),
            ("a", &["a"]),
            ("  a  ", &["a"]),
            ("a 1x, b 2x", &["a", "b"]),
            ("a,b", &["a,b"]),
            ("a, b", &["a", "b"]),
            ("a,,, b", &["a", "b"]),
            ("a 1x,b 2x,c", &["a", "b", "c"]),
            ("a\n100w,\tb 200w", &["a", "b"]),
            (
                "/i,w=1,h=2/x.png 1x, /i,w=2,h=4/x.png 2x",
                &["/i,w=1,h=2/x.png", "/i,w=2,h=4/x.png"],
            ),
            ("data:,a 1x, b 2x", &["data:,a", "b"]),
            (
                "a 1.5x, b .5x, c 1e3x, d 1E-1x, e 0x, f -0x",
                &["a", "b", "c", "d", "e", "f"],
            ),
            ("a 100w 50h, b 50h 100w", &["a", "b"]),
            // Descriptors that a browser takes for errors.
            ("a 0w, b 0h 1w, c -1w, d +1w, e 1.0w, f w, g 50h, z 1w", &["z"]),
            ("a -1x, b 1.x, c +1x, d x, e infx, f nanx, g 1e x, h .x, z 1x", &["z"]),
            ("a 1x 1x, b 1w 1w, c 1x 1w, d 1w 1x, e 1h 1h 1w, z", &["z"]),
            ("a 1y, b 1X, c 1W, d nonsense, e 1", &[]),
            // A comma inside parentheses ends nothing.
            ("a f(1x, b 2x), c 3x", &["c"]),
            ("a (, b 1x", &[]),
            ("a ), b 1x", &["b"]),
            ("a 1x ,b 2x , c 3x", &["a", "b", "c"]),
            ("ä.png 1x, 画.png 2x", &["ä.png", "画.png"]),
            ("a 1é, b", &["b"]),
        ] {
            assert_eq!(candidates(set).collect::<Vec<_>>(), want, "{set:?}");
        }
    }

    proptest! {
        #[test]
        fn gives_pieces_of_what_was_written(set in "[ab,( )\\t1.5xwhé-]{0,60}") {
            let mut from = 0;
            for candidate in candidates(&set) {
                prop_assert!(!candidate.is_empty() && !candidate.ends_with(','));
                let at = set[from..].find(candidate);
                prop_assert!(at.is_some(), "in order");
                from += at.unwrap_or(0) + candidate.len();
            }
        }
    }
}
