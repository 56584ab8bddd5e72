"""What a literal of a datatype looks like, as a condition in SPARQL.

Source: SHACL section 4.1.2, XML Schema 1.1 Part 2.
"""

from __future__ import annotations

from rdflib import RDF, XSD, URIRef

_INTEGER = 'REGEX(STR({0}), "^[+-]?[0-9]+$")'
_FORMS = {
    XSD.boolean: 'REGEX(STR({0}), "^(true|false|0|1)$")',
    XSD.integer: _INTEGER,
    XSD.decimal: r'REGEX(STR({0}), "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$")',
    XSD.double: "isNumeric({0})",
    XSD.float: "isNumeric({0})",
    XSD.date: "isLiteral(xsd:date(STR({0})))",
    XSD.dateTime: "isLiteral(xsd:dateTime(STR({0})))",
    XSD.time: "isLiteral(xsd:time(STR({0})))",
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
