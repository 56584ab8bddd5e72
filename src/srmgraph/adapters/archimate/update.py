"""A model of somebody's own, brought up to date: only what has changed in the graph is changed.

What the file says is written as if it were new, and so is what the graph says. Where the two
differ, the file is changed; all else in it stays as it is, byte by byte: views, styles, folders,
what other tools have added, layout and comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import rdflib
from rdflib import RDF, URIRef

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import (
    exchange,
    kept,
    legal,
    native,
    notation,
    package,
    views,
    xml,
)
from srmgraph.adapters.archimate.decode import decode
from srmgraph.adapters.archimate.identity import TEXTS, identifier_of, keyed, keyed_places, replaces
from srmgraph.adapters.archimate.language import FOLDER_OF, XSI
from srmgraph.adapters.archimate.mapping import AM, mapping
from srmgraph.adapters.archimate.model import Model, Part, minted
from srmgraph.adapters.archimate.source import Place, Source
from srmgraph.adapters.archimate.xml import Xml
from srmgraph.garbage import uncollected
from srmgraph.store import Store
from srmgraph.terms import Statement

_TYPE = f"{{{XSI}}}type"
_SECTIONS = {
    "element": ("elements",),
    "relationship": ("relationships",),
    "propertyDefinition": ("propertyDefinitions",),
    "view": ("views", "diagrams"),
}
_CONTAINERS = frozenset(
    {"properties", "organizations", *(tag for tags in _SECTIONS.values() for tag in tags)}
)
# The order that the schema of the exchange format demands within any element.
_ORDER = (
    *("name", "label", "documentation", "style", "viewRef", "properties", "metadata"),
    *("elements", "relationships", "organizations", "propertyDefinitions"),
    *("views", "viewpoints", "diagrams"),
    *("sourceAttachment", "node", "item", "bendpoint", "targetAttachment", "connection"),
)
_RANK = {tag: rank for rank, tag in enumerate(_ORDER)}


@dataclass(slots=True)
class Updated:
    """A file brought up to date, and what was done: names of elements, relationships and views.

    `left` are those that the graph no longer has, and that stay since nothing may be deleted.
    """

    content: bytes = b""
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@uncollected()
def update(
    content: bytes,
    source: Store | rdflib.Graph,
    file: Path | None = None,
    *,
    allow_deletes: bool = False,
    without: Collection[URIRef] = (),
) -> Updated:
    """Return a model, exchange file or file of Archi, with what a graph says brought into it.

    Names, documentation and properties change, and what is new is added where its like lies. What
    the graph no longer says stays, unless deletes are allowed; then its boxes and lines go from all
    views. Views that somebody has drawn or arranged change in nothing else. What others drew, and
    the graph knows nothing of, stays as it is. If there is nothing to change, the bytes are those
    that came in.

    Raises ParseError for what is no model, and InputError for one that cannot be changed in part.
    """
    name, model_content = package.model_in(content, file)
    opened = package.open_package(model_content, file)
    rows, header = mapping(), opened.model.header
    decoded = decode(opened.model, rows, kept.default_base(header))
    there = decoded.facts | decoded.kept
    wanted = _wanted(source, without, decoded.kept)
    names = opened.model.property_names()
    language = next(iter(_values(header, names, notation.LANGUAGE)), None)
    drawn = [archimate.draw(graph, language=language) for graph in (there, wanted)]
    identifiers = {minted(str(iri)): own for own, iri in decoded.identified.items()}
    for model in drawn:
        legal.rename(model, _renamings(model, opened.model, identifiers))
        if not opened.is_native:
            legal.make_legal(model)
    write = native.write if opened.is_native else exchange.write
    before, after = (xml.parse(write(model))[1] for model in drawn)
    text = Source(model_content, file, frozenset() if opened.is_native else _CONTAINERS)
    changes = _Changes(text, opened.model, opened.is_native, allow_deletes)
    updated = changes.make(before, after)
    updated.content = text.bytes()
    if updated.content == model_content:
        updated.content = content
    elif name:
        updated.content = package.with_model(content, name, updated.content)
    return updated


def _wanted(
    source: Store | rdflib.Graph, without: Collection[URIRef], drawing: set[Statement]
) -> set[Statement]:
    """Return what a graph says and, if it does not know the drawing in the file, that too."""
    wanted = archimate.statements(source, without)
    headers = {statement for statement in drawing if statement[1:] == (RDF.type, AM.Model)}
    return wanted if headers <= wanted else wanted | drawing


def _renamings(model: Model, there: Model, identifiers: dict[str, str]) -> dict[str, str]:
    """Return the identifiers that parts have in the file, by those that they would be given."""
    new = {own: given for own, given in identifiers.items() if own != given}
    taken = {part.identifier: part.name for part in there.definitions}
    by_name = {name: identifier for identifier, name in reversed(taken.items())}
    for part in model.definitions:
        if taken.get(part.identifier) == part.name:
            continue
        if part.name in by_name:
            new[part.identifier] = by_name[part.name]
        elif part.identifier in taken:
            new[part.identifier] = minted("property", part.name)
    return new


def _values(part: Part, names: dict[str, str], name: str) -> Iterator[str]:
    for prop in part.properties:
        if names.get(prop.definition) == name:
            yield from (text for _, text in prop.values)


class _Changes:
    """The changes of one file; `there` is the model that it holds, and is used up."""

    def __init__(self, source: Source, there: Model, is_native: bool, allows: bool) -> None:
        self._source = source
        self._there = there
        self._is_native = is_native
        self._allows = allows
        self._done = Updated()
        self._places = dict(_units(source.root, is_native))
        names = there.property_names()
        self._drawn_here = {
            view.identifier
            for view in there.views
            if views.digest(view) in _values(view, names, notation.VIEW)
        }
        self._statements = {
            identifier for identifier, name in names.items() if name == notation.STATEMENTS
        } | {notation.STATEMENTS}

    def make(self, before: Xml, after: Xml) -> Updated:
        """Bring into the file what lies between two models as they would be written."""
        self._profiles(before, after)
        old = {key: element for key, (element, _) in _elements(before, self._is_native)}
        new = dict(_elements(after, self._is_native))
        self._header(before, after)
        for identifier, (element, path) in new.items():
            place = self._places.get(identifier)
            if place is None:
                if identifier not in old:
                    self._add(element, path)
            elif (
                identifier in old
                and self._may_change(place)
                and self._merge(place, old[identifier], element, self._allows)
            ):
                self._done.changed.append(_told(element))
        gone = [
            place
            for identifier in old
            if identifier not in new
            and (place := self._places.get(identifier)) is not None
            and place.tag != "propertyDefinition"
            and self._may_change(place)
        ]
        told = self._done.removed if self._allows else self._done.left
        told += [_told(place.element) for place in gone]
        if gone and self._allows:
            self._remove({identifier_of(place.element) for place in gone})
        return self._done

    def _may_change(self, place: Place) -> bool:
        """A view that somebody has drawn or arranged is theirs."""
        identifier = identifier_of(place.element)
        return identifier in self._drawn_here or not _is_view(place.element)

    # ── Within an element ───────────────────────────────────────────────────────────────────────

    def _merge(self, place: Place, before: Xml, after: Xml, removes: bool) -> bool:
        """Change in an element what changed from one to the other; return whether anything did."""
        if _same(before, after):
            return False
        source, changed = self._source, False
        for name in before.attributes | after.attributes:
            value = after.attributes.get(name)
            if before.attributes.get(name) != value:
                source.set(place, name, value)
                changed = True
        old, new = keyed(before), keyed(after)
        if not old and not new and not place.parts and before.text != after.text:
            source.write(place, after.text)
            changed = True
        gone = [key for key in old if key not in new]
        came = [key for key in new if key not in old]
        for key in new:
            part = self._find(place, key, key == next(iter(old), None)) if key in old else None
            if part is not None:
                inner = removes or _is_view(place.element) or place.tag == "node"
                changed |= self._merge(part, old[key], new[key], inner)
        for key in list(gone):
            successor = next((k for k in came if replaces(k, key)), None)
            part = self._find(place, key, True) if successor is not None else None
            if successor is not None and part is not None:
                source.replace(part, new[successor])
                gone.remove(key)
                came.remove(successor)
                changed = True
        for key in came:
            if self._find(place, key, False) is None:
                self._insert(place, new[key])
                changed = True
        for key in gone:
            part = self._find(place, key, False)
            if part is not None and removes:
                part.is_removed = changed = True
        return changed

    def _find(self, place: Place, key: tuple[str, ...], is_first: bool) -> Place | None:
        """Return the part of an element with a key; tools join spaces and lose languages."""
        there = keyed_places(place)
        if key in there:
            return there[key]
        if key[0] == "property":
            alike = [k for k in there if k[:2] == key[:2]]
            plain = [k for k in alike if [*map(notation.plain, k)] == [*map(notation.plain, key)]]
            found = plain or (alike if is_first and len(alike) == 1 else [])
            return there[found[0]] if found else None
        if key[0] in TEXTS and is_first:
            return place.first(key[0])
        return None

    def _insert(self, place: Place, element: Xml) -> None:
        self._source.insert(place, element, _anchor(place, element.tag))

    def _header(self, before: Xml, after: Xml) -> None:
        """Add to the model as a whole what readers need, and take nothing from it."""
        place = self._source.root
        sections = {tags[0] for tags in _SECTIONS.values()} | {"folder", "profile", "organizations"}
        old, new = (
            Xml(root.tag, {}, [child for child in root if child.tag not in sections])
            for root in (before, after)
        )
        if not self._is_native:
            first = place.first("properties")
            if first is None:
                self._merge(place, old, new, False)
                return
            none = Xml("properties", {})
            place, old, new = first, old.first(none.tag) or none, new.first(none.tag) or none
        left = {
            key: part
            for key, part in keyed(old).items()
            # These are the whole of what they say; the others each say one thing more.
            if key in keyed(new) or key[1] in self._statements
        }
        self._merge(place, Xml(old.tag, {}, [*left.values()]), new, self._allows)

    def _profiles(self, before: Xml, after: Xml) -> None:
        """Let specializations in files of Archi have the identifiers that they have there."""
        there = {
            _profile(part.element): part.element.attributes.get("id", "")
            for part in self._source.root.parts
            if part.tag == "profile"
        }
        old = {_profile(child) for child in before if child.tag == "profile"}
        for root in (before, after):
            new = {
                child.attributes["id"]: there[_profile(child)]
                for child in root
                if child.tag == "profile" and _profile(child) in there
            }
            for element in _all(root):
                if "profiles" in element.attributes:
                    found = element.attributes["profiles"].split()
                    element.attributes["profiles"] = " ".join(new.get(name, name) for name in found)
        for child in after:
            if child.tag == "profile" and _profile(child) not in {*there, *old}:
                self._insert(self._source.root, child)

    # ── Whole elements ──────────────────────────────────────────────────────────────────────────

    def _add(self, element: Xml, path: tuple[str, ...]) -> None:
        place = self._source.root
        if self._is_native:
            type = "diagrams" if _is_view(element) else _folder(element)
            folder = self._usual(element) or next(
                (part for part in place.parts if part.element.attributes.get("type") == type), None
            )
            if folder is None:
                element = Xml("folder", {"name": type, "id": minted(type), "type": type}, [element])
            self._insert(folder or place, element)
        else:
            for tag in path:
                section = place.first(tag)
                if section is None:
                    section = self._source.open(place, tag, _anchor(place, tag))
                place = section
            self._insert(place, element)
            folder = self._usual(element)
            if folder is not None:
                reference = Xml("item", {"identifierRef": identifier_of(element)})
                self._insert(folder, reference)
        if element.tag != "propertyDefinition":
            self._done.added.append(_told(element))

    def _usual(self, element: Xml) -> Place | None:
        """Return the folder in which most of the elements of this type lie, if any do."""
        counts: Counter[int] = Counter()
        folders: dict[int, Place] = {}
        for part in self._source.root.walk():
            if part.above is None:
                continue
            name = part.element.attributes.get("identifierRef", "")
            like = self._places.get(name) if part.tag == "item" else None
            if self._is_native and part.tag == "element" and part.above.tag == "folder":
                like = part
            if like is not None and like.element.type() == element.type():
                counts[id(part.above)] += 1
                folders[id(part.above)] = part.above
        return folders[counts.most_common(1)[0][0]] if counts else None

    def _remove(self, gone: set[str]) -> None:
        """Take elements out of the file, with all that refers to them."""
        there = self._there
        before = {part.identifier: part for top in there.tops() for part in top.walk()}
        shown = {
            identifier for identifier, part in before.items() if "elementRef" in part.attributes
        }
        for parts in (there.elements, there.relationships, there.views):
            parts[:] = [part for part in parts if part.identifier not in gone]
        legal.prune(there)
        left = {part.identifier: part for top in there.tops() for part in top.walk()}
        lost = before.keys() - left.keys() - {""}
        bare = {name for name in shown & left.keys() if "elementRef" not in left[name].attributes}
        for place in self._source.root.walk():
            identifier = identifier_of(place.element)
            attributes = place.element.attributes
            if identifier in lost or attributes.get("identifierRef") in lost:
                place.is_removed = True
            elif identifier in bare:
                self._bare(place)
            elif "targetConnections" in attributes:
                lines = attributes["targetConnections"].split()
                rest = [line for line in lines if line not in lost]
                if rest != lines:
                    self._source.set(place, "targetConnections", " ".join(rest) or None)
        self._done.removed += [
            _told(place.element)
            for identifier, place in self._places.items()
            if identifier in lost - gone and place.tag != "propertyDefinition"
        ]

    def _bare(self, place: Place) -> None:
        """Let a box whose element is gone be a mere group, since others lie in it."""
        if self._is_native:
            self._source.set(place, "archimateElement", None)
            self._source.set(place, _TYPE, "archimate:Group")
            self._source.set(place, "name", "")
        else:
            self._source.set(place, "elementRef", None)
            self._source.set(place, _TYPE, "Container")


# ── Names and keys ──────────────────────────────────────────────────────────────────────────────


def _elements(root: Xml, is_native: bool) -> Iterator[tuple[str, tuple[Xml, tuple[str, ...]]]]:
    """Return elements, relationships, definitions and views, and the sections they lie in."""
    if is_native:
        for element in _all(root):
            if element.tag == "element":
                yield identifier_of(element), (element, ())
        return
    for path in _SECTIONS.values():
        section: Xml | None = root
        for tag in path:
            section = section.first(tag) if section is not None else None
        for element in section or ():
            if _SECTIONS.get(element.tag) == path:
                yield identifier_of(element), (element, path)


def _units(root: Place, is_native: bool) -> Iterator[tuple[str, Place]]:
    """Return the places of the same in the file."""
    for place in root.walk():
        if place.above is not None and (
            (place.tag == "element" and place.above.tag == "folder")
            if is_native
            else place.above.tag == _SECTIONS.get(place.tag, ("",))[-1]
        ):
            yield identifier_of(place.element), place


def _anchor(place: Place, tag: str) -> Place | None:
    """Return the part after which a new one has its place."""
    last = len(_RANK)
    rank = _RANK.get(tag, last)
    return next((p for p in reversed(place.parts) if _RANK.get(p.tag, last) <= rank), None)


def _all(element: Xml) -> Iterator[Xml]:
    yield element
    for child in element:
        yield from _all(child)


def _same(one: Xml, other: Xml) -> bool:
    return xml.fragment(one) == xml.fragment(other)


def _profile(element: Xml) -> tuple[str, str]:
    return element.attributes.get("name", ""), element.attributes.get("conceptType", "")


def _is_view(element: Xml) -> bool:
    return element.tag == "view" or (element.tag == "element" and element.type().endswith("Model"))


def _folder(element: Xml) -> str:
    type = element.type()
    if type.endswith("Relationship"):
        return "relations"
    return FOLDER_OF.get("AndJunction" if type == "Junction" else type, "other")


def _told(element: Xml) -> str:
    name = element.attributes.get("name", "")
    if not name:
        child = element.first("name")
        name = child.text if child is not None else ""
    kind = "view" if _is_view(element) else element.type()
    return f"{kind} “{name}”" if name else kind
