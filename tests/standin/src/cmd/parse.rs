//! The grammar: lists, `for`, `if`, groups and simple commands.

use anyhow::{Context as _, Result, bail, ensure};

use super::lex::Token;

/// Commands and what joins each to the one before.
pub(super) type List = Vec<(Join, Command)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    Always,
    AfterSuccess,
    AfterFailure,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) what: What,
    /// Where the standard output goes: a path, and whether it is appended.
    pub(super) output: Option<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Simple(Vec<String>),
    Group(List),
    For(char, Vec<String>, List),
    If(Condition, List, List),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) not: bool,
    pub(super) test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Exists(String),
    ErrorLevel(i32),
    Equal(String, String, bool),
}

/// Deepest nesting; a line of 259 characters holds less.
const DEEPEST: usize = 16;

/// Reads a line's tokens.
pub(super) fn parse(tokens: &[Token]) -> Result<List> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let list = parser.list()?;
    ensure!(parser.at == tokens.len(), "`)` without `(`");
    Ok(list)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn word(&mut self) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(keyword));
        self.at += usize::from(is);
        is
    }

    fn list(&mut self) -> Result<List> {
        self.depth += 1;
        ensure!(self.depth < DEEPEST, "nested too deeply");
        let mut list = vec![(Join::Always, self.command()?)];
        loop {
            let join = match self.peek() {
                Some(Token::And) => Join::Always,
                Some(Token::AndThen) => Join::AfterSuccess,
                Some(Token::OrElse) => Join::AfterFailure,
                _ => break,
            };
            self.at += 1;
            // A line may end with `&`.
            if join == Join::Always && matches!(self.peek(), None | Some(Token::Close)) {
                break;
            }
            list.push((join, self.command()?));
        }
        self.depth -= 1;
        Ok(list)
    }

    fn command(&mut self) -> Result<Command> {
        let mut output = None;
        self.redirects(&mut output)?;
        let what = if self.peek() == Some(&Token::Open) {
            What::Group(self.group()?)
        } else if self.keyword("for") {
            self.for_loop()?
        } else if self.keyword("if") {
            self.condition()?
        } else {
            let mut words = Vec::new();
            loop {
                self.redirects(&mut output)?;
                match self.word() {
                    Some(word) => words.push(word),
                    None => break,
                }
            }
            ensure!(!words.is_empty(), "a command is missing");
            What::Simple(words)
        };
        self.redirects(&mut output)?;
        Ok(Command { what, output })
    }

    fn redirects(&mut self, output: &mut Option<(String, bool)>) -> Result<()> {
        loop {
            match self.peek() {
                Some(Token::Redirect(handle, appends)) => {
                    let (handle, appends) = (*handle, *appends);
                    self.at += 1;
                    let target = self.word().context("nothing behind `>`")?;
                    if handle == 1 {
                        *output = Some((target, appends));
                    }
                }
                Some(Token::Join(..)) => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn group(&mut self) -> Result<List> {
        self.at += 1;
        let list = self.list()?;
        ensure!(self.peek() == Some(&Token::Close), "`(` without `)`");
        self.at += 1;
        Ok(list)
    }

    /// The body of `for` and `if` takes everything up to the end of its group.
    fn body(&mut self) -> Result<List> {
        self.list()
    }

    fn for_loop(&mut self) -> Result<What> {
        let name = self.word().context("`for` without a variable")?;
        let mut characters = name.chars();
        let (Some('%'), Some(variable), None) =
            (characters.next(), characters.next(), characters.next())
        else {
            bail!("`{name}` is no variable of `for`, or a kind of `for` that is not known here");
        };
        ensure!(variable.is_ascii_alphabetic(), "`{name}` is no variable");
        ensure!(self.keyword("in"), "`for` without `in`");
        ensure!(self.peek() == Some(&Token::Open), "`in` without `(`");
        self.at += 1;
        let mut items = Vec::new();
        while let Some(word) = self.word() {
            let parts = word.split([',', ';', '=']).filter(|part| !part.is_empty());
            items.extend(parts.map(str::to_owned));
        }
        ensure!(
            self.peek() == Some(&Token::Close),
            "the list of `for` has no end"
        );
        self.at += 1;
        ensure!(
            !items.iter().any(|item| item.contains(['*', '?'])),
            "a pattern in `for`"
        );
        ensure!(self.keyword("do"), "`for` without `do`");
        Ok(What::For(variable, items, self.body()?))
    }

    fn condition(&mut self) -> Result<What> {
        let ignores_case = self.keyword("/i");
        let not = self.keyword("not");
        let test = if self.keyword("exist") {
            Test::Exists(self.word().context("`if exist` without a path")?)
        } else if self.keyword("errorlevel") {
            let word = self.word().context("`errorlevel` without a number")?;
            Test::ErrorLevel(word.parse().context("`errorlevel` without a number")?)
        } else {
            let word = self.word().context("`if` without a condition")?;
            let (left, right) = word
                .split_once("==")
                .context("a kind of `if` not known here")?;
            Test::Equal(left.into(), right.into(), ignores_case)
        };
        let grouped = self.peek() == Some(&Token::Open);
        if !grouped {
            return Ok(What::If(Condition { not, test }, self.body()?, Vec::new()));
        }
        let mut then = vec![(Join::Always, self.command_group()?)];
        let mut otherwise = Vec::new();
        if self.keyword("else") {
            otherwise = self.body()?;
        } else {
            // What follows a group is the body's as well.
            while let Some(join) = self.join() {
                then.push((join, self.command()?));
            }
        }
        Ok(What::If(Condition { not, test }, then, otherwise))
    }

    fn command_group(&mut self) -> Result<Command> {
        let what = What::Group(self.group()?);
        let mut output = None;
        self.redirects(&mut output)?;
        Ok(Command { what, output })
    }

    fn join(&mut self) -> Option<Join> {
        let join = match self.peek()? {
            Token::And => Join::Always,
            Token::AndThen => Join::AfterSuccess,
            Token::OrElse => Join::AfterFailure,
            _ => return None,
        };
        self.at += 1;
        Some(join)
    }
}
