"""What stands in a cell: one item or several, each a name, a plain value or a term as in Turtle.

An item is a line. What could be misread (a text of several lines, in another language, of another
datatype) is written as in Turtle: `"…"@de`, `"007"^^<…>`, `<IRI>`, `_:b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache

from rdflib import XSD, BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph.adapters.spreadsheet.form import Column
from srmgraph.errors import InputError
from srmgraph.terms import to_oxigraph

Value = str | int | float | bool | date | datetime
"""What a program for spreadsheets keeps in a cell that is not empty."""

_QUOTED = re.compile(
    r"""[ \t]*("(?:[^"\\]|\\.)*"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^<[^<>\s]*>)?)[ \t]*(?:\n|\Z)""",
    re.DOTALL,
)
_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_LITERAL = re.compile(
    r"""(?s)"(?P<text>(?:[^"\\]|\\.)*)"(?:@(?P<language>[\w-]+)|\^\^<(?P<datatype>[^<>\s]*)>)?"""
)
_BLANK = re.compile(r"_:[A-Za-z0-9]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
# What XML cannot hold, what programs change on the way, and what stands for such in a workbook.
_UNSAFE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
    "|_(?=x[0-9A-Fa-f]{4}_)"
)
_TRUTH = {"true": "true", "false": "false", "yes": "true", "no": "false"}
_EXAMPLES = {
    XSD.date: "2027-01-31",
    XSD.dateTime: "2027-01-31T09:00:00Z",
    XSD.boolean: "TRUE or FALSE",
    XSD.decimal: "1234.50",
    XSD.integer: "12",
    XSD.nonNegativeInteger: "12",
}
# XML Schema part 2. Libraries take more for a number or a day than it does.
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_LEXICAL = {
    XSD.date: re.compile(_DAY + _ZONE),
    XSD.dateTime: re.compile(rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?{_ZONE}"),
    XSD.boolean: re.compile("true|false"),
    XSD.decimal: re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    XSD.integer: re.compile("[+-]?[0-9]+"),
    XSD.nonNegativeInteger: re.compile("[+]?[0-9]+|-0+"),
}
_DIGITS = 15


class CellError(Exception):
    """A cell cannot be understood; the text says why, and what to write."""


def items(text: str) -> Iterator[str]:
    """Return the items of a cell: its lines, without space around them, where quotes hold lines
    together."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in text and '"' not in text:
        if item := text.strip():
            yield item
        return
    place = 0
    while place < len(text):
        found = _QUOTED.match(text, place) or _LINE.match(text, place)
        assert found is not None, "whatever there is begins with a line"
        place = found.end()
        if item := found[1].strip():
            yield item


def join(written: list[str]) -> str:
    """Return the cell that has these items."""
    return "\n".join(written)


def explicit(item: str) -> Node | None:
    """Return the term that an item says outright, as in Turtle; None for a name or plain value.

    Raises CellError for what only looks like one.
    """
    first = item[0]
    if first == '"':
        found = _LITERAL.fullmatch(item)
        if found is None:
            return None
        text = _ESCAPE.sub(_unescaped, found["text"])
        if found["language"]:
            return _checked(Literal(text, lang=found["language"].lower()))
        if found["datatype"]:
            datatype = _checked(URIRef(found["datatype"]))
            return Literal(text, datatype=URIRef(str(datatype)), normalize=False)
        return Literal(text)
    if first == "<" and item.endswith(">"):
        return _checked(URIRef(item[1:-1]))
    if first == "_" and _BLANK.fullmatch(item):
        return BNode(item[2:])
    return None


def quoted(term: Node) -> str:
    """Return a term as `explicit` reads it."""
    if isinstance(term, Literal):
        written = str(term).replace("\\", "\\\\").replace('"', '\\"')
        written = f'"{_UNSAFE.sub(_escaped, written)}"'
        if term.language:
            return f"{written}@{term.language}"
        return f"{written}^^<{term.datatype}>" if term.datatype else written
    return f"_:{term}" if isinstance(term, BNode) else f"<{term}>"


def is_plain(text: str) -> bool:
    """Whether a text can stand in a cell as it is, to be read as nothing but itself."""
    return (
        bool(text)
        and text == text.strip()
        and "\n" not in text
        and not _UNSAFE.search(text)
        and text[0] not in '"<'
        and not _BLANK.fullmatch(text)
    )


@lru_cache(maxsize=65536)
def literal(item: str, datatype: URIRef | None, language: str) -> Literal:
    """Return the literal that a plain value means in a column.

    Raises CellError where it is no value of the datatype.
    """
    if datatype is None:
        return Literal(item, lang=language or None)
    if datatype == XSD.string:
        return Literal(item)
    if datatype == XSD.boolean:
        item = _TRUTH.get(item.lower(), item)
    found = Literal(item, datatype=datatype, normalize=False)
    pattern = _LEXICAL.get(datatype)
    if found.ill_typed or found.value is None or (pattern and not pattern.fullmatch(item)):
        kind = str(datatype).rpartition("#")[2]
        example = _EXAMPLES.get(datatype)
        advice = f" Write it like {example}." if example else ""
        raise CellError(f"“{shortened(item)}” is no {kind}.{advice}")
    return found


def value(item: str, column: Column, language: str) -> Node:
    """Return the term that an item means in a column for values; raises CellError."""
    term = explicit(item)
    return literal(item, column.datatype, language) if term is None else term


def plain(value: Literal, column: Column, language: str) -> str | None:
    """Return the plain value that means just this literal in a column, if there is one."""
    text = str(value)
    if not is_plain(text):
        return None
    try:
        return text if literal(text, column.datatype, language) == value else None
    except CellError:
        return None


def text_of(value: Value, column: Column | None) -> str:
    """Return what a program keeps in a cell as text, as the kind of the column has it.

    Raises CellError for a number where a day is wanted, and the like.
    """
    if isinstance(value, str):
        return value
    datatype = None if column is None else column.datatype
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if datatype != XSD.dateTime and value.time() == datetime.min.time():
            return value.date().isoformat()
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if datatype in (XSD.date, XSD.dateTime):
        raise CellError(
            f"The number {value} stands where a day belongs. Format the cell as a date, or write "
            f"it like {_EXAMPLES[datatype]}."
        )
    return _number(value, column.decimals if column and datatype == XSD.decimal else 0)


def native(text: str, column: Column) -> Value:
    """Return what a program is to keep in a cell for a text: a number, day or truth value where
    that comes back as the same text, else the text."""
    if column.datatype not in _EXAMPLES:
        return text
    value: Value = text
    try:
        if column.datatype in (XSD.decimal, XSD.integer, XSD.nonNegativeInteger):
            if sum(letter.isdigit() for letter in text) <= _DIGITS:
                value = float(text) if "." in text else int(text)
        elif column.datatype == XSD.date:
            value = date.fromisoformat(text)
        elif column.datatype == XSD.dateTime:
            value = datetime.fromisoformat(text)
            if value.tzinfo is not None:
                return text
        elif column.datatype == XSD.boolean and text in ("true", "false"):
            return text == "true"
        # The calendar of spreadsheets is wrong before, and ends then.
        if isinstance(value, date) and not 1901 <= value.year <= 9998:
            return text
        return value if text_of(value, column) == text else text
    except (ValueError, OverflowError, CellError):
        return text


def shortened(text: str) -> str:
    """Return a text for a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _number(value: float, decimals: int) -> str:
    if decimals == 0 and float(value).is_integer() and abs(value) < 1e16:
        return str(int(value))
    text = repr(float(value))
    if "e" in text or "n" in text:
        text = format(float(value), "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(decimals, '0')}"


def _checked(term: Node) -> Node:
    try:
        to_oxigraph(term)
    except InputError as error:
        raise CellError(error.message) from None
    return term


def _unescaped(found: re.Match[str]) -> str:
    short, long, letter = found.groups()
    if letter:
        return _ESCAPES.get(letter, letter)
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise CellError(f"{found[0]} is no character.")
    return chr(code)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
