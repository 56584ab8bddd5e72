"""Contradictions as owlrl reports them, put into words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SENTENCES = (
    (r"Disjoint classes (\S+) and (\S+) have a common individual (\S+)",
     "{3} is a {1} and a {2}, and nothing is both."),
    (r"(\S+) is defined of type 'Nothing'",
     "{1} belongs to a class that can have no member."),
    (r"'sameAs' and 'differentFrom' cannot .*: \((\S+), (\S+)\)",
     "{1} and {2} are the same and different."),
    (r"'sameAs' and 'AllDifferent' cannot .*: \((\S+), (\S+)\)",
     "{1} and {2} are the same and different."),
    (r"Irreflexive property used on (\S+) with (\S+)",
     "{1} has itself as {2}, and nothing can."),
    (r"Erroneous usage of asymmetric property (\S+) on (\S+) and (\S+)",
     "{2} and {3} have each other as {1}, and only one of them can."),
    (r"Erroneous usage of disjoint properties (\S+) and (\S+) on (\S+) and (\S+)",
     "{3} has {4} both as {1} and as {2}, and nothing has."),
    (r"Lexical value of the literal '(.*)' does not match its datatype \((\S+)\)",
     "“{1}” is no {2}."),
)  # fmt: skip


def in_words(messages: Iterable[str], prefixes: Mapping[str, str]) -> list[str]:
    """Return the contradictions as sentences with prefixed names, sorted, each said once."""
    return sorted({_sentence(message, prefixes) for message in messages})


def _sentence(message: str, prefixes: Mapping[str, str]) -> str:
    for pattern, sentence in _SENTENCES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            parts = [_short(part, prefixes) for part in found.groups()]
            if pattern.startswith("Disjoint"):
                # Each of two disjoint classes reports the other.
                parts[:2] = sorted(parts[:2])
            return sentence.format("", *parts)
    return " ".join(_short(word, prefixes) for word in message.split(" "))


def _short(word: str, prefixes: Mapping[str, str]) -> str:
    # The longest namespace first, because one may lie inside another.
    for prefix, namespace in sorted(prefixes.items(), key=lambda item: -len(item[1])):
        if namespace and namespace in word:
            return word.replace(namespace, f"{prefix}:")
    return word
