"""Files of N-Triples that are read without a store: the same statements, or left to the engine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyoxigraph
import pytest
from benchmarks.ecosystem import write_ecosystem
from hypothesis import event, example, given
from hypothesis import strategies as st
from rdflib import RDFS, URIRef
from tests.conformance import w3c

from srmgraph import cli, knowledge
from srmgraph.encoding import Encoding, not_inert, terms_of
from srmgraph.errors import ParseError
from srmgraph.inference import closure, datatypes
from srmgraph.maintenance import Maintenance
from srmgraph.ntriples import NotPlainError
from srmgraph.numbers import BITS, LOW
from srmgraph.store import EmbeddedStore, embedded, open_store
from srmgraph.terms import OxigraphTerm
from srmgraph.validation import validate

NT = pyoxigraph.RdfFormat.N_TRIPLES
W3C = w3c.SUITES / "w3c" / "rdf11" / "rdf-n-triples"

IRIS = [
    "<x:>", "<http://a.example/b?c#d>", "<http://a.example:80/>", "<urn:x-y:1.2,3>", "<x:b%20c>",
    "<http://ä.example/ö>", "<http://a.example/\\u00e9>", "<http://[::1]/>", "<http://a@b.example/>",
]  # fmt: skip
NO_IRIS = [
    "<>",
    "<b>",
    "<x:a b>",
    "<x:{}>",
    "<x:%zz>",
    "<http://a:b:c/>",
    "<http://[x/>",
    "<x:",
    "x:>",
]
LITERALS = [
    '""', '"a"', '"a"@en', '"a"@EN', '"a"@en-GB', '"ä"', '"\\u00e4"', '"a \\"b\\" \\n"', '"a"b"',
    '"a . b"', '"a" ', '"a"@', '"a"@toolongtag', '"a', '"\\x"', '"a"^^<x:t>', '"a"^^x:t',
    '"a"^^<http://www.w3.org/2001/XMLSchema#string>',
    '"01"^^<http://www.w3.org/2001/XMLSchema#integer>', '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
    '"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"x"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    '"2026-02-30"^^<http://www.w3.org/2001/XMLSchema#date>', '"2026-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
]  # fmt: skip
TYPED = st.builds(
    '"{}"^^<http://www.w3.org/2001/XMLSchema#{}>'.format,
    st.one_of(
        st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{0,6})?", fullmatch=True),
        st.from_regex(r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]", fullmatch=True),
        st.from_regex(
            r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?", fullmatch=True
        ),
        st.sampled_from(["true", "false", "1", "0", "-0", "24:00:00"]),
    ),
    st.sampled_from(["integer", "decimal", "date", "dateTime", "boolean"]),
)
"""Literals that the engine may write in another way, or not."""
OTHERS = [
    "_:",
    "_:b.",
    "_:é",
    "<<( <x:> <x:> <x:> )>>",
    "#",
    "",
    "<x:> . <x:> <x:> <x:>",
    '"a" . # why',
    '"a"@en--ltr',
]
TERMS = st.sampled_from([*IRIS, *NO_IRIS, *LITERALS, *OTHERS])
BLANK_NODES = st.sampled_from(["_:b", "_:c", "_:1", "_:b.1-c", "_:_", "_:b1n1", "_:b1n2"])
LINES = st.one_of(
    st.builds("{} {} {} .\n".format, BLANK_NODES, st.sampled_from(IRIS), BLANK_NODES),
    st.builds("{} {} {} .\n".format, st.sampled_from(IRIS), st.sampled_from(IRIS), BLANK_NODES),
    st.builds("{} {} {} .\n".format, BLANK_NODES, st.sampled_from(IRIS), st.sampled_from(LITERALS)),
    st.builds("{} {} {} .\n".format, *3 * [st.sampled_from(IRIS)]),
    st.builds("{} {} {} .\n".format, *2 * [st.sampled_from(IRIS)], st.sampled_from(LITERALS)),
    st.builds("{} {} {} .\n".format, *2 * [st.sampled_from(IRIS)], TYPED),
    st.builds(
        "{}{}{}{}{}{}".format,
        TERMS,
        st.sampled_from([" ", "  ", "\t", ""]),
        TERMS,
        st.sampled_from([" ", "\t"]),
        TERMS,
        st.sampled_from([" .\n", ".\n", " .\r\n", " . # why .\n", " .", "\n", " . \n", " .\n\n"]),
    ),
)


def stated(text: bytes) -> set[bytes] | None:
    """The statements of a text as the engine writes them, none if it is refused."""
    store = EmbeddedStore()
    try:
        store.parse(text, "n-triples")
    except ParseError:
        return None
    dumped = store.oxigraph.dump(format=NT, from_graph=pyoxigraph.DefaultGraph())
    assert dumped is not None
    return set(dumped.splitlines())


def read(text: bytes) -> set[bytes] | None:
    """The statements of a text that is read without a store, none if it is left to the engine."""
    try:
        found = Encoding.of_text(text, label="b1n")
    except NotPlainError:
        return None
    assert len(set(found.texts)) == len(found.texts) == len(found.numbers)
    lines = [
        b"%b %b %b ." % (found.texts[pair >> BITS], name, found.texts[pair & LOW])
        for name, pairs in found.statements.items()
        for pair in pairs.tolist()
    ]
    assert len(lines) == len(set(lines)) == len(found)
    return set(lines)


@given(st.lists(LINES, max_size=6).map("".join))
@example('<x:a> <x:p> <x:b> . <x:1> <x:> <x:c> .\n<x:d> <x:p> "ä" .\n<x:1> <x:> <x:c> .\n')
@example("<x:a> <x:p> <x:b> .\n\n<x:c> <x:p> <x:d> .\n")
@example('_:b <x:p> "<x:p> _:c ." .\n_:d <x:p> _:b .\n<x:a> <x:p> _:e .\n# _:f <x:p> _:g .\n')
@example('<x:a> <x:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n' * 2)
def test_what_is_read_is_what_the_engine_reads(text: str) -> None:
    content = text.encode()
    found = read(content)
    event("read" if found else "left to the engine" if found is None else "nothing")
    assert found is None or found == stated(content)


@given(st.lists(TYPED, min_size=1, max_size=30))
def test_values_that_are_evidently_so_are_well_formed_and_stay(values: list[str]) -> None:
    texts = [value.encode() for value in values]
    doubtful = not_inert(texts)
    event(f"{len(doubtful) < len(texts)}")
    for place, text in enumerate(texts):
        if place not in doubtful:
            (term,) = terms_of([text])
            assert isinstance(term, pyoxigraph.Literal)
            assert datatypes.is_well_formed(term)
            assert read(b"<x:s> <x:p> %b .\n" % text) == {b"<x:s> <x:p> %b ." % text}
            assert stated(b"<x:s> <x:p> %b .\n" % text) == {b"<x:s> <x:p> %b ." % text}


PLAIN = (
    b'<x:s> <x:p> <x:o> .\n<x:s> <x:p> "text" .\n<x:s> <x:q> "text"@en .\n_:s <x:p> _:o .\n'
    b"<x:s> <x:p> _:s .\n"
)
PIECES = st.sampled_from(
    [
        *(b" ", b"  ", b"\t", b"\n", b"\r", b" .\n", b".", b" . ", b"#", b" # ", b"\\", b'"', b"<"),
        *(b">", b"_:b", b"<<(", b")>>", b"@en", b"@EN", b"^^<x:d>", b"^^", b"\xff", b"\0", b"\xc3"),
        *(b"<x:s>", b"<x:s> <x:p> ", b"<x:s> <x:p> <x:o> .\n", b'"text"', b"\\u0041", b"\\n", b"%"),
        *("é".encode(), b"1", b"--ltr", b"\x0c", b"\x0b", b"\xc2\x85", b"\xe2\x80\xa8"),
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(PLAIN)), st.integers(0, 3), PIECES), max_size=4))
def test_what_is_awry_is_not_read_otherwise(changes: list[tuple[int, int, bytes]]) -> None:
    text = PLAIN
    for place, gone, piece in changes:
        text = text[:place] + piece + text[place + gone :]
    found = read(text)
    event("read" if found else "left to the engine" if found is None else "nothing")
    assert found is None or found == stated(text)


@pytest.mark.parametrize(
    "text",
    [
        b"# why\n" + PLAIN,
        PLAIN + b"#",
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\n\n# <x:a> <x:b> <x:c> .\n"),
    ],
)
def test_comments_and_other_ends_of_lines_are_read(text: bytes) -> None:
    assert read(text) == stated(text)


@pytest.mark.parametrize("text", [b"", b"\n", PLAIN, PLAIN.rstrip(), PLAIN + b"\n  \n"])
def test_how_a_text_ends_does_not_matter(text: bytes) -> None:
    assert (read(text) or set()) == stated(text)


@pytest.mark.parametrize(
    "line",
    [
        *(b"nonsense", b"<x:s> <x:p> .", b"<x:s> <x:p> <x:o>", b"<x:s> <x:p> <x:o> <x:g> ."),
        *(b'"s" <x:p> <x:o> .', b'<x:s> "p" <x:o> .', b"<x:s> _:p <x:o> .", b"<s> <x:p> <x:o> ."),
        *(
            b"<x:s> <p> <x:o> .",
            b"<x:s> <x:p> <x:o> . .",
            b"<x:s> <x:p> <x:o> ; .",
            b"<x:s> <x:p>  .",
        ),
        *(b'<x:s> <x:p> "\xff" .', b"<x:s> <x:p> <x:\\uD800> .", b"<x:s> <x:p> true .", b". . ."),
        *(
            b"@prefix x: <x:> .",
            b"x:s x:p x:o .",
            b'<x:s> <x:p> "a"@en--ltr .',
            b"<x:s> <x:p> _:b c .",
        ),
    ],
)
def test_what_is_wrong_is_left_to_the_engine_to_say(line: bytes) -> None:
    assert stated(line + b"\n") is None
    for text in (line + b"\n", PLAIN + line + b"\n", line + b"\n" + PLAIN, PLAIN + line):
        assert read(text) is None


def test_what_the_engine_writes_is_read() -> None:
    lines = [f"<x:s> <x:p> {term} .\n".encode() for term in (*IRIS, *LITERALS)]
    fine = b"".join(line for line in lines if stated(line) is not None)
    written = stated(fine)
    assert written
    assert len(written) > 20
    assert read(b"\n".join(written) + b"\n") == written
    assert read(fine) == written


@pytest.mark.skipif(not W3C.is_dir(), reason=f"there are no W3C tests at {W3C}")
def test_files_of_the_w3c_are_read_as_by_the_engine_or_left_to_it() -> None:
    found = {file.name: read(file.read_bytes()) for file in W3C.glob("*.nt")}
    for name, lines in found.items():
        assert lines is None or lines == stated((W3C / name).read_bytes()), name
    assert sum(map(bool, found.values())) >= 10


def test_a_line_longer_than_what_is_read_at_once() -> None:
    text = b'<x:s> <x:p> "%b" .\n<x:s> <x:p> "b" .\n' % (b"a" * (3 << 20))
    assert read(text) == stated(text)


# ── Statements that come and go ─────────────────────────────────────────────────────────────────

NODES = [pyoxigraph.NamedNode(f"urn:{name}") for name in "abc"] + [pyoxigraph.BlankNode("b")]
VALUES: list[OxigraphTerm] = [*NODES, pyoxigraph.Literal("a"), pyoxigraph.Literal(1)]
QUADS = st.builds(
    pyoxigraph.Quad, st.sampled_from(NODES), st.sampled_from(NODES[:2]), st.sampled_from(VALUES)
)


@given(st.lists(st.lists(QUADS, max_size=8), min_size=1, max_size=4))
def test_what_comes_and_goes_is_as_if_it_was_read_so(toggled: list[list[pyoxigraph.Quad]]) -> None:
    engine = pyoxigraph.Store()
    encoding = Encoding.of_store(engine)
    for quads in toggled:
        gone = [quad for quad in dict.fromkeys(quads) if quad in engine]
        new = [quad for quad in dict.fromkeys(quads) if quad not in engine]
        for quad in gone:
            engine.remove(quad)
        engine.extend(new)
        encoding = encoding.changed(gone, new)
        assert lines_of(encoding) == lines_of(Encoding.of_store(engine))
        assert all((np.diff(pairs) > 0).all() for pairs in encoding.statements.values())


A, B, C = (URIRef(f"urn:{name}") for name in "abc")
ONE = pyoxigraph.NamedNode(A)
WRITES: dict[str, Callable[[EmbeddedStore], object]] = {
    "add": lambda store: store.add([(A, B, C)]),
    "parse": lambda store: store.parse("<urn:a> <urn:b> <urn:c> .", "turtle"),
    "write": lambda store: store.write(iter([pyoxigraph.Quad(ONE, ONE, NODES[1])]), 1),
    "write many": lambda store: store.write(iter([pyoxigraph.Quad(ONE, ONE, NODES[1])]), 1 << 20),
    "put": lambda store: store.put(A, iter(())),
    "remove": lambda store: store.remove([pyoxigraph.Quad(ONE, ONE, ONE, ONE)]),
    "clear_graph": lambda store: store.clear_graph(A),
    "remove_graph": lambda store: store.remove_graph(A),
    "update": lambda store: store.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
    "update_sparing": lambda store: store.update_sparing([B], "CLEAR GRAPH <urn:a>"),
    "take": lambda store: store.take(store.apart(), A),
    "replace": lambda store: store.replace(store.apart()),
    "close": lambda store: store.close(),
    "infer": lambda store: Maintenance().infer(store),
}


@pytest.mark.parametrize("name", WRITES)
def test_columns_that_are_kept_are_made_anew_after_a_change(name: str) -> None:
    store = EmbeddedStore()
    store.update("INSERT DATA { GRAPH <urn:a> { <urn:a> <urn:a> <urn:a> } }")
    store.add([(A, B, A)], URIRef(knowledge.inferred_graph()))
    before = store.encoding()
    assert store.encoding() is before is store.copy().encoding()
    assert store.encoding([B]) is before
    assert len(store.encoding([A])) == 1
    WRITES[name](store)
    assert lines_of(store.encoding()) == lines_of(Encoding.of_store(store.oxigraph))
    assert lines_of(store.encoding()) != lines_of(before)


@pytest.mark.usefixtures("waiting")
def test_columns_of_files_are_kept_when_the_engine_has_them(files: list[Path]) -> None:
    store = held(files)
    before = store.encoding()
    assert len(store.oxigraph)
    assert store.encoding() is before
    store.read(files[0])
    assert store.encoding() is not before
    assert lines_of(store.encoding()) == lines_of(before)


@given(st.lists(QUADS, max_size=8), st.integers(0, 400), st.integers(0, 255))
def test_what_is_kept_is_read_again_or_damaged(
    quads: list[pyoxigraph.Quad], place: int, sign: int
) -> None:
    engine = pyoxigraph.Store()
    engine.extend(quads)
    encoding = Encoding.of_store(engine)
    kept = encoding.to_bytes()
    read_again = Encoding.of_bytes(kept)
    assert read_again is not None
    assert read_again.texts == encoding.texts
    assert lines_of(read_again) == lines_of(encoding)
    assert Encoding.of_bytes(kept[: place % len(kept)]) is None
    damaged = bytearray(kept)
    damaged[place % len(kept)] = sign
    found = Encoding.of_bytes(bytes(damaged))
    assert found is None or lines_of(found) == lines_of(encoding)


def lines_of(encoding: Encoding) -> set[tuple[bytes, bytes, bytes]]:
    texts = encoding.texts
    assert len(set(texts)) == len(texts)
    return {
        (texts[pair >> BITS], name, texts[pair & LOW])
        for name, pairs in encoding.statements.items()
        for pair in pairs.tolist()
    }


# ── Files that wait for somebody who asks the engine ───────────────────────────────────────────


@pytest.fixture
def waiting() -> Iterator[None]:
    """Let all files count as large, and all graphs."""
    with patch.object(embedded, "_WORTH_COLUMNS", 0), patch.object(closure, "MANY", 0):
        yield


def two_files(folder: Path, *, defects: bool) -> list[Path]:
    """Two files to be read together: a made ecosystem, cut in two."""
    one, other = folder / "one.nt", folder / "other.nt"
    write_ecosystem(one, 3_000, defects=defects)
    lines = one.read_bytes().splitlines(keepends=True)
    one.write_bytes(b"".join(lines[::2]))
    nameless = b'_:a <x:p> _:b .\n_:b <%b> "nameless" .\n' % RDFS.label.encode()
    other.write_bytes(b"".join(lines[1::2]) + lines[0] + nameless)
    return [one, other]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files of an ecosystem with defects."""
    return two_files(tmp_path_factory.mktemp("defects"), defects=True)


def held(files: list[Path]) -> EmbeddedStore:
    store = open_store()
    assert isinstance(store, EmbeddedStore)
    for file in files:
        store.read(file)
    return store


@pytest.mark.usefixtures("waiting")
def test_files_reach_the_engine_when_it_is_asked(files: list[Path]) -> None:
    store = held(files)
    assert store.is_unloaded
    assert store.graphs() == {None: len(store)}
    assert store.holds_more(len(store) - 1)
    assert not store.holds_more(len(store))
    assert store.is_unloaded
    size = len(store)
    one = [URIRef("https://example.org/ecosystem/organization/1")]
    labels = set(store.values(one, RDFS.label))
    assert labels
    (row,) = store.select("SELECT (COUNT(*) AS ?count) { ?s ?p ?o }")
    assert int(str(row["count"])) == size
    assert not store.is_unloaded
    assert labels == set(store.values(one, RDFS.label)) <= set(store.oxigraph)
    assert set(store.encoding().numbers) == set(held(files).encoding().numbers)


@pytest.mark.usefixtures("waiting")
def test_a_bad_line_is_told_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "bad.nt"
    file.write_text("<x:a> <x:p> <x:b> .\n<x:a> <x:p> b .\n")
    assert cli.main(["validate", str(file)]) == 2
    store = open_store()
    with pytest.raises(Exception, match=r"bad\.nt:2:13"):
        store.read(file)
    assert len(store) == 0


@pytest.mark.usefixtures("waiting")
def test_what_waits_is_validated_as_what_is_loaded(files: list[Path]) -> None:
    store = held(files)
    found = validate(store)
    assert store.is_unloaded
    loaded = held(files)
    assert len(loaded.oxigraph) == len(store)
    expected = validate(loaded)
    assert expected.results
    assert found.results == expected.results
    assert found.labels == expected.labels
    assert found.graphs == expected.graphs
    assert found.hints == expected.hints


@pytest.mark.parametrize("format", ["n-triples", "turtle", "n-quads"])
@pytest.mark.parametrize("large", [0, 1 << 30], ids=["waiting", "loaded"])
def test_facts_of_files_are_written_alike(format: str, large: int, tmp_path: Path) -> None:
    files = map(str, two_files(tmp_path, defects=False))
    arguments = ["infer", *files, "--format", format, "--output"]
    assert cli.main([*arguments, str(tmp_path / "expected")]) == 0
    with patch.object(embedded, "_WORTH_COLUMNS", large), patch.object(closure, "MANY", 0):
        assert cli.main([*arguments, str(tmp_path / "found")]) == 0
    expected = (tmp_path / "expected").read_bytes()
    assert expected
    assert (tmp_path / "found").read_bytes() == expected


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("folder", knowledge.examples(), ids=lambda folder: folder.name)
def test_examples_conform_without_a_store(folder: Path, tmp_path: Path) -> None:
    loaded = open_store()
    for file in sorted(folder.glob("*.ttl")):
        loaded.read(file)
    assert isinstance(loaded, EmbeddedStore)
    file = tmp_path / "data.nt"
    file.write_bytes(loaded.oxigraph.dump(format=NT, from_graph=pyoxigraph.DefaultGraph()) or b"")
    store = held([file])
    assert validate(store).results == validate(loaded).results
