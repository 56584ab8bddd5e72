"""Which literals are well formed, which belong to a datatype, and which are equal."""

import time

import pytest
from pyoxigraph import Literal, NamedNode

from srmgraph.inference import datatypes
from srmgraph.inference.datatypes import LANG_STRING, PLAIN_LITERAL, RDFS_LITERAL, XSD


def literal(text: str, name: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + name))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("integer", "0 -7 +1 007", "1.0 one 1e3 ٣ "),
        ("byte", "127 -128", "128 -129"),
        ("unsignedLong", "0 18446744073709551615", "-1 18446744073709551616"),
        ("negativeInteger", "-1", "0 1"),
        ("decimal", "1 1. .5 -1.50", "1e3 . ,5"),
        ("double", "1 1.5e-3 INF -INF NaN", "1e inf e5"),
        ("boolean", "true false 1 0", "TRUE yes 2"),
        ("date", "2026-02-28 2024-02-29Z -0044-03-15 12026-01-01", "2026-02-30 2026-13-01 26-1-1"),
        ("dateTime", "2026-01-01T00:00:00Z 2026-01-01T24:00:00", "2026-01-01 2026-01-01T25:00:00"),
        ("dateTimeStamp", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00"),
        ("time", "23:59:59 00:00:00.5Z", "24 1:1:1"),
        ("gYear", "2026 -0044", "26 now"),
        ("hexBinary", "0aFF", "0 xx"),
        ("base64Binary", "YQ== YWJj", "Y*== ===="),
        ("language", "en de-AT", "e_n -"),
        ("NCName", "a _b", "1a a:b"),
        ("anyURI", "https://example.org/ urn:a", "a\tb"),
    ],
)
def test_well_formed(name: str, good: str, bad: str) -> None:
    for text in good.split(" "):
        assert datatypes.is_well_formed(literal(text, name)), text
    for text in bad.split(" "):
        assert not datatypes.is_well_formed(literal(text, name)) or not text, text


def test_what_is_unknown_is_well_formed() -> None:
    assert datatypes.is_well_formed(Literal("x", datatype=NamedNode("https://example.org/unit")))


@pytest.mark.parametrize(
    ("text", "own", "of", "not_of"),
    [
        ("5", "integer", "byte decimal nonNegativeInteger", "negativeInteger double string"),
        ("5.0", "decimal", "integer unsignedByte", "float boolean"),
        ("5.5", "decimal", "decimal", "integer"),
        ("-5", "int", "integer negativeInteger", "unsignedInt"),
        ("5", "double", "double", "decimal float integer"),
        ("en", "string", "language token NCName string", "anyURI boolean"),
        ("a  b", "string", "normalizedString", "token"),
        ("a\tb", "string", "string", "normalizedString"),
        ("2026-01-01T00:00:00Z", "dateTime", "dateTimeStamp", "date"),
        ("2026-01-01T00:00:00", "dateTime", "dateTime", "dateTimeStamp"),
        ("2026-01-01", "date", "date", "dateTime string"),
    ],
)
def test_a_value_belongs_by_what_it_is(text: str, own: str, of: str, not_of: str) -> None:
    value = literal(text, own)
    assert datatypes.belongs(value, RDFS_LITERAL)
    for name in of.split():
        assert datatypes.belongs(value, XSD + name), name
    for name in not_of.split():
        assert not datatypes.belongs(value, XSD + name), name


def test_texts_with_a_language() -> None:
    text = Literal("a", language="en")
    assert datatypes.belongs(text, LANG_STRING)
    assert datatypes.belongs(text, PLAIN_LITERAL)
    assert datatypes.belongs(Literal("a"), PLAIN_LITERAL)
    assert not datatypes.belongs(text, f"{XSD}string")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("1", "integer"), ("1.0", "decimal"), True),
        (("1", "integer"), ("1", "double"), False),
        (("1", "double"), ("1.0E0", "double"), True),
        (("NaN", "double"), ("NaN", "double"), True),
        (("0.0", "double"), ("-0.0", "double"), False),
        (("true", "boolean"), ("1", "boolean"), True),
        (("0A", "hexBinary"), ("0a", "hexBinary"), True),
        (("a", "string"), ("a", "token"), True),
        (("a", "string"), ("a", "anyURI"), False),
        (("2026-01-01T01:00:00+01:00", "dateTime"), ("2026-01-01T00:00:00Z", "dateTime"), True),
        (("2026-01-01T00:00:00", "dateTime"), ("2026-01-01T00:00:00Z", "dateTime"), False),
        (("2026-01-01", "date"), ("2026-01-01", "date"), True),
    ],
)
def test_equal_values(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (datatypes.value(literal(*one)) == datatypes.value(literal(*other))) is same


@pytest.mark.parametrize("name", ["integer", "decimal", "base64Binary", "token", "date"])
def test_hostile_texts_take_no_time(name: str) -> None:
    start = time.process_time()
    for text in ("9" * 100_000, " " * 50_000 + "*", "1" * 50_000 + "-01-01", "a" * 50_000 + "!"):
        value = literal(text, name)
        if datatypes.is_well_formed(value):
            assert not datatypes.belongs(value, f"{XSD}byte")
            assert datatypes.value(value) == datatypes.value(value)
    assert time.process_time() - start < 2
