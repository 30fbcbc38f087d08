//! `reg add`, remembered.

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    Value,
    run::{Machine, unquote},
};

impl Machine<'_> {
    pub(super) fn registry(&mut self, arguments: &[String]) -> Result<i32> {
        let words: Vec<&str> = arguments.iter().map(|word| unquote(word)).collect();
        let [verb, key, options @ ..] = &words[..] else {
            bail!("`reg` without a key");
        };
        ensure!(
            verb.eq_ignore_ascii_case("add"),
            "`reg {verb}` is not known here"
        );
        let (root, below) = key
            .split_once('\\')
            .context("a registry key without a root")?;
        let root = match root.to_ascii_uppercase().as_str() {
            "HKLM" | "HKEY_LOCAL_MACHINE" => "HKLM",
            "HKU" | "HKEY_USERS" => "HKU",
            "HKCU" | "HKEY_CURRENT_USER" => "HKCU",
            other => bail!("no registry root is called `{other}`"),
        };
        let mut value = Value {
            kind: "REG_SZ".into(),
            data: String::new(),
        };
        let mut name = None;
        let mut forced = false;
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut next = || {
                options
                    .next()
                    .with_context(|| format!("nothing behind `{option}`"))
            };
            match option.to_ascii_lowercase().as_str() {
                "/v" => name = Some((*next()?).to_owned()),
                "/ve" => name = Some(String::new()),
                "/t" => value.kind = next()?.to_ascii_uppercase(),
                "/d" => value.data = (*next()?).into(),
                "/f" => forced = true,
                other => bail!("`reg add {other}` is not known here"),
            }
        }
        check_value(&value)?;
        let values = self
            .registry
            .entry(format!("{root}\\{below}").to_lowercase())
            .or_default();
        if let Some(name) = name {
            let there = values.insert(name.to_lowercase(), value).is_some();
            ensure!(
                forced || !there,
                "`reg add` asks whether to overwrite, and nobody answers"
            );
        }
        Ok(0)
    }
}

fn check_value(value: &Value) -> Result<()> {
    let bits = match value.kind.as_str() {
        "REG_SZ" | "REG_EXPAND_SZ" | "REG_MULTI_SZ" | "REG_BINARY" => return Ok(()),
        "REG_DWORD" => 32,
        "REG_QWORD" => 64,
        other => bail!("no registry type is called `{other}`"),
    };
    let number = match value.data.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => value.data.parse(),
    };
    let number = number.with_context(|| format!("`{}` is no {}", value.data, value.kind))?;
    ensure!(
        bits == 64 || number >> bits == 0,
        "`{}` is no {}",
        value.data,
        value.kind
    );
    Ok(())
}
