"""XML read with suspicion and written with care.

Declarations of document types, and with them all entities, are refused at the place where they
stand. Source: XML 1.0; Namespaces in XML 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from srmgraph.adapters.archimate.language import EXCHANGE, XML, XSI
from srmgraph.errors import ParseError

LARGEST = 256 * 1024 * 1024
"""The most bytes of a document that are read. The largest public model has 30 million."""

DEEPEST = 200
"""The most levels of elements within elements. Real models have about a dozen."""

MOST_ATTRIBUTES = 1000
"""The most attributes of an element. Real models have about a dozen; a million would be a million
statements to keep."""

_PREFIXES = {XSI: "xsi", XML: "xml", "http://purl.org/dc/elements/1.1/": "dc"}
_MARKUP = re.compile("[&<>\r]")
_IN_ATTRIBUTE = re.compile('[&<>"\r\n\t]')
# XML 1.0 has no way to write these, not even as numbers.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Xml:
    """An element: names are `{namespace}local`, or `local` in the namespace of the root."""

    tag: str
    attributes: dict[str, str]
    content: list[Xml | str] = field(default_factory=list)
    line: int = 0

    def __iter__(self) -> Iterator[Xml]:
        """Return the elements in it."""
        return (child for child in self.content if isinstance(child, Xml))

    @property
    def text(self) -> str:
        """The text in it, without that of elements in it."""
        return "".join(child for child in self.content if isinstance(child, str))

    def first(self, tag: str) -> Xml | None:
        """Return the first element in it with that name."""
        return next((child for child in self if child.tag == tag), None)

    def type(self) -> str:
        """Return its xsi:type, without prefix."""
        return self.attributes.get(f"{{{XSI}}}type", "").rpartition(":")[2].strip()


def parse(content: bytes, file: Path | None = None, largest: int | None = None) -> tuple[str, Xml]:
    """Return the namespace of the root, and the root; `largest` is a limit below `LARGEST`.

    Raises ParseError, with line and column, for what is no XML, has a document type or an entity,
    is nested too deeply, or is too large.
    """
    most = LARGEST if largest is None else largest
    if len(content) > most:
        raise ParseError(f"This has {len(content):,} bytes; at most {most:,} are read.", file)
    return _Reader(content, file).read()


class _Reader:
    def __init__(self, content: bytes, file: Path | None) -> None:
        self._content = content
        self._file = file
        self._space = ""
        self._root: Xml | None = None
        self._open: list[Xml] = []
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._declaration
        parser.EntityDeclHandler = self._declaration
        parser.ExternalEntityRefHandler = self._declaration

    def read(self) -> tuple[str, Xml]:
        try:
            self._parser.Parse(self._content, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages.get(error.code, "not well-formed")
            raise ParseError(
                f"This is no XML: {reason}.", self._file, error.lineno, error.offset + 1
            ) from None
        except (ValueError, LookupError) as error:
            # Of encodings, expat asks Python for those that it does not know itself.
            raise ParseError(
                f"This cannot be read as XML: {error}. Save it as UTF-8.", self._file, 1, 1
            ) from None
        assert self._root is not None, "expat refuses a document without a root"
        return self._space, self._root

    def _refused(self, message: str) -> ParseError:
        return ParseError(
            message,
            self._file,
            self._parser.CurrentLineNumber,
            self._parser.CurrentColumnNumber + 1,
        )

    def _declaration(self, *_: object) -> int:
        raise self._refused(
            "A document type or an entity is declared here. No model needs one, and it could make "
            "the reader open other files: remove it."
        )

    def _name(self, name: str) -> str:
        space, separator, local = name.rpartition(" ")
        if not separator:
            return local
        return local if space == self._space else f"{{{space}}}{local}"

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._root is None:
            self._space = name.rpartition(" ")[0]
        if len(self._open) >= DEEPEST:
            raise self._refused(f"Elements are nested more than {DEEPEST} levels deep.")
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise self._refused(f"An element has more than {MOST_ATTRIBUTES:,} attributes.")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        element = Xml(
            self._name(name),
            {self._attribute(key): value for key, value in pairs},
            line=self._parser.CurrentLineNumber,
        )
        if self._open:
            self._open[-1].content.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _attribute(self, name: str) -> str:
        space, separator, local = name.rpartition(" ")
        return f"{{{space}}}{local}" if separator else local

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if any(isinstance(child, Xml) for child in element.content):
            # Between elements, space is layout; what is written indents anew.
            element.content = [
                child for child in element.content if isinstance(child, Xml) or child.strip()
            ]

    def _text(self, text: str) -> None:
        self._open[-1].content.append(text)


def is_writable(text: str) -> bool:
    """Tell whether XML can hold a text at all: most control characters it cannot."""
    return not _NOT_XML.search(text)


def writable(text: str) -> str:
    """Return a text with a mark in the place of each character that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def escape(text: str) -> str:
    """Return a text as it stands between tags."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    )


def attribute(name: str, value: str) -> str:
    """Return an attribute as it stands in a tag, with a space before it."""
    if _IN_ATTRIBUTE.search(value):
        value = escape(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return f' {name}="{value}"'


def attributes(pairs: Mapping[str, str]) -> str:
    """Return attributes as they stand in a tag, in the order given."""
    return "".join(attribute(name, value) for name, value in pairs.items())


def fragment(element: Xml, space: str = EXCHANGE) -> str:
    """Return an element as text that stands for itself in a document with that namespace."""
    spaces: dict[str, str] = {}
    body = _fragment(element, spaces)
    own = {s: p for s, p in spaces.items() if s not in (XSI, XML)}
    if not own:
        return body
    declared = "".join(attribute(f"xmlns:{p}", s) for s, p in sorted(own.items()))
    end = re.search(r"[\s/>]", body)
    assert end is not None, "a tag has an end"
    return body[: end.start()] + declared + body[end.start() :]


def parse_fragments(text: str) -> list[Xml]:
    """Return the elements of which `fragment` made a text, one after the other."""
    if not text:
        return []
    wrapped = f'<x xmlns="{EXCHANGE}" xmlns:xsi="{XSI}">{text}</x>'
    return list(parse(wrapped.encode())[1])


def _fragment(element: Xml, spaces: dict[str, str]) -> str:
    tag = _qualified(element.tag, spaces)
    pairs = {_qualified(name, spaces): value for name, value in sorted(element.attributes.items())}
    start = f"<{tag}{attributes(pairs)}"
    content = "".join(
        escape(child) if isinstance(child, str) else _fragment(child, spaces)
        for child in element.content
    )
    return f"{start}>{content}</{tag}>" if content else f"{start}/>"


def _qualified(name: str, spaces: dict[str, str]) -> str:
    if not name.startswith("{"):
        return name
    space, _, local = name[1:].partition("}")
    prefix = spaces.setdefault(space, _PREFIXES.get(space, f"ns{len(spaces) + 1}"))
    return f"{prefix}:{local}"
