"""The values of literals: which datatypes they belong to, and which of them are the same.

Source: OWL 2 RL profile, section 4.3, table 8; XML Schema 1.1 Part 2. Only datatypes of that
profile have a value here. A literal of any other belongs to that one, and is the same only as
itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyoxigraph

XSD = "http://www.w3.org/2001/XMLSchema#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANG_STRING, PLAIN_LITERAL = f"{_RDF}langString", f"{_RDF}PlainLiteral"
RDFS_LITERAL = "http://www.w3.org/2000/01/rdf-schema#Literal"

WHOLE: dict[str, tuple[float, float]] = {
    "integer": (-math.inf, math.inf),
    "nonNegativeInteger": (0, math.inf),
    "positiveInteger": (1, math.inf),
    "nonPositiveInteger": (-math.inf, 0),
    "negativeInteger": (-math.inf, -1),
    **{name: (-(2**bits), 2**bits - 1) for name, bits in zip(
        ("byte", "short", "int", "long"), (7, 15, 31, 63), strict=True)},
    **{name: (0, 2**bits - 1) for name, bits in zip(
        ("unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong"), (8, 16, 32, 64),
        strict=True)},
}  # fmt: skip
TEXTS = {
    "string": "(?s:.*)",
    "normalizedString": r"[^\t\n\r]*",
    "token": r"([^\s]+( [^\s]+)*)?",
    "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
    "Name": r"[:\w][-.:\w]*",
    "NCName": r"[^\W\d][-.\w]*",
    "NMTOKEN": r"[-.:\w]+",
}
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)"
_ZONE = r"(Z|[+-]\d\d:\d\d)"
_MOMENT = rf"-?\d{{4,}}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?{_ZONE}?"
FORMS = {
    **dict.fromkeys(WHOLE, r"[+-]?\d+"),
    **TEXTS,
    "decimal": _NUMBER,
    **dict.fromkeys(("double", "float"), rf"{_NUMBER}([eE][+-]?\d+)?|[+-]?INF|NaN"),
    "boolean": "true|false|0|1",
    "hexBinary": "([0-9a-fA-F]{2})*",
    "base64Binary": r"[A-Za-z0-9+/\s]*(=\s*){0,2}",
    "anyURI": r"[^\s]*",
    "dateTime": _MOMENT,
    "dateTimeStamp": _MOMENT.removesuffix("?"),
    "date": rf"-?\d{{4,}}-\d\d-\d\d{_ZONE}?",
    "time": rf"\d\d:\d\d:\d\d(\.\d+)?{_ZONE}?",
    "gYear": rf"-?\d{{4,}}{_ZONE}?",
    "gYearMonth": rf"-?\d{{4,}}-\d\d{_ZONE}?",
    "gMonthDay": rf"--\d\d-\d\d{_ZONE}?",
    "gDay": rf"---\d\d{_ZONE}?",
    "gMonth": rf"--\d\d{_ZONE}?",
}  # fmt: skip
_OF_ANY_SCRIPT = ("Name", "NCName", "NMTOKEN")
_COMPILED = {
    f"{XSD}{name}": re.compile(form, 0 if name in _OF_ANY_SCRIPT else re.ASCII)
    for name, form in FORMS.items()
}
_NOT_IN_OWL = {"date", "time", "gYear", "gYearMonth", "gMonthDay", "gDay", "gMonth"}
KNOWN = frozenset(
    {f"{XSD}{name}" for name in FORMS} | {LANG_STRING, PLAIN_LITERAL, RDFS_LITERAL}
    | {f"{_RDF}XMLLiteral", f"{_RDF}HTML", f"{XSD}duration"}
)  # fmt: skip
"""Names that are always names of datatypes."""


def is_well_formed(literal: pyoxigraph.Literal) -> bool:
    """Tell whether the text of a literal is one of its datatype, as far as that is known."""
    datatype = literal.datatype.value
    form = _COMPILED.get(datatype)
    if form is None or datatype == f"{XSD}string":
        return True
    if not form.fullmatch(literal.value):
        return False
    name = datatype.removeprefix(XSD)
    if name in WHOLE:
        least, most = WHOLE[name]
        # Python refuses to read a whole number of thousands of digits.
        return least <= Decimal(literal.value) <= most
    if name in ("date", "dateTime", "dateTimeStamp"):
        return _is_day(literal.value)
    return True


def includes(datatype: str, other: str) -> bool | None:
    """Tell whether all values of another datatype belong to one, or none; None if only some do."""
    if datatype in (other, RDFS_LITERAL):
        return True
    if datatype == PLAIN_LITERAL:
        return other in (LANG_STRING, f"{XSD}string")
    name, other_name = datatype.removeprefix(XSD), other.removeprefix(XSD)
    if name in WHOLE or name == "decimal":
        if other_name not in WHOLE and other_name != "decimal":
            return False
        return True if name == "decimal" else None
    if name in TEXTS:
        return None if other_name in TEXTS else False
    if {name, other_name} == {"dateTime", "dateTimeStamp"}:
        return True if name == "dateTime" else None
    return False


def belongs(literal: pyoxigraph.Literal, datatype: str) -> bool:
    """Tell whether the value of a well-formed literal is one of the datatype."""
    by_datatype = includes(datatype, literal.datatype.value)
    if by_datatype is not None:
        return by_datatype
    name = datatype.removeprefix(XSD)
    if name in WHOLE:
        number = Decimal(literal.value)
        least, most = WHOLE[name]
        return number == number.to_integral_value() and least <= number <= most
    if name in TEXTS:
        return _COMPILED[datatype].fullmatch(literal.value) is not None
    return re.search(f"{_ZONE}$", literal.value) is not None


def value(literal: pyoxigraph.Literal) -> Hashable:
    """Return what is the same for two literals if and only if their values are."""
    name = literal.datatype.value.removeprefix(XSD)
    read = _READERS.get(name)
    if read is None or name in _NOT_IN_OWL or not is_well_formed(literal):
        return literal
    return read(literal.value)


def _moment(text: str) -> Hashable:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "dateTime", text
    return "dateTime", moment.astimezone(UTC) if moment.tzinfo else moment


def _float(kind: str) -> Callable[[str], Hashable]:
    def read(text: str) -> Hashable:
        number = float(text)
        # NaN is the same as itself among values, and 0 is not -0.
        return kind, str(number)

    return read


_READERS: dict[str, Callable[[str], Hashable]] = {
    **{name: lambda text: ("number", Decimal(text)) for name in (*WHOLE, "decimal")},
    **{name: lambda text: ("text", text) for name in TEXTS},
    "double": _float("double"),
    "float": _float("float"),
    "boolean": lambda text: ("boolean", text in ("true", "1")),
    "hexBinary": lambda text: ("hexBinary", text.upper()),
    "base64Binary": lambda text: ("base64Binary", re.sub(r"\s", "", text)),
    "anyURI": lambda text: ("anyURI", text),
    "dateTime": _moment,
    "dateTimeStamp": _moment,
}


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _is_unusual_day(text)
    return True


def _is_unusual_day(text: str) -> bool:
    """Tell whether a day, perhaps with a time, is one that Python may not know."""
    year, month, day = re.match(r"(-?\d+)-(\d\d)-(\d\d)", text).groups()  # type: ignore[union-attr]
    # Python has no year before 1 or after 9999, but each has a twin there, 400 years repeating; so
    # only the last four digits count.
    twin = int(year[-4:]) % 400 + 400 if year[0] != "-" else 800 - int(year[-4:]) % 400
    try:
        datetime(twin, int(month), int(day), tzinfo=UTC)
    except ValueError:
        return False
    clock = re.search(r"T(\d\d):(\d\d):(\d\d)", text)
    if clock is None:
        return True
    hour, minute, second = (int(part) for part in clock.groups())
    whole = timedelta(hours=hour, minutes=minute, seconds=second)
    return minute < 60 and second < 60 and whole <= timedelta(days=1)
