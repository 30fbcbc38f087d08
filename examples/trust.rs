//! Judges a boot program by hand, as the plan does with an ISO's: what the checks with real
//! tools look at. Tells whether a firmware with these variables would start it.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use lucarne::secure_boot::{Program, Trust, Variables, judge};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [variables, program] = args.as_slice() else {
        bail!("usage: trust VARS.fd PROGRAM.efi");
    };
    let variables = Variables::read(variables.as_str().into())?;
    let bytes = std::fs::read(program).with_context(|| format!("cannot read `{program}`"))?;
    let judgement = judge(&Program::read(&bytes), &variables);
    let told = judgement.problem(program).or(judgement.doubt(program));
    let trusted = judgement.trust == Trust::Yes;
    match told {
        Some(told) => println!("{told}\nhint: {}", told.hint.as_deref().unwrap_or("none")),
        None => println!("the firmware starts it"),
    }
    Ok(if trusted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
