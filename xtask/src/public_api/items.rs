//! Finds the public signatures in formatted lines of code.

use super::source::{Line, indentation, until, words};

/// Each public signature with the number of its first line.
///
/// `pub(crate)` and its like are not public. A private field of a public struct is not part of its signature.
pub(super) fn public_signatures(lines: &[Line<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (position, (number, line)) in lines.iter().enumerate() {
        let Some(item) = line.trim_start().strip_prefix("pub ") else { continue };
        let keyword = words(item).find(|word| !is_modifier(word)).unwrap_or_default();
        let signature = match keyword {
            // A module has no signature; what it holds is looked at line by line.
            "mod" => continue,
            "use" => until(lines, position, |line| line.ends_with(';')),
            "struct" | "union" => public_part(&until(lines, position, ends_signature)),
            "fn" | "type" | "enum" | "trait" => until(lines, position, ends_signature),
            // What remains is a constant, a static or a field: all say `name: Type`, and a value is not public.
            _ => without_value(&until(lines, position, |line| line.ends_with([',', ';', '}']))),
        };
        found.push((*number, signature));
        if keyword == "enum" {
            found.extend(body(lines, position).map(|(number, line)| (*number, line.trim().to_owned())));
        } else if keyword == "trait" {
            found.extend(trait_items(lines, position));
        }
    }
    found
}

/// The lines between an item's opening line and the closing brace with the same indentation.
fn body<'l, 'a>(lines: &'l [Line<'a>], position: usize) -> impl Iterator<Item = &'l Line<'a>> {
    let end = format!("{}}}", indentation(lines[position].1));
    let rest = lines.get(position + 1..).unwrap_or_default();
    let is_on_one_line = lines[position].1.ends_with(['}', ';']);
    rest.iter().take_while(move |(_, line)| !is_on_one_line && *line != end)
}

/// The signatures of a trait's items, which are as public as the trait; the bodies of its methods are not.
fn trait_items(lines: &[Line<'_>], position: usize) -> Vec<(usize, String)> {
    let own = format!("{}    ", indentation(lines[position].1));
    let mut found = Vec::new();
    for (offset, (number, line)) in body(lines, position).enumerate() {
        let is_item = words(line).any(|word| matches!(word, "fn" | "type" | "const"));
        if indentation(line) == own && is_item {
            found.push((*number, until(lines, position + 1 + offset, ends_signature)));
        }
    }
    found
}

/// Whether a formatted line is the last of a signature: the body opens, is on this line, or there is none.
fn ends_signature(line: &str) -> bool {
    line.ends_with(['{', '}', ';'])
}

fn without_value(signature: &str) -> String {
    signature.split_once(" = ").map_or(signature, |(declared, _)| declared).to_owned()
}

/// Drops the private fields of a struct that is written on one logical line.
fn public_part(signature: &str) -> String {
    let Some(start) = signature.find(['(', '{']) else { return signature.to_owned() };
    let (head, fields) = signature.split_at(start);
    let public: Vec<&str> =
        top_level_parts(fields).into_iter().filter(|part| part.starts_with("pub ")).collect();
    format!("{head}{}", public.join(", ")).trim_end().to_owned()
}

/// Splits a field list at the commas that lie in no inner bracket.
fn top_level_parts(fields: &str) -> Vec<&str> {
    let inner = fields.get(1..).unwrap_or_default();
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (index, character) in inner.char_indices() {
        match character {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(inner[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(inner[start..].trim());
    parts
}

fn is_modifier(word: &str) -> bool {
    matches!(word, "async" | "const" | "extern" | "unsafe" | "C")
}
