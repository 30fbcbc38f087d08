//! `reg`: what is added is remembered, and can be asked for and deleted.

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    Value,
    run::{FAILED, Machine, unquote},
};

impl Machine<'_> {
    pub(super) fn registry(&mut self, arguments: &[String]) -> Result<i32> {
        let words: Vec<&str> = arguments.iter().map(|word| unquote(word)).collect();
        let [verb, key, options @ ..] = &words[..] else {
            bail!("`reg` without a key");
        };
        let key = path(key)?;
        match verb.to_ascii_lowercase().as_str() {
            "add" => self.add(key, options),
            "query" => {
                ensure!(options.is_empty(), "`reg query` of one key is known here");
                Ok(if self.keys(&key).is_empty() {
                    FAILED
                } else {
                    0
                })
            }
            "delete" => {
                let forced = matches!(options, [one] if one.eq_ignore_ascii_case("/f"));
                ensure!(forced, "`reg delete` asks whether to, and nobody answers");
                let keys = self.keys(&key);
                for key in &keys {
                    self.registry.remove(key);
                }
                Ok(if keys.is_empty() { FAILED } else { 0 })
            }
            other => bail!("`reg {other}` is not known here"),
        }
    }

    /// A key and those below it, as far as there are any.
    fn keys(&self, key: &str) -> Vec<String> {
        let below = format!("{key}\\");
        let keys = self.registry.keys();
        let keys = keys.filter(|one| *one == key || one.starts_with(&below));
        keys.cloned().collect()
    }

    fn add(&mut self, key: String, options: &[&str]) -> Result<i32> {
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
        let values = self.registry.entry(key).or_default();
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

/// A key in lower case, with its root's short name.
fn path(key: &str) -> Result<String> {
    let (root, below) = key
        .split_once('\\')
        .context("a registry key without a root")?;
    let root = match root.to_ascii_uppercase().as_str() {
        "HKLM" | "HKEY_LOCAL_MACHINE" => "HKLM",
        "HKU" | "HKEY_USERS" => "HKU",
        "HKCU" | "HKEY_CURRENT_USER" => "HKCU",
        other => bail!("no registry root is called `{other}`"),
    };
    Ok(format!("{root}\\{below}").to_lowercase())
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
