//! Decides whether an SPDX licence expression can be satisfied, with Cargo's old `/` read as `OR`.

/// Whether some choice in `expression` leaves only licences that `allowed` accepts.
///
/// `allowed` is asked for a licence together with its exception, as in `Apache-2.0 WITH LLVM-exception`: whoever
/// wrote the allow list decided about exactly that pair.
pub(super) fn satisfiable(expression: &str, allowed: impl Fn(&str) -> bool) -> Result<bool, String> {
    let tokens = tokens(expression);
    let mut parser = Parser { tokens: &tokens, allowed };
    let answer = parser.either()?;
    match parser.tokens.first() {
        None => Ok(answer),
        Some(token) => Err(format!("`{token}` is not expected here")),
    }
}

fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// Recursive descent: `OR` binds loosest, then `AND`, then `WITH`.
struct Parser<'a, F> {
    tokens: &'a [String],
    allowed: F,
}

impl<F: Fn(&str) -> bool> Parser<'_, F> {
    fn either(&mut self) -> Result<bool, String> {
        let mut answer = self.both()?;
        while self.skip("OR") {
            // The right side is read in any case, so that a mistake in it is not overlooked.
            answer |= self.both()?;
        }
        Ok(answer)
    }

    fn both(&mut self) -> Result<bool, String> {
        let mut answer = self.single()?;
        while self.skip("AND") {
            answer &= self.single()?;
        }
        Ok(answer)
    }

    fn single(&mut self) -> Result<bool, String> {
        if self.skip("(") {
            let answer = self.either()?;
            return if self.skip(")") { Ok(answer) } else { Err("a `)` is missing".to_owned()) };
        }
        let licence = self.name()?;
        if self.skip("WITH") {
            let exception = self.name()?;
            return Ok((self.allowed)(&format!("{licence} WITH {exception}")));
        }
        Ok((self.allowed)(&licence))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.split_first() {
            Some((token, rest)) if !matches!(token.as_str(), "OR" | "AND" | "WITH" | "(" | ")") => {
                self.tokens = rest;
                Ok(token.clone())
            }
            Some((token, _)) => Err(format!("`{token}` stands where a name should")),
            None => Err("it ends where a name should stand".to_owned()),
        }
    }

    fn skip(&mut self, wanted: &str) -> bool {
        match self.tokens.split_first() {
            Some((token, rest)) if token == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_mit_and_isc(expression: &str) -> Result<bool, String> {
        satisfiable(expression, |licence| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence))
    }

    #[test]
    fn or_needs_one_side_and_and_needs_both() {
        assert_eq!(with_mit_and_isc("MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("GPL-3.0-only OR MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("GPL-3.0-only OR LGPL-2.1-only"), Ok(false));
        assert_eq!(with_mit_and_isc("MIT AND ISC"), Ok(true));
        assert_eq!(with_mit_and_isc("MIT AND GPL-3.0-only"), Ok(false));
    }

    #[test]
    fn and_binds_tighter_than_or_unless_parentheses_say_otherwise() {
        assert_eq!(with_mit_and_isc("MIT OR ISC AND GPL-3.0-only"), Ok(true));
        assert_eq!(with_mit_and_isc("(MIT OR ISC) AND GPL-3.0-only"), Ok(false));
        assert_eq!(with_mit_and_isc("(MIT OR GPL-3.0-only) AND (ISC)"), Ok(true));
    }

    #[test]
    fn the_old_slash_is_an_or() {
        assert_eq!(with_mit_and_isc("Apache-2.0/MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("Apache-2.0 / GPL-3.0-only"), Ok(false));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert_eq!(with_mit_and_isc("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert_eq!(with_mit_and_isc("Apache-2.0"), Ok(false));
        assert_eq!(with_mit_and_isc("MIT WITH LLVM-exception"), Ok(false));
    }

    #[test]
    fn a_malformed_expression_is_an_error_and_never_an_answer() {
        for wrong in
            ["", "MIT OR", "OR MIT", "MIT ISC", "(MIT", "MIT)", "MIT WITH", "MIT OR (GPL-3.0-only AND)"]
        {
            assert!(with_mit_and_isc(wrong).is_err(), "{wrong:?}");
        }
    }
}
