"""The words and marks of a SPARQL query, read one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<skip>\#[^\n\r]*|\s+)
      | (?P<string>(?:\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
            |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')(?:@[\w-]+)?)
      | (?P<iri><[A-Za-z][A-Za-z0-9+.-]*:[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<variable>[?$]\w+)
      | (?P<name>(?:_|[A-Za-z][\w.-]*)?:(?:[\w%:](?:[\w%:.-]*[\w%:-])?)?)
      | (?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<other>\^\^|\|\||&&|[<>!]=|.)""",
    re.VERBOSE | re.DOTALL,
)


class NotUnderstood(Exception):
    """A query has a construct that is not known here; the message names it."""


def words(sparql: str) -> Iterator[tuple[str, str]]:
    """Cut a SPARQL text into (kind, text), without white space and comments."""
    for match in _TOKEN.finditer(sparql):
        if match.lastgroup != "skip":
            yield str(match.lastgroup), match.group()


class Tokens:
    """Goes through the words and marks of a query; raises NotUnderstood where it is another one
    than expected."""

    def __init__(self, sparql: str) -> None:
        self._sparql = sparql
        found = [match for match in _TOKEN.finditer(sparql) if match.lastgroup != "skip"]
        self._tokens = [(str(match.lastgroup), match.group()) for match in found]
        self._places = [match.start() for match in found]
        self._at = 0
        self._prefixes: dict[str, str] = {}

    def _text(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place][1] if place < len(self._tokens) else ""

    def _upper(self, ahead: int = 0) -> str:
        place = self._at + ahead
        if place < len(self._tokens) and self._tokens[place][0] == "word":
            return self._tokens[place][1].upper()
        return ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise NotUnderstood("the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        found = self._next()[1]
        if found != text:
            raise NotUnderstood(found)

    def _skip(self, *texts: str) -> bool:
        if self._text() in texts:
            self._at += 1
            return True
        return False

    def _iri(self) -> str:
        kind, text = self._next()
        if kind == "iri":
            return text[1:-1]
        prefix, _, local = text.partition(":")
        if kind != "name" or prefix not in self._prefixes:
            raise NotUnderstood(text)
        return self._prefixes[prefix] + local
