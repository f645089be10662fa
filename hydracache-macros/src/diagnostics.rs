//! Errors: collected so that one look shows all of them, each at its token and with its cure.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// The errors of one expansion.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Notes an error at a place.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Notes an error at some tokens.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes an error that somebody else made.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Notes the errors of a part.
    pub(crate) fn extend(&mut self, part: Self) {
        self.0.extend(part.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each, where items stand.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    /// The same as one expression, whose type the compiler does not ask for.
    pub(crate) fn into_expression(self) -> TokenStream {
        let each = self.0.iter().map(syn::Error::to_compile_error);
        quote!({ #(#each);* })
    }
}

/// A place for generated code: what goes wrong in it is shown at `span`, its local names and the user's cannot be
/// mistaken for each other, and lints pass it by.
pub(crate) fn generated(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// The same tokens, meaning the same, shown at `span`.
pub(crate) fn located(tokens: TokenStream, span: Span) -> TokenStream {
    respanned(tokens, &|token| token.located_at(span))
}

/// The same tokens elsewhere, by what `place` makes of where they are.
pub(crate) fn respanned(tokens: TokenStream, place: &dyn Fn(Span) -> Span) -> TokenStream {
    let one = |mut token: TokenTree| {
        let span = place(token.span());
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respanned(group.stream(), place)).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(one).collect()
}

/// A call of `function` that is shown over the whole of `over`.
pub(crate) fn call_over(function: TokenStream, arguments: TokenStream, over: &impl ToTokens) -> TokenStream {
    let mut places = over.to_token_stream().into_iter().map(|token| token.span());
    let first = places.next().unwrap_or_else(Span::call_site);
    let last = places.last().unwrap_or(first);
    let mut call = located(function, first);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(generated(last));
    call.extend([TokenTree::from(arguments)]);
    call
}

/// The tokens of an item before its first braces, to point at.
pub(crate) fn first_line(item: &TokenStream) -> TokenStream {
    let braces =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    item.clone().into_iter().take_while(|token| !braces(token)).collect()
}

/// Tokens as people write them: a path, a type, a call.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    const CLOSER: [(&str, &str); 10] = [
        (" :: ", "::"),
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        ("(* ", "(*"),
        (" )", ")"),
        (" ,", ","),
        ("& ", "&"),
        (" < ", "<"),
        (" >", ">"),
    ];
    let text = tokens.to_token_stream().to_string();
    CLOSER.iter().fold(text, |text, (spaced, plain)| text.replace(spaced, plain))
}

/// Names of things, as a sentence lists them.
pub(crate) fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// The known name that somebody who wrote `wrong` most likely meant, as the end of a sentence.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = |&(distance, name): &(usize, &str)| distance <= 1 + name.len() / 4;
    let closest = known.into_iter().map(|name| (distance(wrong, name), name)).filter(near).min();
    closest.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The number of single-letter edits between two words (Levenshtein, 1965).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["key", "tags", "ttl", "memory_only"];
        assert_eq!(did_you_mean("tag", known), "; did you mean `tags`?");
        assert_eq!(did_you_mean("memoryonly", known), "; did you mean `memory_only`?");
        assert_eq!(did_you_mean("tgas", ["tag", "tags"]), "; did you mean `tags`?");
        assert_eq!(did_you_mean("colour", known), "");
    }

    #[test]
    fn distances_are_counted_in_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
