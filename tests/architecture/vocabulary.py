"""Where terms of the project's own vocabulary are named, and which of them are declared."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from rdflib import OWL, Graph, URIRef

from srmgraph import knowledge

SPACES = {
    prefix: namespace
    for prefix, namespace in knowledge.prefixes().items()
    if namespace.startswith(knowledge.ontology_iri())
}
"""The namespaces of the project, by their prefixes."""

_PREFIXED = re.compile(rf"(?<![\w:/.-])({'|'.join(SPACES)}):([A-Za-z][\w-]*)")
_WHOLE = re.compile(
    rf"({'|'.join(sorted(map(re.escape, SPACES.values()), key=len, reverse=True))})([A-Za-z][\w-]*)"
)
_TEXTS = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}


def mentioned(text: str) -> set[str]:
    """The IRIs of the project's namespaces that a text names, by prefix or whole."""
    found = {SPACES[prefix] + name for prefix, name in _PREFIXED.findall(text)}
    return found | {space + name for space, name in _WHOLE.findall(text)}


@cache
def declared() -> set[str]:
    """All that ontology, code lists, sources and rules define."""
    graphs: tuple[Graph, ...] = (
        knowledge.ontology(),
        knowledge.alignments(),
        knowledge.shapes(),
        knowledge.meta_shapes(),
    )
    return {str(s) for graph in graphs for s in graph.subjects() if isinstance(s, URIRef)}


@cache
def words() -> set[str]:
    """The local names of the ontology that nobody would use for anything else: camelCase ones that
    are not OWL's too."""
    names = {iri.rpartition("#")[2] for iri in declared() if iri.startswith(SPACES["srm"])}
    return {name for name in names if re.search(r"[a-z][A-Z]", name)} - set(OWL.__annotations__)


def in_python(source: str) -> list[str]:
    """The terms of the vocabulary that a Python text names, in a string, a comment or a name."""
    return list(_in_tokens(source))


def _in_tokens(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _TEXTS:
            yield from sorted(mentioned(token.string))
            yield from sorted(words() & set(re.findall(r"\w+", token.string)))
        elif token.type == tokenize.NAME and token.string in words():
            yield token.string


def undeclared(folder: Path) -> list[str]:
    """Where files below a folder name terms that are declared nowhere: `file: IRI`, sorted.

    The broken twins of examples do so on purpose, and have reports that say it.
    """
    return sorted(
        f"{file.relative_to(folder).as_posix()}: {iri}"
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith("broken")
        for iri in mentioned(file.read_text(encoding="utf-8")) - declared()
    )
