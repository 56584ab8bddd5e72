"""Where in a file a thing is described: the line on which its description begins.

Turtle, TriG, N-Triples and N-Quads are read for it; in RDF/XML and JSON-LD, a thing is found where
its whole IRI is written. Only what a report mentions is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import AnyStr
from urllib.parse import urljoin

from rdflib import BNode, URIRef
from rdflib.term import Node

from srmgraph.errors import MissingFileError
from srmgraph.store import EmbeddedStore
from srmgraph.syntax import format_of, read_bytes
from srmgraph.terms import to_oxigraph, to_rdflib
from srmgraph.validation import paths
from srmgraph.validation.report import Place, Report, Result

_DEEPEST = 20
_TOKEN = re.compile(
    r"""
    \#[^\n]* | \"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*'''
  | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
  | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
  | (?P<word>@?[A-Za-z]+(?![\w.:-]))
  | (?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w:%-]|\\.|\.(?=[\w:%\\-]))*)
  | (?P<mark>[\[\](){}.])
    """,
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(rb"^(<[^>\n]*>)(?:.*\n\1)*+", re.MULTILINE)
"""Lines in a row that are about one thing: up to its name in the last of them."""
_IRI = re.compile(rb"(<[^<>\n]*>)")
_MOST_SOUGHT = 50


def placed(
    report: Report, place: Callable[[Node, Iterable[Node]], tuple[Path, int, str] | None]
) -> Report:
    """Return the report with the places of its results, by what tells where a thing has them.

    It is given a thing and properties, and tells the file, the row or line, and the place in words.
    """
    places: dict[Node | Result, Place] = {}
    for result in report.results:
        properties = () if result.path is None else paths.predicates(result.path)
        for node in (result.focus_node, result.value):
            found = None if node is None else place(node, properties)
            if found is not None:
                places[result] = Place(*found)
                break
    return replace(report, places=places)


def locate(
    report: Report, store: EmbeddedStore, files: Iterable[Path], format: str | None = None
) -> Report:
    """Return the report with the places of what it is about, in the files that *store* has read.

    What has a place already keeps it.
    A thing without a name is placed where the named thing in which it stands is. A file that cannot
    be read any more is passed over. `format` is that of the files, where their endings do not say.
    """
    owners = {
        node: owner
        for result in report.results
        for node in (result.focus_node, result.value)
        if node is not None and (owner := _owner(store, node)) is not None
    }
    every = where(set(owners.values()), files, format)
    places: dict[Node | Result, Place] = {
        node: every[owner] for node, owner in owners.items() if owner in every
    }
    return replace(report, places={**places, **report.places})


def where(
    wanted: set[URIRef], files: Iterable[Path], format: str | None = None
) -> dict[URIRef, Place]:
    """Tell where in files things are described or else mentioned."""
    found: dict[URIRef, Place] = {}
    mentioned: dict[URIRef, Place] = {}
    for file in files:
        try:
            content = read_bytes(file)
        except MissingFileError:
            continue
        described, elsewhere = _places(content, format_of(file, format).name, wanted)
        for lines, kept in ((described, found), (elsewhere, mentioned)):
            for node, line in lines.items():
                kept.setdefault(node, Place(file, line))
    return mentioned | found


def _owner(store: EmbeddedStore, node: Node) -> URIRef | None:
    """The node itself, or the named thing in whose description it stands."""
    for _ in range(_DEEPEST):
        if isinstance(node, URIRef):
            return node
        if not isinstance(node, BNode):
            return None
        value = to_oxigraph(node)
        above = next(iter(store.oxigraph.quads_for_pattern(None, None, value)), None)
        if above is None:
            return None
        node = to_rdflib(above.subject)
    return None


def _places(
    content: bytes, format: str, wanted: set[URIRef]
) -> tuple[dict[URIRef, int], dict[URIRef, int]]:
    """The lines on which things are described, and those on which they are mentioned."""
    if format in ("n-triples", "n-quads"):
        return _in_lines(content, wanted)
    text = content.decode(errors="replace")
    if format in ("turtle", "trig"):
        return _in_turtle(text, wanted)
    found = {node: text.find(f'"{node}"') for node in wanted}
    return {}, _lines(text, {node: place for node, place in found.items() if place >= 0})


def _in_lines(content: bytes, wanted: set[URIRef]) -> tuple[dict[URIRef, int], dict[URIRef, int]]:
    left = {f"<{node}>".encode(): node for node in wanted}
    described = _first(_RUN, content, left)
    return _lines(content, described), _lines(content, _mentioned(content, left))


def _mentioned(content: bytes, left: dict[bytes, URIRef]) -> dict[URIRef, int]:
    """The places at which IRIs are mentioned first."""
    if len(left) <= _MOST_SOUGHT:
        places = {node: content.find(written) for written, node in left.items()}
        return {node: place for node, place in places.items() if place >= 0}
    # To look at each IRI once takes as long as to look for some tens of them, one by one.
    return _first(_IRI, content, left)


def _first(
    sought: re.Pattern[bytes], content: bytes, left: dict[bytes, URIRef]
) -> dict[URIRef, int]:
    """Where those IRIs that are *left* are found first; what is found is taken out of them."""
    found: dict[URIRef, int] = {}
    for match in sought.finditer(content):
        if (node := left.pop(match[1], None)) is not None:
            found[node] = match.start()
            if not left:
                break
    return found


def _lines(content: AnyStr, places: dict[URIRef, int]) -> dict[URIRef, int]:
    """The lines in which places are."""
    found = {}
    end = "\n" if isinstance(content, str) else b"\n"
    line, last = 1, 0
    for node, place in sorted(places.items(), key=itemgetter(1)):
        line, last = line + content.count(end, last, place), place
        found[node] = line
    return found


def _in_turtle(text: str, wanted: set[URIRef]) -> tuple[dict[URIRef, int], dict[URIRef, int]]:
    prefixes: dict[str, str] = {}
    base, depth, directive = "", 0, ""
    begins = True
    described: dict[URIRef, int] = {}
    mentioned: dict[URIRef, int] = {}
    prefix = ""
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind == "word" and word.lower().lstrip("@") in ("prefix", "base"):
            directive, begins = word.lower().lstrip("@"), False
        elif directive and kind == "name":
            prefix = word.removesuffix(":")
        elif directive and kind == "iri":
            if directive == "prefix":
                prefixes[prefix] = urljoin(base, word[1:-1])
            else:
                base = urljoin(base, word[1:-1])
            directive, begins = "", True
        elif kind in ("iri", "name"):
            node = URIRef(_whole(word, prefixes, base))
            if node in wanted:
                places = described if begins and not depth else mentioned
                places.setdefault(node, token.start())
            begins = False
        elif kind == "mark":
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(word, 0)
            begins = word in "{}" or (word == "." and not depth)
    return _lines(text, described), _lines(text, mentioned)


def _whole(word: str, prefixes: dict[str, str], base: str) -> str:
    if word.startswith("<"):
        return urljoin(base, word[1:-1]) if base else word[1:-1]
    prefix, _, local = word.partition(":")
    return prefixes.get(prefix, f"{prefix}:") + re.sub(r"\\(.)", r"\1", local)
