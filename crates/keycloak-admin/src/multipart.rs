//! Forms with a file (`multipart/form-data`), which some endpoints take.

use std::hash::{BuildHasher as _, RandomState};

/// A form with a file that is being filled in, for calls whose body takes `multipart/form-data`.
///
/// ```
/// let (content_type, bytes) = keycloak_admin::Multipart::new().text("keystoreFormat", "JWKS").file(b"{}").finish();
/// assert!(content_type.starts_with("multipart/form-data; boundary="));
/// assert!(bytes.ends_with(b"--\r\n"));
/// ```
#[derive(Clone)]
pub struct Multipart {
    boundary: String,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Multipart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multipart").finish_non_exhaustive()
    }
}

impl Default for Multipart {
    fn default() -> Self {
        Self::new()
    }
}

impl Multipart {
    /// Makes an empty form with a random boundary.
    ///
    /// The boundary has 128 random bits: two hashes by `SipHash`, whose key comes from the operating system. Nobody can write it into a part, so
    /// the parts are not searched for it.
    #[must_use]
    pub fn new() -> Self {
        let random = RandomState::new();
        let [first, second] = [0, 1].map(|number: u8| random.hash_one(number));
        Self {
            boundary: format!("keycloak-admin-form-{first:016x}{second:016x}"),
            bytes: Vec::new(),
        }
    }

    /// Adds a field. The value may have line breaks.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        let disposition = format!("name=\"{}\"", escape(name));
        self.part(&disposition, "", value.as_bytes())
    }

    /// Adds the file as the field `file`, as Keycloak's forms call it.
    #[must_use]
    pub fn file(self, bytes: &[u8]) -> Self {
        let content_type = "Content-Type: application/octet-stream\r\n";
        self.part("name=\"file\"; filename=\"file\"", content_type, bytes)
    }

    fn part(mut self, disposition: &str, headers: &str, content: &[u8]) -> Self {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n",
            self.boundary
        );
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// Returns the content type and the bytes.
    #[must_use]
    pub fn finish(mut self) -> (String, Vec<u8>) {
        let end = format!("--{}--\r\n", self.boundary);
        self.bytes.extend_from_slice(end.as_bytes());
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        (content_type, self.bytes)
    }
}

/// Escapes a name as browsers do: the `multipart/form-data` encoding of the WHATWG's HTML standard.
fn escape(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the boundary that a content type names.
    fn boundary(content_type: &str) -> &str {
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=");
        boundary.expect("a boundary")
    }

    #[test]
    fn a_form_has_the_bytes_of_the_standard() {
        let (content_type, bytes) = Multipart::new().text("a", "1").file(b"x").finish();
        let boundary = boundary(&content_type);
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
            --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
            Content-Type: application/octet-stream\r\n\r\nx\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn a_boundary_has_128_bits_and_comes_once() {
        let boundaries: std::collections::HashSet<String> = (0..1_000)
            .map(|_| boundary(&Multipart::new().finish().0).to_owned())
            .collect();
        assert_eq!(boundaries.len(), 1_000);
        for boundary in boundaries {
            let random = boundary.strip_prefix("keycloak-admin-form-").unwrap();
            assert_eq!(random.len(), 32, "{random}");
            assert!(random.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_ne!(random[..16], random[16..]);
            // RFC 2046 allows 70 characters.
            assert!(boundary.len() <= 70);
        }
    }

    #[test]
    fn a_name_cannot_end_its_header() {
        let name = "a\"; filename=\"b\r\n\r\nc";
        let (content_type, bytes) = Multipart::new().text(name, "1").finish();
        let boundary = boundary(&content_type);
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a%22; filename=%22b%0D%0A%0D%0Ac\"\r\n\r\n\
            1\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
