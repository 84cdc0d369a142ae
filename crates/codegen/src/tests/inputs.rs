//! `generate --check` sees every edit of what the generated code is made from, also one that changes no code.

use workspace::root;

use crate::pipeline::Input;
use crate::sources::Specs;

#[test]
fn an_edit_of_overlay_names_or_descriptions_shows_in_what_is_generated() {
    let api = Specs::read(&root().join("specs"))
        .unwrap()
        .api("phasetwo")
        .unwrap();
    let input = || Input::read(&api).unwrap();
    let (committed, _) = input().generate().unwrap();
    let edits: [fn(&mut Input); 3] = [
        |input| input.overlay.push_str("# a remark\n"),
        |input| input.operations.push_str("# a remark\n"),
        |input| input.descriptions.push_str("# a remark\n"),
    ];
    for edit in edits {
        let mut edited = input();
        edit(&mut edited);
        let (files, _) = edited.generate().unwrap();
        assert_ne!(files["mod.rs"], committed["mod.rs"]);
        // And nowhere else: a review should show what changed.
        assert_eq!(files["users.rs"], committed["users.rs"]);
    }
}

#[test]
fn generating_twice_gives_the_same_files() {
    for (api, files) in super::GENERATED.iter() {
        let (again, _) = Input::read(api).unwrap().generate().unwrap();
        assert!(again == *files, "{}", api.name);
    }
}
