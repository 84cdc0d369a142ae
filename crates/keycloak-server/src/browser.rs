//! A small web browser for logins: cookies, redirects, and one form.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use url::{Url, form_urlencoded};

/// The most redirects of a login. One by way of another realm takes fewer.
const MOST_REDIRECTS: usize = 20;

/// A browser with its cookies. It sends cookies that are marked `Secure` without TLS too, because test servers have none.
pub struct Browser<'a> {
    http: &'a reqwest::Client,
    /// The address up to which redirects are followed. Another address ends the login.
    server: &'a str,
    /// By path and name.
    cookies: BTreeMap<(String, String), String>,
}

/// The page that a browser has reached.
pub struct Page {
    /// Its address.
    pub url: Url,
    /// Its HTML; empty for one that is not on the server.
    pub html: String,
}

impl Page {
    /// The value of a parameter in its address.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    /// The target of its first form.
    fn action(&self) -> Option<Url> {
        let (_, rest) = self.html.split_once("action=\"")?;
        let (action, _) = rest.split_once('"')?;
        self.url.join(&action.replace("&amp;", "&")).ok()
    }
}

impl<'a> Browser<'a> {
    /// A browser without cookies. `http` must not follow redirects; `server` is the URL of the server to stay on.
    #[must_use]
    pub fn new(http: &'a reqwest::Client, server: &'a str) -> Self {
        Self {
            http,
            server,
            cookies: BTreeMap::new(),
        }
    }

    /// Opens an address, which may lead elsewhere.
    pub async fn open(&mut self, url: &str) -> Option<Page> {
        self.go(Url::parse(url).ok()?, None).await
    }

    /// Fills in the form of a page, and returns the next page.
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Option<Page> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.go(page.action()?, Some(body)).await
    }

    async fn go(&mut self, mut url: Url, mut form: Option<String>) -> Option<Page> {
        for _ in 0..MOST_REDIRECTS {
            if !url.as_str().starts_with(self.server) {
                let html = String::new();
                return Some(Page { url, html });
            }
            let request = match form.take() {
                Some(form) => self
                    .http
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form),
                None => self.http.get(url.clone()),
            };
            let answer = request.header(COOKIE, self.cookies(&url)).send().await;
            let answer = answer.ok()?;
            for cookie in answer.headers().get_all(SET_COOKIE) {
                self.keep(cookie.to_str().ok()?);
            }
            let Some(location) = answer.headers().get(LOCATION) else {
                let html = answer.text().await.ok()?;
                return Some(Page { url, html });
            };
            url = url.join(location.to_str().ok()?).ok()?;
        }
        None
    }

    fn cookies(&self, url: &Url) -> String {
        let fitting = self.cookies.iter();
        fitting
            .filter(|((path, _), _)| url.path().starts_with(path.as_str()))
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Keeps the cookie of a `Set-Cookie` header, or forgets it if it ends at once.
    fn keep(&mut self, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (mut path, mut ends) = ("/", false);
        for part in parts {
            match part.split_once('=') {
                Some((key, value)) if key.eq_ignore_ascii_case("path") => path = value,
                Some((key, "0")) if key.eq_ignore_ascii_case("max-age") => ends = true,
                _ => {}
            }
        }
        let key = (path.to_owned(), name.to_owned());
        if ends {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Browser, Page};

    #[test]
    fn cookies_go_back_where_they_came_from() {
        let http = reqwest::Client::new();
        let mut browser = Browser::new(&http, "http://127.0.0.1");
        browser.keep("S=one;Version=1;Path=/realms/a/;Secure;HttpOnly");
        browser.keep("S=two;Path=/realms/b/");
        browser.keep("GONE=;Path=/realms/a/;Max-Age=0");
        let url = |path: &str| Url::parse(&format!("http://127.0.0.1{path}")).unwrap();
        assert_eq!(browser.cookies(&url("/realms/a/login")), "S=one");
        assert_eq!(browser.cookies(&url("/realms/b/login")), "S=two");
        assert_eq!(browser.cookies(&url("/admin")), "");
        browser.keep("S=;Path=/realms/a/;Max-Age=0");
        assert_eq!(browser.cookies(&url("/realms/a/login")), "");
    }

    #[test]
    fn a_form_is_sent_where_it_says() {
        let page = Page {
            url: Url::parse("http://127.0.0.1/login?code=1%2B1").unwrap(),
            html: r#"<form id="f" action="/authenticate?a=1&amp;b=2" method="post">"#.to_owned(),
        };
        let action = page.action().unwrap();
        assert_eq!(action.as_str(), "http://127.0.0.1/authenticate?a=1&b=2");
        assert_eq!(page.parameter("code").as_deref(), Some("1+1"));
        assert_eq!(page.parameter("other"), None);
    }
}
