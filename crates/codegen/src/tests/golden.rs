//! A small document in, the code out: what each construct becomes.

use std::fmt::Write as _;

use crate::pipeline::Input;

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: {title: Zoo, version: "1"}
tags: [{name: Animals, description: Those that live here.}]
paths:
  /zoo/{name}/animals:
    get:
      tags: [Animals]
      summary: List animals Returns those that match
      parameters:
        - {name: first, in: query, schema: {type: integer, format: int32}}
        - {name: max, in: query, schema: {type: integer, format: int32, default: "10"}}
        - {name: kinds, in: query, required: true, schema: {type: array, items: {type: string}}}
        - {name: X-Keeper, in: header, schema: {type: string}}
      responses:
        200: {description: ok, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Animal"}}}}}
        404: {description: no such zoo}
    post:
      tags: [Animals]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Animal"}}}}
      responses: {201: {description: made}}
  /zoo/{name}/animals/{animal-id}/picture:
    put:
      requestBody: {content: {multipart/form-data: {schema: {}}}}
      responses: {204: {description: stored}}
    get:
      responses: {200: {description: ok, content: {image/png: {schema: {type: string, format: binary}}}}}
  /zoo/{name}/names:
    put:
      tags: [Names]
      requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}
      responses: {204: {description: stored}}
components:
  schemas:
    Animal:
      type: object
      required: [id]
      properties:
        id: {type: string, format: uuid}
        mood: {$ref: "#/components/schemas/Mood"}
        legs: {type: integer, format: int64, minimum: 0}
        secret: {type: string, description: What it hides}
        food: {type: array, items: {type: string}}
        notes: {$ref: "#/components/schemas/Notes"}
    Ticket:
      type: object
      properties: {price: {type: number}}
      additionalProperties: {}
    Mood: {type: string, enum: [GOOD, bad-day]}
    Notes: {type: object, additionalProperties: {type: array, items: {type: string}}}
"##;

const OPERATIONS: &str = r#"
"GET /zoo/{name}/animals" = "list_animals"
"POST /zoo/{name}/animals" = "create_animal"
"PUT /zoo/{name}/animals/{animal-id}/picture" = "upload_animal_picture"
"GET /zoo/{name}/animals/{animal-id}/picture" = "download_animal_picture"
"PUT /zoo/{name}/names" = "update_names"
"#;

const DESCRIPTIONS: &str = r#"
operations:
  PUT /zoo/{name}/names: Replaces the names of all animals.
Animal:
  about: An animal of the zoo.
  fields:
    legs: "Number of legs. Default: `4`."
    mood: Mood of the animal at the last visit.
    secret: "Text that only its keeper reads, `a*b`."
Mood:
  about: Mood of an animal.
  values:
    bad-day: The animal stays in its house.
"#;

#[test]
fn a_small_document() {
    let input = Input {
        api: "zoo".to_owned(),
        title: "Zoo API".to_owned(),
        version: "1".to_owned(),
        versions: Vec::new(),
        document: DOCUMENT.as_bytes().to_vec(),
        overlay: "overlay: 1.0.0\ninfo: {}\n".to_owned(),
        operations: OPERATIONS.to_owned(),
        descriptions: DESCRIPTIONS.to_owned(),
    };
    let (files, _) = input.generate().unwrap();
    let mut all = String::new();
    for (name, content) in &files {
        let _ = writeln!(all, "==== {name}\n{content}");
    }
    insta::assert_snapshot!("golden", all);
}
