//! `cargo xtask generate`: writes the generated folders from the specs, or checks that they are what the specs give.

use std::time::Instant;

use anyhow::{Result, bail};
use codegen::document;
use codegen::output::{Difference, Output, differences, outputs, write};
use codegen::pipeline::{Input, Normalised};
use codegen::sources::{Api, Specs};
use workspace::{root, shown};

/// Arguments of `generate`.
#[derive(clap::Args)]
pub struct GenerateArgs {
    /// One API of specs/sources.toml. All of them if it is left out.
    api: Option<String>,
    /// Write nothing, and fail if a generated folder is not up to date.
    #[arg(long)]
    check: bool,
}

/// Fails if a generated folder is not up to date.
pub fn check_all() -> Result<()> {
    run(&GenerateArgs {
        api: None,
        check: true,
    })
}

/// Runs the command on this repository.
pub fn run(args: &GenerateArgs) -> Result<()> {
    let specs = Specs::read(&root().join("specs"))?;
    let apis = match &args.api {
        Some(name) => vec![specs.api(name)?],
        None => specs.all(),
    };
    let mut stale = Vec::new();
    for api in &apis {
        let started = Instant::now();
        let input = Input::read(api)?;
        let (files, normalised) = input.generate()?;
        describe(api, &normalised);
        let outputs = outputs(api, &input, files, &normalised)?;
        for output in &outputs {
            let differences = if args.check {
                differences(&output.folder, &output.files)?
            } else {
                write(&output.folder, &output.files)?
            };
            report(output, &differences, args.check, started);
            let named = differences.iter();
            stale.extend(named.map(|difference| difference.describe(&output.folder)));
        }
    }
    if args.check && !stale.is_empty() {
        bail!(
            "generated files are not what the specs give:\n  {}\nRun `cargo xtask generate` and commit the result; \
             what should be different goes into the overlay or the pipeline",
            stale.join("\n  ")
        );
    }
    Ok(())
}

/// The document after each step.
fn describe(api: &Api, normalised: &Normalised) {
    println!(
        "{} {}: {} operations, {} schemas",
        api.name,
        api.source.version,
        document::operations(&normalised.document).count(),
        normalised
            .document
            .pointer("/components/schemas")
            .and_then(serde_json::Value::as_object)
            .map_or(0, serde_json::Map::len),
    );
    for step in &normalised.steps {
        println!("  {:<21} {:>4}  {}", step.name, step.changed, step.about);
    }
    println!("  {}", normalised.gaps);
}

fn report(output: &Output, differences: &[Difference], check: bool, started: Instant) {
    let state = match (differences.len(), check) {
        (0, _) => "up to date".to_owned(),
        (count, true) => format!("{count} differ"),
        (count, false) => format!("{count} written or deleted"),
    };
    println!(
        "  {} files in {}, {state}; {:.1} s",
        output.files.len(),
        shown(&output.folder, &root()),
        started.elapsed().as_secs_f64(),
    );
}
