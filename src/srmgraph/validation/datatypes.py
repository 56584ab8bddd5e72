"""What a literal of a datatype looks like, as a condition in SPARQL; and numbers that are counts.

Source: SHACL section 4.1.2, XML Schema 1.1 Part 2.
"""

from __future__ import annotations

from rdflib import RDF, XSD, URIRef
from rdflib.term import Node

_INTEGER = 'REGEX(STR({0}), "^[+-]?[0-9]+$")'


def _written(form: str) -> str:
    """A condition on a text: that all of it has a form, a regular expression of XPath."""
    return f'REGEX(STR({{0}}), "^({form.replace("{", "{{").replace("}", "}}")})$")'


_ZONE = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_YEAR = "-?([1-9][0-9]{3,}|0[0-9]{3})"
_MONTH = "(0[1-9]|1[0-2])"
_DAY = "(0[1-9]|[12][0-9]|3[01])"
_DAY_OF_MONTH = (
    "(02-(0[1-9]|[12][0-9])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01]))"
)
_YEARS_AND_MONTHS = "([0-9]+Y([0-9]+M)?|[0-9]+M)"
_SECONDS = "[0-9]+([.][0-9]+)?S"
_TIME = f"T([0-9]+H([0-9]+M)?({_SECONDS})?|[0-9]+M({_SECONDS})?|{_SECONDS})"
_DAYS_AND_TIME = f"([0-9]+D({_TIME})?|{_TIME})"
_DIGIT = "([A-Za-z0-9+/] ?)"
_BASE64 = (
    f"({_DIGIT}{{4}})*({_DIGIT}{{3}}[A-Za-z0-9+/]|"
    f"{_DIGIT}{{2}}[AEIMQUYcgkosw048] ?=|{_DIGIT}[AQgw] ?= ?=)?"
)

_FORMS = {
    XSD.boolean: 'REGEX(STR({0}), "^(true|false|0|1)$")',
    XSD.integer: _INTEGER,
    XSD.decimal: r'REGEX(STR({0}), "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$")',
    XSD.double: "isNumeric({0})",
    XSD.float: "isNumeric({0})",
    XSD.date: "isLiteral(xsd:date(STR({0})))",
    XSD.dateTime: "isLiteral(xsd:dateTime(STR({0})))",
    XSD.time: "isLiteral(xsd:time(STR({0})))",
    XSD.duration: _written(f"-?P({_YEARS_AND_MONTHS}({_DAYS_AND_TIME})?|{_DAYS_AND_TIME})"),
    XSD.yearMonthDuration: _written(f"-?P{_YEARS_AND_MONTHS}"),
    XSD.dayTimeDuration: _written(f"-?P{_DAYS_AND_TIME}"),
    XSD.gYear: _written(_YEAR + _ZONE),
    XSD.gYearMonth: _written(f"{_YEAR}-{_MONTH}{_ZONE}"),
    XSD.gMonth: _written(f"--{_MONTH}{_ZONE}"),
    XSD.gMonthDay: _written(f"--{_DAY_OF_MONTH}{_ZONE}"),
    XSD.gDay: _written(f"---{_DAY}{_ZONE}"),
    XSD.hexBinary: _written("([0-9A-Fa-f]{2})*"),
    XSD.base64Binary: _written(_BASE64),
    XSD.language: _written("[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
    RDF.langString: 'LANG({0}) != ""',
}
"""The forms of those datatypes that have one to check; what a cast refuses is an error."""

_RANGES: dict[URIRef, tuple[int | None, int | None]] = {
    XSD.nonNegativeInteger: (0, None),
    XSD.positiveInteger: (1, None),
    XSD.nonPositiveInteger: (None, 0),
    XSD.negativeInteger: (None, -1),
    XSD.byte: (-(2**7), 2**7 - 1),
    XSD.short: (-(2**15), 2**15 - 1),
    XSD.int: (-(2**31), 2**31 - 1),
    XSD.long: (-(2**63), 2**63 - 1),
    XSD.unsignedByte: (0, 2**8 - 1),
    XSD.unsignedShort: (0, 2**16 - 1),
    XSD.unsignedInt: (0, 2**32 - 1),
    XSD.unsignedLong: (0, 2**64 - 1),
}
"""The whole numbers that belong to each datatype that is derived from xsd:integer."""


_MOST = 2**63 - 1


def number(count: Node) -> int:
    """The whole number that a literal says, or the largest that engines of SPARQL can compare."""
    return min(int(str(count)), _MOST)


def condition(datatype: URIRef, value: str) -> str:
    """A condition that is true where the term in *value* is a well-formed literal of *datatype*."""
    if datatype in _RANGES:
        return f"COALESCE({_whole_number(datatype, value)}, false)"
    # The store keeps a moment with its time zone as a dateTime, whichever type it had.
    if datatype == XSD.dateTimeStamp:
        stamped = f'datatype({value}) = {XSD.dateTime.n3()} && TZ({value}) != ""'
        return f"COALESCE({stamped}, false)"
    tests = [f"isLiteral({value})", f"datatype({value}) = {datatype.n3()}"]
    if datatype in _FORMS:
        tests.append(_FORMS[datatype].format(value))
    return f"COALESCE({' && '.join(tests)}, false)"


def _whole_number(datatype: URIRef, value: str) -> str:
    # Oxigraph keeps a whole number as an xsd:integer, so that its own type is not known any more;
    # but its range is. One that does not fit into 64 bits keeps its type and is no number.
    least, most = _RANGES[datatype]
    number = f"xsd:decimal(STR({value}))"
    tests = [
        f"datatype({value}) IN ({XSD.integer.n3()}, {datatype.n3()})",
        _INTEGER.format(value),
    ]
    tests += [] if least is None else [f"{number} >= {least}.0"]
    tests += [] if most is None else [f"{number} <= {most}.0"]
    return " && ".join(tests)
