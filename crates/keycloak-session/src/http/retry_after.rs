//! The `Retry-After` header.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Reads how long the server asks to wait, in seconds or as a date. A date counts from the answer's own `Date`, so that both clocks need
/// not agree. A header that cannot be read is ignored.
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if status.is_success() {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim_ascii();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let sent: SystemTime = date(headers.get(DATE)?.to_str().ok()?)?;
    Some(date(text)?.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nine forms of the header, and a few more. No form panics, and an unreadable one is ignored.
    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let sent = "Wed, 21 Oct 2015 07:28:00 GMT";
        let cases: [(&[&str], Option<Duration>); 16] = [
            (&["0"], seconds(0)),
            (&["1.5"], None),
            (&["-1"], None),
            (&["1e12"], None),
            (&["1000000000000"], seconds(1_000_000_000_000)),
            (&["Wed, 21 Oct 2015 07:27:00 GMT"], seconds(0)),
            (&["Wed, 21 Oct 2015 07:28:30 GMT"], seconds(30)),
            (&["soon"], None),
            (&["7", "9"], seconds(7)),
            (&[], None),
            (&[""], None),
            (&[" 3 "], seconds(3)),
            (&["+4"], seconds(4)),
            (&["18446744073709551615"], seconds(u64::MAX)),
            (&["18446744073709551616"], None),
            (&["Wed, 99 Oct 2015 07:28:30 GMT"], None),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, sent.parse().unwrap());
            for value in values {
                headers.append(RETRY_AFTER, value.parse().unwrap());
            }
            let read = |status| retry_after(status, &headers);
            assert_eq!(
                read(StatusCode::SERVICE_UNAVAILABLE),
                expected,
                "{values:?}"
            );
            assert_eq!(read(StatusCode::OK), None);
        }
        let mut undated = HeaderMap::new();
        undated.insert(RETRY_AFTER, sent.parse().unwrap());
        assert_eq!(retry_after(StatusCode::SERVICE_UNAVAILABLE, &undated), None);
    }
}
