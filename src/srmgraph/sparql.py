"""The words of a SPARQL text: enough to find prefixes and IRIs without taking it apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_LOCAL_NAME = rf"(?:(?:[\w:]|{_ESCAPED})(?:(?:[\w:.-]|{_ESCAPED})*(?:[\w:-]|{_ESCAPED}))?)?"

# A text that is not closed goes on to the end of its line, so that it is not read again and again.
# Nothing is hidden by that: no engine reads on behind it.
_TEXT = r"""
    \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")? | \'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\')?
  | "(?:[^"\\\n]|\\.)*+"? | '(?:[^'\\\n]|\\.)*+'?
"""

# In this order, so that nothing is found inside a text, an IRI or a comment. The prefix of a name
# has an end, because the search for it would otherwise take a time that grows with the square.
_WORD = re.compile(
    rf"""
    (?P<text>{_TEXT})
  | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f])*>)
  | (?P<comment>\#[^\n\r]*) | \\.
  | (?P<variable>[?$]\w+)
  | (?P<blank>_:[\w.-]*\w)
  | (?P<name>(?:[^\W\d_][\w.-]{{0,200}}+)?:{_LOCAL_NAME})
  | (?P<word>@?[^\W\d]\w*(?:-\w+)*)
    """,
    re.VERBOSE | re.DOTALL,
)

_MARKED = re.compile(rf"{_WORD.pattern} | (?P<mark>[{{}}])", re.VERBOSE | re.DOTALL)
_MISREAD = re.compile(r"['#()]")
# What is part of a name or a variable, however the signs before it are read.
_NAMED = re.compile(r"[:?$]\w+", re.ASCII)
_HEAD = re.compile(r"(?:\s*+\#[^\n\r]*+[\n\r])*+")
DEEPEST = 64
"""How many brackets a query may open within each other, so that no engine runs out of stack."""

LONGEST_CHAIN = 1000
"""How many operators and alternatives it may have."""

_AMBIGUOUS = ("SERVICE", "FROM", "LOAD", "INSERT", "DELETE")
_FORMS = ("SELECT", "CONSTRUCT", "DESCRIBE", "ASK")

# How nearly every query begins. It is read for each request, and word by word takes five times as
# long. What may follow is such that no other reading of the last word is possible.
_BEGINNING = re.compile(
    rf"""
    (?: \s++ | \#[^\n\r]*+
      | PREFIX\s++(?:[A-Z][\w.-]{{0,200}}+)?:\s*+<[^<>"{{}}|^`\\\x00-\x20]*+>
      | BASE\s++<[^<>"{{}}|^`\\\x00-\x20]*+>
    )*+
    (?P<form>{"|".join(_FORMS)})(?=[\s{{(*?$])
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_BRACKETS, _OPERATORS = b"{[(", b"!+*/-|&"

_STRUCTURE = re.compile(
    rf"""
    {_TEXT}
  | <(?:[^<>"{{}}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f])*> | \#[^\n\r]* | \\. | @[\w-]+
  | (?<![\w.-])[\w.-]*+:(?:[\w:.-]|{_ESCAPED})*+
  | (?P<mark>[{{}}()\[\]] | [!+*/-] | \|\|? | &&? | (?<![\w?$:])(?:UNION|OPTIONAL|MINUS)(?!\w))
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def words(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a SPARQL text with their kinds, comments left out."""
    for found in _WORD.finditer(text):
        kind = found.lastgroup
        if kind and kind != "comment":
            yield kind, found[0]


def marked(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield words and braces of a SPARQL text with their kinds (`mark` for a brace) and places.

    The places are those of the first letter and behind the last.
    """
    for found in _MARKED.finditer(text):
        kind = found.lastgroup
        if kind and kind != "comment":
            yield kind, found[0], found.start(), found.end()


def prefixes(text: str) -> dict[str, str]:
    """Return the prefixes that a SPARQL text declares."""
    return _split(text)[0]


def references(text: str, known: dict[str, str] | None = None) -> list[str]:
    """Return every IRI that a SPARQL text mentions, whole and sorted.

    Prefixed names are written out with the prefixes of the text, then with those in `known`; names
    of any other prefix are left out.
    """
    declared, body = _split(text)
    namespaces = (known or {}) | declared
    found = set()
    for kind, word in body:
        if kind == "iri":
            found.add(word[1:-1])
        elif kind == "name":
            prefix, local = word.split(":", 1)
            if prefix in namespaces:
                found.add(namespaces[prefix] + re.sub(r"\\(.)", r"\1", local))
    return sorted(found)


def upper_words(sparql: str) -> set[str]:
    """Return the bare words of a query or an update, in capital letters: its keywords and more."""
    return {word.upper() for kind, word in words(sparql) if kind == "word"}


def undeclared(text: str) -> list[str]:
    """Return the prefixes that a SPARQL text uses and does not declare, in their order."""
    declared, body = _split(text)
    used = dict.fromkeys(word.partition(":")[0] for kind, word in body if kind == "name")
    return [prefix for prefix in used if prefix not in declared]


def nesting(text: str) -> tuple[int, int]:
    """Return how deep the brackets of a SPARQL text are nested, and how many operators it chains.

    Both are ways in which a small text makes a recursive parser run out of stack.
    """
    depth = deepest = chain = 0
    for mark in _marks(text):
        if mark in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "}])":
            depth -= 1
        else:
            chain += 1
    return deepest, chain


# It is asked for twice of each text.
@lru_cache(8)
def is_shallow(text: str, depth: int = DEEPEST, chain: int = LONGEST_CHAIN) -> bool:
    """Return whether a SPARQL text cannot but keep to a depth and a number of operators.

    It counts signs wherever they stand, which is quick; see `nesting` for a text with many.
    """
    signs, large = text.encode(errors="surrogatepass"), text.upper()
    operators = len(signs) - len(signs.translate(None, _OPERATORS))
    return len(signs) - len(signs.translate(None, _BRACKETS)) <= depth and (
        operators + sum(map(large.count, ("UNION", "OPTIONAL", "MINUS"))) <= chain
    )


def form(text: str) -> str:
    """Return the form of a query, SELECT, CONSTRUCT, DESCRIBE or ASK; empty if it is no query."""
    if found := _BEGINNING.match(text):
        return found["form"].upper()
    for kind, word in _body({}, words(text)):
        if kind == "word":
            return word.upper() if word.upper() in _FORMS else ""
    return ""


def unmistakable(text: str) -> str:
    """Return a text in which an engine finds the same IRIs, texts and comments as are found here.

    Whether `<2)SERVICE#>` is an IRI, or the end of “less than 2” with another service behind it,
    only a parser knows. A sign that is escaped stays the same in an IRI and is an error elsewhere.
    A text that is shallow and has no such word is returned as it is.
    """
    if is_shallow(text) and not _may_say(text, *_AMBIGUOUS):
        return text
    return _WORD.sub(
        lambda found: (
            _MISREAD.sub(lambda sign: f"\\u{ord(sign[0]):04X}", found[0])
            if found.lastgroup == "iri"
            else found[0]
        ),
        text,
    )


def names_its_graphs(text: str) -> bool:
    """Return whether a query says by FROM which graphs it is asked of."""
    return _may_say(text, "FROM") and any(
        kind == "word" and word.upper() == "FROM" for kind, word in words(text)
    )


def is_federated(text: str) -> bool:
    """Return whether a SPARQL text may ask another service, so that answering it would reach out.

    Engines accept the keyword without white space around it, as in `1SERVICE` or `SERVICESILENT`,
    so it counts wherever it is no part of a text, an IRI, a comment, a variable or a name.
    """
    return _may_say(text, "SERVICE") and any(
        kind == "word" and "SERVICE" in word.upper() for kind, word in words(text)
    )


def _may_say(text: str, *keywords: str) -> bool:
    """Whether one of these may stand in a SPARQL text as a keyword. Quick, and never wrongly no."""
    large = _outside_names(text)
    return any(keyword in large for keyword in keywords)


@lru_cache(8)
def _outside_names(text: str) -> str:
    return _NAMED.sub(" ", text[_HEAD.match(text).end() :]).upper()  # type: ignore[union-attr]


def is_open(text: str) -> bool:
    """Return whether a SPARQL text opens more brackets than it closes."""
    marks = list(_marks(text))
    return sum(mark in "{[(" for mark in marks) > sum(mark in "}])" for mark in marks)


def _marks(text: str) -> Iterator[str]:
    return (found["mark"] for found in _STRUCTURE.finditer(text) if found["mark"])


def _split(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    declared: dict[str, str] = {}
    return declared, list(_body(declared, words(text)))


def _body(
    declared: dict[str, str], sequence: Iterator[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the words that declare nothing, and note the prefixes that the others declare."""
    for kind, word in sequence:
        if kind == "word" and word.upper() == "PREFIX":
            _, prefix = next(sequence, ("", ""))
            _, iri = next(sequence, ("", ""))
            declared[prefix.removesuffix(":")] = iri[1:-1]
        elif kind == "word" and word.upper() == "BASE":
            next(sequence, None)
        else:
            yield kind, word
