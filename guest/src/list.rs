//! Lists in one text: variables such as `PATH`, and the file `hosts`.

/// Adds elements to a list with `;` between them, at its end or its begin. One that is in it
/// already, in any case of letters and with or without a `\` at its end, stays where it is.
#[must_use]
pub fn merge(list: &str, elements: &[String], at_begin: bool) -> String {
    let mut all: Vec<&str> = list
        .split(';')
        .filter(|element| !element.is_empty())
        .collect();
    let mut new = Vec::new();
    for element in elements {
        let is_in = all.iter().chain(&new).any(|known| same(known, element));
        if !is_in {
            new.push(element.as_str());
        }
    }
    if at_begin {
        new.append(&mut all);
        new.join(";")
    } else {
        all.append(&mut new);
        all.join(";")
    }
}

fn same(a: &str, b: &str) -> bool {
    let key = |text: &str| text.trim_end_matches('\\').to_lowercase();
    key(a) == key(b)
}

/// The text of `hosts` in which names belong to an address, and to no other one of its family: a
/// name may have an address of IPv4 and one of IPv6.
#[must_use]
pub fn hosts(text: &str, address: &str, names: &[String]) -> String {
    let is_of_6 = |address: &str| address.contains(':');
    let mut lines = Vec::new();
    for line in text.lines() {
        let (entry, comment) = match line.split_once('#') {
            Some((entry, comment)) => (entry, format!(" #{comment}")),
            None => (line, String::new()),
        };
        let mut words = entry.split_whitespace();
        let here = words.next();
        let known: Vec<&str> = words.collect();
        let left: Vec<&str> = (known.iter().copied())
            .filter(|name| names.iter().all(|new| !new.eq_ignore_ascii_case(name)))
            .collect();
        match here {
            Some(here) if left.len() < known.len() && is_of_6(here) == is_of_6(address) => {
                if !left.is_empty() {
                    lines.push(format!("{here} {}{comment}", left.join(" ")));
                }
            }
            _ => lines.push(line.to_owned()),
        }
    }
    if !names.is_empty() {
        lines.push(format!("{address} {}", names.join(" ")));
    }
    lines.push(String::new());
    lines.join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn elements_are_added_once() {
        let path = r"C:\Windows;C:\Tools\;";
        let new = owned(&[r"c:\tools", r"C:\a b", r"C:\A B\"]);
        assert_eq!(merge(path, &new, false), r"C:\Windows;C:\Tools\;C:\a b");
        assert_eq!(merge(path, &new, true), r"C:\a b;C:\Windows;C:\Tools\");
        assert_eq!(merge("", &owned(&["x"]), false), "x");
        let once = merge(path, &new, false);
        assert_eq!(merge(&once, &new, false), once);
    }

    #[test]
    fn a_name_has_one_address() {
        let text = "# Example\r\n10.0.0.1 old alias # mine\r\n10.0.0.2 gone\r\n";
        assert_eq!(
            hosts(text, "192.0.2.1", &owned(&["OLD", "gone"])),
            "# Example\r\n10.0.0.1 alias # mine\r\n192.0.2.1 OLD gone\r\n"
        );
        let once = hosts("", "192.0.2.1", &owned(&["a"]));
        assert_eq!(hosts(&once, "192.0.2.1", &owned(&["a"])), once);
    }

    #[test]
    fn a_name_has_one_address_of_each_family() {
        let both = "192.0.2.1 server\r\n2001:db8::1 server\r\n";
        let one = hosts("", "192.0.2.1", &owned(&["server"]));
        assert_eq!(hosts(&one, "2001:db8::1", &owned(&["server"])), both);
        assert_eq!(
            hosts(both, "::1", &owned(&["server"])),
            "192.0.2.1 server\r\n::1 server\r\n"
        );
        assert_eq!(
            hosts(both, "192.0.2.2", &owned(&["server"])),
            "2001:db8::1 server\r\n192.0.2.2 server\r\n"
        );
    }
}
