//! What a page of Markdown shows: its fenced blocks.

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// What stands behind the fence: `nix`, `console` …
    pub(crate) kind: &'a str,
    /// The last line of text before it.
    pub(crate) before: &'a str,
    /// Its text, indented as the fence is.
    pub(crate) text: String,
    /// The line of its fence, from 1.
    pub(crate) line: usize,
}

/// All of a page, in their order. One without an end goes to the page's.
pub(crate) fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = (1..).zip(page.lines());
    while let Some((number, line)) = lines.next() {
        let Some(kind) = line.trim_start().strip_prefix("```") else {
            if !line.trim().is_empty() {
                before = line.trim();
            }
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let inner = lines.by_ref().map(|(_, line)| line);
        let inner = inner.take_while(|line| line.trim() != "```");
        let text = inner.map(|line| line.get(indent..).unwrap_or("").to_owned() + "\n");
        found.push(Block {
            kind: kind.trim(),
            before,
            text: text.collect(),
            line: number,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_what_is_said_of_them() {
        let page =
            "# A\n\nsaid:\n\n```nix\n{ }\n```\n\n- x:\n\n  ```json\n  {\n\n  }\n  ```\nend\n";
        let block = |kind, before, text: &str, line| Block {
            kind,
            before,
            text: text.to_owned(),
            line,
        };
        let wanted = [
            block("nix", "said:", "{ }\n", 5),
            block("json", "- x:", "{\n\n}\n", 11),
        ];
        assert_eq!(blocks(page), wanted);
    }
}
