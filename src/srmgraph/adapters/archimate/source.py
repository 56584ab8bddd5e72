"""The text of an XML file with the place of everything in it, so that parts can be changed.

What is not changed stays as it is, byte by byte: encoding, line ends, layout, comments, the order
and the quotes of attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from srmgraph.adapters.archimate import xml
from srmgraph.adapters.archimate.language import XML, XSI
from srmgraph.adapters.archimate.xml import Xml
from srmgraph.errors import InputError

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    r"|(?P<close></[^>]*>)"
    r"|<(?P<name>[^\s/>!?]+)(?P<pairs>(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(?P<empty>/?)>",
    re.DOTALL,
)
_PAIR = re.compile(r"\s+(?P<name>[^\s=]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_SPACE = re.compile(r"\sxmlns:([^\s=]+)\s*=\s*[\"']([^\"']*)[\"']")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)")
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(slots=True, eq=False)
class Place:
    """An element where it stands: from `start` to `end`, its content from `inner` to `closing`.

    `spans` holds, for each attribute, where it begins with the space before it, and where its value
    begins and ends. `is_removed` and `inserted`, texts by where they go, are what is to change.
    """

    name: str
    element: Xml
    start: int
    inner: int
    closing: int = 0
    end: int = 0
    spans: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    parts: list[Place] = field(default_factory=list)
    above: Place | None = None
    is_removed: bool = False
    is_new: bool = False
    indent: str | None = None
    inserted: list[tuple[int, str]] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """Its name, as `Xml` has it."""
        return self.element.tag

    @property
    def is_empty(self) -> bool:
        """Whether it is a tag that closes itself."""
        return self.inner == self.end

    def walk(self) -> Iterator[Place]:
        """Return it and all that lies in it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def first(self, tag: str) -> Place | None:
        """Return the first element in it with that name."""
        return next((part for part in self.parts if part.tag == tag), None)


class Source:
    """A file that is to be changed in part. `vanishing` are tags that may not be left empty."""

    def __init__(
        self, content: bytes, file: Path | None = None, vanishing: frozenset[str] = frozenset()
    ) -> None:
        """Read it; raises ParseError as `xml.parse` does."""
        self.space, root = xml.parse(content, file)
        self._encoding = _encoding(content)
        try:
            self.text = content.decode(self._encoding)
            is_same = self.text.encode(self._encoding) == content
        except (UnicodeError, LookupError):
            is_same = False
        if not is_same:
            raise InputError(
                f"Its encoding ({self._encoding}) does not allow to change it in part; save it as "
                "UTF-8.",
                file,
            )
        self._vanishing = vanishing
        self._edits: list[tuple[int, int, str]] = []
        self.root = self._places(root)
        declared = _SPACE.finditer(self.text, self.root.start, self.root.inner)
        self._prefixes = {XML: "xml"} | {pair[2]: pair[1] for pair in declared}
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        # Archi writes a prefix before the root alone.
        first = next(iter(self.root.parts), self.root)
        self._prefix = first.name.rpartition(":")[0]

    def _places(self, root: Xml) -> Place:
        elements = _in_order(root)
        top: Place | None = None
        open_: list[Place] = []
        for token in _TOKEN.finditer(self.text):
            if token["close"]:
                place = open_.pop()
                place.closing, place.end = token.start(), token.end()
            elif token["name"]:
                place = Place(token["name"], next(elements), token.start(), token.end())
                names = iter(place.element.attributes)
                for pair in _PAIR.finditer(self.text, token.start("pairs"), token.end("pairs")):
                    if not re.match("xmlns(:|$)", pair["name"]):
                        kind = "double" if pair["double"] is not None else "single"
                        place.spans[next(names)] = (pair.start(), *pair.span(kind))
                if open_:
                    place.above = open_[-1]
                    open_[-1].parts.append(place)
                top = top or place
                if token["empty"]:
                    place.closing = place.end = token.end()
                else:
                    open_.append(place)
        assert top is not None, "a document has a root"
        return top

    # ── Changes ─────────────────────────────────────────────────────────────────────────────────

    def set(self, place: Place, name: str, value: str | None) -> None:
        """Let an attribute have a value, or none."""
        if name in place.spans:
            start, first, last = place.spans[name]
            if value is None:
                self._edits.append((start, last + 1, ""))
            else:
                quote = self.text[last]
                text = xml.attribute("", value)[3:-1]
                self._edits.append(
                    (first, last, text.replace("'", "&apos;") if quote == "'" else text)
                )
        elif value is not None:
            end = place.start + 1 + len(place.name)
            self._edits.append((end, end, xml.attribute(self._qualified(name), value)))

    def write(self, place: Place, text: str) -> None:
        """Let an element without elements in it hold a text."""
        text = xml.escape(text)
        if place.is_empty:
            self._edits.append((self._slash(place), place.end, f">{text}</{place.name}>"))
        else:
            self._edits.append((place.inner, place.closing, text))

    def replace(self, place: Place, element: Xml) -> None:
        """Let another element stand in a place."""
        self._edits.append((place.start, place.end, self._written(element, self._before(place))))

    def insert(self, above: Place, element: Xml, after: Place | None) -> None:
        """Let an element stand in another, after one that stands there or at the beginning."""
        offset = after.end if after is not None else above.inner
        indent = self._indent(above)
        text = self._written(element, indent)
        above.inserted.append((offset, self._line(indent) + text))

    def open(self, above: Place, tag: str, after: Place | None) -> Place:
        """Return a new element in another; it is written with what is inserted into it."""
        offset = after.end if after is not None else above.inner
        name = f"{self._prefix}:{tag}" if self._prefix else tag
        place = Place(name, Xml(tag, {}), offset, offset, offset, offset, above=above)
        place.is_new, place.indent = True, self._indent(above)
        index = above.parts.index(after) + 1 if after is not None else 0
        above.parts.insert(index, place)
        return place

    def bytes(self) -> bytes:
        """Return the file as it has become."""
        self._collect(self.root)
        parts, done = [], 0
        for start, end, text in sorted(self._edits, key=lambda edit: edit[:2]):
            if start < done:
                # It lies in what has been removed.
                continue
            parts += [self.text[done:start], text]
            done = end
        return "".join([*parts, self.text[done:]]).encode(self._encoding, "xmlcharrefreplace")

    def _collect(self, place: Place) -> bool:
        """Note what changes in an element; return whether it is still there."""
        left = [part for part in place.parts if self._collect(part)]
        if place.is_new:
            if place.inserted and place.above is not None:
                line = self._line(place.indent)
                texts = "".join(text for _, text in place.inserted)
                text = f"{line}<{place.name}>{texts}{line}</{place.name}>"
                place.above.inserted.append((place.start, text))
            return bool(place.inserted)
        is_left_empty = place.tag in self._vanishing and place.parts and not left
        if place.is_removed or (is_left_empty and not place.inserted):
            start = place.start
            while self.text[start - 1].isspace():
                start -= 1
            self._edits.append((start, place.end, ""))
            return False
        if place.inserted and place.is_empty:
            texts = "".join(text for _, text in place.inserted)
            close = f"{self._line(self._before(place))}</{place.name}>"
            self._edits.append((self._slash(place), place.end, f">{texts}{close}"))
        else:
            self._edits += [(offset, offset, text) for offset, text in place.inserted]
        return True

    # ── Layout ──────────────────────────────────────────────────────────────────────────────────

    def _slash(self, place: Place) -> int:
        start = place.end - 2
        while self.text[start - 1].isspace():
            start -= 1
        return start

    def _before(self, place: Place) -> str | None:
        """Return how far an element is indented, or None where it does not begin a line."""
        if place.is_new:
            return place.indent
        line = self.text.rfind("\n", 0, place.start) + 1
        space = self.text[line : place.start]
        return space if line and not space.strip() else None

    def _indent(self, above: Place) -> str | None:
        if above.parts:
            return self._before(above.parts[0])
        own = self._before(above)
        return None if own is None else own + self._unit

    @property
    def _unit(self) -> str:
        first = self.root.parts[0] if self.root.parts else None
        return (self._before(first) if first is not None else None) or "  "

    def _line(self, indent: str | None) -> str:
        return "" if indent is None else self.newline + indent

    def _written(self, element: Xml, indent: str | None) -> str:
        tag = self._qualified_tag(element.tag)
        pairs = {self._qualified(name): value for name, value in element.attributes.items()}
        start = f"<{tag}{xml.attributes(pairs)}"
        inner = [child for child in element.content if isinstance(child, Xml)]
        if not inner:
            text = xml.escape(element.text)
            return f"{start}>{text}</{tag}>" if text else f"{start}/>"
        deeper = None if indent is None or element.tag == "property" else indent + self._unit
        lines = "".join(self._line(deeper) + self._written(child, deeper) for child in inner)
        end = "" if deeper is None else self._line(indent)
        return f"{start}>{lines}{end}</{tag}>"

    def _qualified_tag(self, tag: str) -> str:
        if tag.startswith("{"):
            return self._qualified(tag)
        return f"{self._prefix}:{tag}" if self._prefix else tag

    def _qualified(self, name: str) -> str:
        if not name.startswith("{"):
            return name
        space, _, local = name[1:].partition("}")
        return f"{self._declared(space)}:{local}"

    def _declared(self, space: str) -> str:
        """Return the prefix of a namespace, which the root declares if it does not yet."""
        if space not in self._prefixes:
            prefix = "xsi" if space == XSI else f"ns{len(self._prefixes)}"
            self._prefixes[space] = prefix
            end = self.root.start + 1 + len(self.root.name)
            self._edits.append((end, end, xml.attribute(f"xmlns:{prefix}", space)))
        return self._prefixes[space]


def _in_order(element: Xml) -> Iterator[Xml]:
    yield element
    for child in element:
        yield from _in_order(child)


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf")[:200])
    return declared[1].decode().lower() if declared else "utf-8"
