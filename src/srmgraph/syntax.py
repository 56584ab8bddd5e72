"""The six formats of RDF that can be read and written, and parsing with errors that say where."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import xml.parsers.expat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyoxigraph

from srmgraph.errors import InputError, MissingFileError, ParseError, UnknownFormatError

ContextLoader: TypeAlias = Callable[[str], dict[str, Any] | None]

_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BEYOND_RDF_1_1 = re.compile(rb"<<|--(?:ltr|rtl)|parseType|its:dir")
# What occurs in each of these is found much faster than the expression.
_MAYBE_BEYOND, _MAYBE_BEYOND_IN_XML = (b"<<", b"--"), (b"parseType", b"its:dir")
_EXPONENT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[Ee][+-]?[0-9]{1,3}")
_DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"
_QUOTED = re.compile(r"'([^']+)'")
_JSON_DEPTH = 200
_GZIP = b"\x1f\x8b"
# The engine's parsers call themselves for each and would run out of stack; no file of RDF 1.1 has
# any, except as signs in a text.
_MOST_TRIPLE_TERMS = 1000


@dataclass(frozen=True)
class Format:
    """A format of RDF: its name on the command line, its title, and the endings of its files."""

    name: str
    title: str
    endings: tuple[str, ...]
    oxigraph: pyoxigraph.RdfFormat

    @property
    def media_type(self) -> str:
        """The media type by which HTTP knows it."""
        return str(self.oxigraph.media_type)

    @property
    def has_graphs(self) -> bool:
        """Whether a file of this format can hold named graphs."""
        return self.oxigraph.supports_datasets


FORMATS = {
    known.name: known
    for known in (
        Format("turtle", "Turtle", ("ttl",), pyoxigraph.RdfFormat.TURTLE),
        Format("trig", "TriG", ("trig",), pyoxigraph.RdfFormat.TRIG),
        Format("n-triples", "N-Triples", ("nt",), pyoxigraph.RdfFormat.N_TRIPLES),
        Format("n-quads", "N-Quads", ("nq",), pyoxigraph.RdfFormat.N_QUADS),
        Format("rdf-xml", "RDF/XML", ("rdf", "owl"), pyoxigraph.RdfFormat.RDF_XML),
        Format("json-ld", "JSON-LD", ("jsonld",), pyoxigraph.RdfFormat.JSON_LD),
    )
}


def format_of(file: Path, name: str | None = None) -> Format:
    """Return the format called `name` (or by one of its endings); without one, the file's own,
    that before .gz if it is packed.

    Raises UnknownFormatError, which lists the formats that are known.
    """
    if file.suffix.lower() == ".gz":
        file = file.with_suffix("")
    wanted = (name or file.suffix.removeprefix(".")).lower()
    for known in FORMATS.values():
        if wanted in known.endings or (name and wanted == known.name):
            return known
    if name:
        listing = ", ".join(f"{known.name} ({known.title})" for known in FORMATS.values())
        raise UnknownFormatError(
            f"There is no format “{name}”. Known are: {listing}.", file if file.name else None
        )
    listing = ", ".join(
        f".{ending} ({known.title})" for known in FORMATS.values() for ending in known.endings
    )
    found = f"The ending “{file.suffix}” tells" if file.suffix else "A name without ending tells"
    raise UnknownFormatError(
        f"{found} no format of RDF. Known are: {listing}; or name the format.", file
    )


def read_bytes(file: Path) -> bytes:
    """Return what a file holds, unpacked and without a byte order mark; raises MissingFileError,
    and ParseError for what cannot be unpacked."""
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError("There is no such file.", file) from error
    except IsADirectoryError as error:
        raise MissingFileError("This is a folder; name the files in it.", file) from error
    except OSError as error:
        raise MissingFileError(f"It cannot be read: {error.strerror}.", file) from error
    return unpacked(content, file)


def unpacked(content: bytes, file: Path | None = None) -> bytes:
    """Return what somebody gave us to read, unpacked if gzip packed it, without a byte order mark.

    Raises ParseError. What comes from others has to be bounded before: little may hold very much.
    """
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ParseError(
                "It is packed by gzip, and cannot be unpacked: it is not whole, or damaged.", file
            ) from error
    return content.removeprefix(b"\xef\xbb\xbf")


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file, which is replaced only when all has been written; raises InputError."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        scratch.write_bytes(content)
        scratch.replace(file)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise InputError(f"It cannot be written: {error.strerror}.", file) from error


class Parser:
    """The statements of one file, one by one, with their graphs and the file's own prefixes.

    Iterating raises ParseError with file, line, column and reason. `contexts` returns the JSON-LD
    context that has an IRI, or None: nothing is ever fetched. `content` is what is parsed, and
    `base` is what its relative IRIs are relative to, unless it says so itself. `progress` is called
    with the numbers of bytes and of lines that were read, and of all bytes.
    """

    def __init__(
        self,
        content: bytes,
        syntax: Format,
        file: Path | None = None,
        contexts: ContextLoader | None = None,
        base: str | None = None,
        progress: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self._is_json = syntax.oxigraph == pyoxigraph.RdfFormat.JSON_LD
        if self._is_json:
            content = _with_contexts(content, file, contexts)
        elif syntax.oxigraph == pyoxigraph.RdfFormat.RDF_XML:
            _refuse_declarations(content, file)
        self.content = content
        self.syntax = syntax
        self.base = base
        self._file = file
        self.progress = progress

    @cached_property
    def _parser(self) -> pyoxigraph.QuadParser:
        syntax = self.syntax.oxigraph
        return pyoxigraph.parse(input=self.source(), format=syntax, base_iri=self.base)

    def __iter__(self) -> Iterator[pyoxigraph.Quad]:
        with self.errors():
            for quad in self._parser:
                value = quad.object
                if type(value) is pyoxigraph.Triple:
                    raise self._refused(f"The triple {value} is used as a term")
                if type(value) is pyoxigraph.Literal:
                    if value.direction is not None:
                        raise self._refused(f"The text {value} has a direction")
                    if self._is_json and value.datatype.value == _DECIMAL:
                        quad = _with_plain_decimal(quad, value)
                yield quad

    def source(self) -> bytes | IO[bytes]:
        """Return the content, to be read by the engine; what is read of it is told.

        Raises ParseError for what the engine would not survive.
        """
        is_xml = self.syntax.oxigraph == pyoxigraph.RdfFormat.RDF_XML
        if not (self._is_json or is_xml) and self.content.count(b"<<(") > _MOST_TRIPLE_TERMS:
            raise self._refused("Triples are used as terms (<<( … )>>)")
        return _Told(self.content, self.progress) if self.progress else self.content

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the part read so far has declared."""
        return self._parser.prefixes

    @property
    def is_plain(self) -> bool:
        """Whether nothing needs a look before it goes into a store: no RDF 1.2, no JSON."""
        if self._is_json:
            return False
        is_xml = self.syntax.oxigraph == pyoxigraph.RdfFormat.RDF_XML
        marks = _MAYBE_BEYOND_IN_XML if is_xml else _MAYBE_BEYOND
        if not any(mark in self.content for mark in marks):
            return True
        return not _BEYOND_RDF_1_1.search(self.content)

    @property
    def is_in_lines(self) -> bool:
        """Whether the content is N-Triples, in which each statement has a line of its own."""
        return self.syntax.oxigraph == pyoxigraph.RdfFormat.N_TRIPLES

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the errors of the engine's parser into ParseError."""
        try:
            yield
        except SyntaxError as error:
            line, column = error.lineno, error.offset
            if line is None:
                line, column = _find(self.content, self.syntax, str(error.args[0]))
            raise ParseError(_reason(error, self.syntax), self._file, line, column) from error

    def _refused(self, what: str) -> ParseError:
        return ParseError(f"{what}, which belongs to RDF 1.2 and is not supported.", self._file)


class _Told(io.BytesIO):
    """Content that tells how much of it was read."""

    def __init__(self, content: bytes, progress: Callable[[int, int, int], None]) -> None:
        super().__init__(content)
        self._size, self._lines, self._progress = len(content), 0, progress

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes."""
        part = super().read(size)
        self._lines += part.count(b"\n")
        self._progress(self.tell(), self._lines, self._size)
        return part


def _with_plain_decimal(quad: pyoxigraph.Quad, value: pyoxigraph.Literal) -> pyoxigraph.Quad:
    # JSON-LD turns the number 12.5 into "1.25E1", which is no xsd:decimal.
    if not _EXPONENT.fullmatch(value.value):
        return quad
    plain = pyoxigraph.Literal(format(Decimal(value.value), "f"), datatype=value.datatype)
    return pyoxigraph.Quad(quad.subject, quad.predicate, plain, quad.graph_name)


def _reason(error: SyntaxError, syntax: Format) -> str:
    reason = re.sub(r"^Parser error .*?: ", "", str(error.args[0])).rstrip(".")
    reason = f"{reason[:1].upper()}{reason[1:]}"
    for sign, advice in _ADVICE.items():
        if sign in reason:
            return f"{reason}. {advice}"
    return f"{reason}. The file was read as {syntax.title}."


_ADVICE = {
    "has not been declared": "Declare it at the top of the file: @prefix NAME: <IRI> .",
    "No scheme found": "Write the whole IRI, or declare a base: @base <IRI> .",
    "end of file": "Something is open at the end: a quotation mark, a bracket or a statement.",
    "Invalid UTF-8": "Save the file as UTF-8.",
}


def _find(content: bytes, syntax: Format, reason: str) -> tuple[int | None, int | None]:
    """Find a place that the parser does not tell: by an XML parser, or by the text it quotes."""
    if syntax.oxigraph == pyoxigraph.RdfFormat.RDF_XML:
        reader = xml.parsers.expat.ParserCreate()
        try:
            reader.Parse(content, True)
        except xml.parsers.expat.ExpatError as error:
            return error.lineno, error.offset + 1
        except (ValueError, LookupError):
            # An encoding that expat does not know, nor Python.
            return 1, 1
    quoted = _QUOTED.search(reason)
    place = _place(content, quoted[1]) if quoted else (None, None)
    if place == (None, None) and syntax.oxigraph == pyoxigraph.RdfFormat.RDF_XML:
        return _tag(content, syntax)
    return place


class _Tags(io.BytesIO):
    """A file that is read one tag at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read to the end of a tag, or fewer bytes if no more are asked for."""
        start = self.tell()
        content = self.getvalue()
        length = (content.find(b">", start) + 1 or len(content)) - start
        return super().read(length if size is None or size < 0 else min(length, size))


def _tag(content: bytes, syntax: Format) -> tuple[int | None, int | None]:
    """Return line and column of the tag of an XML file that the parser does not accept."""
    tags = _Tags(content)
    try:
        for _ in pyoxigraph.parse(input=tags, format=syntax.oxigraph):
            pass
    except SyntaxError:
        before = content[: max(content.rfind(b"<", 0, tags.tell()), 0)].decode(errors="replace")
        return before.count("\n") + 1, len(before) - before.rfind("\n")
    return None, None


def _place(content: bytes, value: str) -> tuple[int | None, int | None]:
    """Return line and column of a value in quotation marks, if it is there just once."""
    text, quoted = content.decode(errors="replace"), f'"{value}"'
    if text.count(quoted) != 1:
        return None, None
    before = text[: text.index(quoted) + 1]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _refuse_declarations(content: bytes, file: Path | None) -> None:
    # An entity that names others grows without bound. UTF-16 hides the word between null bytes.
    plain = content.replace(b"\0", b"")
    found = _DECLARATION.search(plain)
    if found:
        line = plain.count(b"\n", 0, found.start()) + 1
        raise ParseError(
            "Document type and entity declarations are not accepted: they can make a small file "
            "fill the memory. Write the IRIs out and remove the declaration.",
            file,
            line,
        )


def _with_contexts(content: bytes, file: Path | None, contexts: ContextLoader | None) -> bytes:
    """Put the known contexts in the place of their IRIs, because nothing is ever fetched."""
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise ParseError(
            f"This is no JSON: {error.msg}.", file, error.lineno, error.colno
        ) from error
    except UnicodeDecodeError as error:
        raise ParseError("This is no JSON: save the file as UTF-8.", file) from error
    except ValueError as error:
        raise ParseError("This is no JSON: a number in it has too many digits.", file) from error
    except RecursionError as error:
        raise ParseError("It is nested too deep.", file) from error
    replaced = False

    def inline(context: Any) -> Any:
        nonlocal replaced
        if isinstance(context, list):
            return [inline(part) for part in context]
        if isinstance(context, dict) and isinstance(context.get("@import"), str):
            raise _remote_context(context["@import"], content, file)
        if isinstance(context, dict):
            return {
                term: {**definition, "@context": inline(definition["@context"])}
                if isinstance(definition, dict) and "@context" in definition
                else definition
                for term, definition in context.items()
            }
        if not isinstance(context, str):
            return context
        known = contexts(context) if contexts else None
        if known is None:
            raise _remote_context(context, content, file)
        replaced = True
        return known.get("@context", known)

    def walk(value: Any, depth: int) -> Any:
        if depth > _JSON_DEPTH:
            raise ParseError(f"It is nested more than {_JSON_DEPTH} levels deep.", file)
        if isinstance(value, list):
            return [walk(part, depth + 1) for part in value]
        if isinstance(value, dict):
            return {
                key: inline(part) if key == "@context" else walk(part, depth + 1)
                for key, part in value.items()
            }
        return value

    try:
        document = walk(document, 0)
    except RecursionError as error:
        raise ParseError("A context in it is nested too deep.", file) from error
    # Escaped, because a half of a pair of UTF-16 is no text of UTF-8.
    return json.dumps(document).encode() if replaced else content


def _remote_context(iri: str, content: bytes, file: Path | None) -> ParseError:
    return ParseError(
        f"The JSON-LD context <{iri}> is not known here, and nothing is fetched from the network. "
        "Put the context itself in the place of its address.",
        file,
        *_place(content, iri),
    )
