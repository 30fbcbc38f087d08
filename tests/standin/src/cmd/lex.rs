//! Splits a command line into words and operators.

use anyhow::{Result, bail, ensure};

/// One piece of a line. Words keep their quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    And,
    AndThen,
    OrElse,
    Open,
    Close,
    /// `1>`, `2>`, `>>`: the handle, and whether it appends.
    Redirect(u8, bool),
    /// `2>&1`.
    Join(u8, u8),
}

/// Splits a line.
pub(super) fn lex(line: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer {
        rest: line.chars().collect(),
        at: 0,
        word: String::new(),
        tokens: Vec::new(),
    };
    while let Some(character) = lexer.next() {
        lexer.take(character)?;
    }
    lexer.end_word();
    Ok(lexer.tokens)
}

struct Lexer {
    rest: Vec<char>,
    at: usize,
    word: String,
    tokens: Vec<Token>,
}

impl Lexer {
    fn next(&mut self) -> Option<char> {
        let character = self.rest.get(self.at).copied();
        self.at += 1;
        character
    }

    fn next_is(&mut self, wanted: char) -> bool {
        let is = self.rest.get(self.at) == Some(&wanted);
        self.at += usize::from(is);
        is
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.tokens
                .push(Token::Word(std::mem::take(&mut self.word)));
        }
    }

    fn operator(&mut self, token: Token) {
        self.end_word();
        self.tokens.push(token);
    }

    fn take(&mut self, character: char) -> Result<()> {
        match character {
            '"' => self.quoted()?,
            '^' => match self.next() {
                Some(escaped) => self.word.push(escaped),
                None => bail!("nothing behind `^`"),
            },
            '&' if self.next_is('&') => self.operator(Token::AndThen),
            '&' => self.operator(Token::And),
            '|' if self.next_is('|') => self.operator(Token::OrElse),
            '|' => bail!("a pipe, which the stand-in does not know"),
            '(' => self.operator(Token::Open),
            ')' => self.operator(Token::Close),
            '<' => bail!("input from a file, which the stand-in does not know"),
            '>' => self.redirect()?,
            ' ' | '\t' => self.end_word(),
            '\r' | '\n' => bail!("a line end inside a command"),
            // `@` only keeps batch files quiet.
            '@' if self.word.is_empty() => {}
            other => self.word.push(other),
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<()> {
        self.word.push('"');
        loop {
            let Some(character) = self.next() else {
                bail!("an open quote");
            };
            self.word.push(character);
            if character == '"' {
                return Ok(());
            }
        }
    }

    /// A digit directly before `>` is the handle, if the digit is a word of its own.
    fn redirect(&mut self) -> Result<()> {
        let handle = match self.word.as_str() {
            "1" => 1,
            "2" => 2,
            _ => 0,
        };
        if handle != 0 {
            self.word.clear();
        }
        self.end_word();
        let handle = handle.max(1);
        if self.next_is('&') {
            let other = self.next();
            ensure!(matches!(other, Some('1' | '2')), "`>&` without a handle");
            let other = if other == Some('1') { 1 } else { 2 };
            self.tokens.push(Token::Join(handle, other));
        } else {
            let appends = self.next_is('>');
            self.tokens.push(Token::Redirect(handle, appends));
        }
        Ok(())
    }
}
