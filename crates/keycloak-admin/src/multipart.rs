//! Forms with a file (`multipart/form-data`), which some endpoints take.

/// A form that is being filled in.
pub(crate) struct Multipart {
    boundary: String,
    bytes: Vec<u8>,
}

impl Multipart {
    /// Makes a form whose boundary does not occur in this file.
    pub(crate) fn around(file: &[u8]) -> Self {
        let occurs = |boundary: &String| {
            let boundary = boundary.as_bytes();
            file.windows(boundary.len())
                .any(|window| window == boundary)
        };
        // As many candidates as the file has bytes cannot all occur in it.
        let mut candidates = (0_u64..).map(|n| format!("keycloak-admin-form-{n:016x}"));
        let boundary = candidates.find(|boundary| !occurs(boundary));
        Self {
            boundary: boundary.unwrap_or_default(),
            bytes: Vec::new(),
        }
    }

    /// Adds a field. The value may have line breaks. The name is not escaped, so it must be a constant of this crate.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), "", value.as_bytes())
    }

    /// Adds the file as the field `file`, as Keycloak's forms call it.
    pub(crate) fn file(self, bytes: &[u8]) -> Self {
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
    pub(crate) fn finish(mut self) -> (String, Vec<u8>) {
        let end = format!("--{}--\r\n", self.boundary);
        self.bytes.extend_from_slice(end.as_bytes());
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        (content_type, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_the_bytes_of_the_standard() {
        let (content_type, bytes) = Multipart::around(b"x").text("a", "1").file(b"x").finish();
        assert_eq!(
            content_type,
            "multipart/form-data; boundary=keycloak-admin-form-0000000000000000"
        );
        let expected = "--keycloak-admin-form-0000000000000000\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
            --keycloak-admin-form-0000000000000000\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
            Content-Type: application/octet-stream\r\n\r\nx\r\n--keycloak-admin-form-0000000000000000--\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn the_boundary_is_not_in_the_file() {
        let file = b"keycloak-admin-form-0000000000000000 keycloak-admin-form-0000000000000001";
        let (content_type, _) = Multipart::around(file).finish();
        assert!(content_type.ends_with("0000000000000002"), "{content_type}");
    }
}
