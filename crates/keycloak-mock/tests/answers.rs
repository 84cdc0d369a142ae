//! The answers of `then`, for each kind of operation.

use keycloak_mock::MockServer;

/// A client as the generated crates have it.
mod api {
    #![allow(unreachable_pub)]

    use keycloak_session::Session;

    keycloak_session::declare_call!();

    /// The API.
    pub struct Client {
        pub session: Session,
    }

    impl Client {
        pub fn list_things(&self) -> Call<op::ListThings> {
            Call::new(&self.session)
        }

        pub fn count_things(&self) -> Call<op::CountThings> {
            Call::new(&self.session)
        }

        pub fn delete_thing(&self) -> Call<op::DeleteThing> {
            Call::new(&self.session)
        }

        pub fn export_things(&self) -> Call<op::ExportThings> {
            Call::new(&self.session)
        }
    }

    impl Call<op::ListThings> {
        pub fn colour(mut self, value: &str) -> Self {
            self.request.set_query("colour", value);
            self
        }
    }

    pub mod op {
        use keycloak_session::{Error, Operation, OperationInfo, Paged, RawBody, RawResponse};

        pub enum ListThings {}

        impl Operation for ListThings {
            type Output = Vec<String>;
            const INFO: &'static OperationInfo =
                &OperationInfo::new("list_things", "GET", "/things");

            fn decode(response: &RawResponse) -> Result<Vec<String>, Error> {
                response.json_or_default()
            }
        }

        impl Paged for ListThings {
            type Item = String;
            const FIRST: &'static str = "offset";
            const MAX: &'static str = "limit";

            fn items(output: Vec<String>) -> Vec<String> {
                output
            }

            fn key(item: &String) -> Option<&str> {
                Some(item)
            }
        }

        pub enum CountThings {}

        impl Operation for CountThings {
            type Output = u64;
            const INFO: &'static OperationInfo =
                &OperationInfo::new("count_things", "GET", "/things/count")
                    .answer_field("count")
                    .succeeds_with(&[200]);

            fn decode(response: &RawResponse) -> Result<u64, Error> {
                response.json_field("count")
            }
        }

        pub enum DeleteThing {}

        impl Operation for DeleteThing {
            type Output = ();
            const INFO: &'static OperationInfo =
                &OperationInfo::new("delete_thing", "DELETE", "/things").succeeds_with(&[200, 204]);

            fn decode(_: &RawResponse) -> Result<(), Error> {
                Ok(())
            }
        }

        pub enum ExportThings {}

        impl Operation for ExportThings {
            type Output = RawBody;
            const INFO: &'static OperationInfo =
                &OperationInfo::new("export_things", "GET", "/things/export").accept("text/csv");

            fn decode(response: &RawResponse) -> Result<RawBody, Error> {
                Ok(RawBody::clone(response))
            }
        }
    }
}

fn start() -> (MockServer, api::Client) {
    let server = MockServer::start();
    let session = server.session();
    (server, api::Client { session })
}

#[tokio::test]
async fn a_value_that_is_one_field_of_the_answer_is_put_there() {
    let (server, client) = start();
    server.mock(client.count_things(), |when, then| (when, then.ok(5)));
    assert_eq!(client.count_things().await.unwrap(), 5);
    let raw = client.count_things().raw().await.unwrap();
    assert_eq!(raw.text().unwrap(), r#"{"count":5}"#);
}

#[tokio::test]
async fn a_list_is_cut_as_each_request_asks() {
    let (server, client) = start();
    let things: Vec<String> = (0..25).map(|number| format!("thing-{number:02}")).collect();
    let mock = server.mock(client.list_things(), |when, then| {
        (when.colour("red"), then.items(&things))
    });
    let list = || client.list_things().colour("red");
    let found = list()
        .stream()
        .page_size(10)
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found, things);
    let requests = mock.requests();
    assert_eq!(requests[1].query("offset"), Some("10"));
    assert_eq!(requests[1].query("limit"), Some("10"));
    assert_eq!(list().await.unwrap(), things, "all if no page is requested");

    server.mock(client.list_things(), |when, then| {
        (when, then.items(vec![]))
    });
    assert_eq!(list().await.unwrap(), [""; 0]);
    server.mock(client.list_things(), |when, then| {
        (when, then.ok(vec!["one".to_owned()]))
    });
    assert_eq!(list().await.unwrap(), ["one"]);
}

#[tokio::test]
async fn nothing_and_bytes_are_answers_too() {
    let (server, client) = start();
    let delete = server.mock(client.delete_thing(), |when, then| {
        (
            when.header("x-reason", "test"),
            then.error(503, "busy").ok(()),
        )
    });
    let refused = client.delete_thing().await.unwrap_err();
    assert_eq!(refused.status(), Some(501), "the header is not there");
    let call = client.delete_thing().header("X-Reason", "test");
    let answer = call.send().await.unwrap();
    assert_eq!((answer.status(), answer.attempts()), (204, 2));
    delete.assert_calls(2);

    server.mock(client.export_things(), |when, then| {
        (when, then.bytes("text/csv", "a,b"))
    });
    let body = client.export_things().await.unwrap();
    assert_eq!(body.text().unwrap(), "a,b");
    assert_eq!(body.content_type(), Some("text/csv"));
}
