"""How sheets speak of things: by an ID, by a name, or by an IRI.

Whoever writes and whoever reads look a name up in the same way, so that what is written is
understood. An ID is what follows the base of the IRIs; a thing without one is named after its sheet
and its name.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from rdflib import BNode, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters.spreadsheet.cells import CellError, explicit, is_plain, quoted, shortened
from srmgraph.adapters.spreadsheet.form import Column, Form, Sheet
from srmgraph.errors import InputError
from srmgraph.terms import to_oxigraph

_LOCAL = re.compile(r"[A-Za-z0-9](?:[\w.~/-]*[\w~/-])?")
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_PREFIXED = re.compile(r"([A-Za-z][\w.-]*):([\w.~/-]+)")
_BETWEEN = re.compile(r"[\W_]+")
_MOST_COMPARED, _MOST_SHOWN = 5000, 5


class References:
    """The things of all sheets, by ID and by name; `base` begins the IRIs that IDs stand for."""

    def __init__(self, form: Form, base: str) -> None:
        self.form, self.base = form, base
        self._prefixes = knowledge.prefixes()
        self._spaces = sorted(self._prefixes.items(), key=lambda item: -len(item[1]))
        self._names: dict[str, list[tuple[Sheet, Node]]] = {}
        self._ids: dict[str, Node] = {}
        self._known: dict[tuple[URIRef, str], Node | CellError] = {}
        self._written: dict[tuple[URIRef, Node], str] = {}

    def add(self, sheet: Sheet, thing: Node, id: str, names: Iterable[str]) -> None:
        """Let a row of a sheet be known by its ID and its names."""
        if id:
            self._ids[id] = thing
        for name in names:
            self._names.setdefault(_look(name), []).append((sheet, thing))

    def find(self, item: str, column: Column) -> Node:
        """Return the thing that an item means in a column; raises CellError.

        A name is looked for on the sheets of things that the property relates; then among all IDs;
        then on all sheets.
        """
        key = (column.property, item)
        if key not in self._known:
            # What cannot be found is kept in mind too: a name that many share is often asked for.
            try:
                term = explicit(item)
                self._known[key] = self._named(item, column) if term is None else term
            except CellError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, CellError):
            raise CellError(str(found))
        return found

    def write(self, thing: Node, column: Column, names: Iterable[str]) -> str:
        """Return the shortest item by which `find` finds a thing that has these names."""
        key = (column.property, thing)
        if key not in self._written:
            self._written[key] = self._shortest(thing, column, names)
        return self._written[key]

    def id(self, thing: Node) -> str:
        """Return the ID of a thing, which `thing` reads."""
        text = str(thing)
        if isinstance(thing, BNode):
            return quoted(thing)
        local = text.removeprefix(self.base)
        if self.base and local != text and _LOCAL.fullmatch(local):
            return local
        return self.short(thing)

    def short(self, term: Node) -> str:
        """Return an IRI with one of the prefixes of the project, or as a whole in brackets."""
        text = str(term)
        for prefix, space in self._spaces:
            if text.startswith(space) and _PREFIXED.fullmatch(f"{prefix}:{text[len(space) :]}"):
                return f"{prefix}:{text[len(space) :]}"
        return quoted(term)

    def thing(self, text: str) -> Node:
        """Return the thing that an ID stands for; raises CellError."""
        found = explicit(text)
        if found is None:
            found = self.prefixed(text)
        if found is not None:
            return found
        if ":" in text:
            known = ", ".join(f"{prefix}:" for prefix in self._prefixes)
            raise CellError(
                f"The ID “{shortened(text)}” begins with a prefix that is not known. Known are "
                f"{known}. Write the IRI as <…>."
            )
        if not self.base:
            raise CellError(
                "An ID needs to know with what the IRIs of your things begin. Say so on the sheet "
                "About, or with --base-iri, for example https://example.org/acme/."
            )
        return _iri(self.base + text, f"The ID “{shortened(text)}”")

    def mint(self, sheet: Sheet, name: str) -> Node:
        """Return the IRI of a thing without an ID, by its sheet and its name; raises CellError."""
        part = _BETWEEN.sub("-", unicodedata.normalize("NFC", name).lower()).strip("-")
        if not part:
            raise CellError(f"The name “{shortened(name)}” has no letter in it: give it an ID.")
        return self.thing(f"{sheet.slug}/{part}")

    def prefixed(self, text: str) -> Node | None:
        """Return the IRI that is written with a prefix of the project, or as a whole, if one is."""
        found = _PREFIXED.fullmatch(text)
        if found and found[1] in self._prefixes:
            return _iri(self._prefixes[found[1]] + found[2], f"“{shortened(text)}”")
        if _WHOLE.fullmatch(text):
            return _iri(text, f"“{shortened(text)}”")
        return None

    def _named(self, item: str, column: Column) -> Node:
        item = _look(item)
        codes = [code for code in column.codes if self.form.label(code) == item]
        if len(codes) == 1:
            return codes[0]
        if column.codes and not codes and item not in self._ids and ":" not in item:
            choices = ", ".join(self.form.label(code) for code in column.codes)
            raise CellError(f"“{shortened(item)}” is not on the list. Choose one of: {choices}.")
        every = self._names.get(item, [])
        near = self.form.sheets_near(column.range)
        things = {thing for sheet, thing in every if sheet in near}
        if not things and item in self._ids:
            return self._ids[item]
        things = things or {thing for _, thing in every}
        if len(things) == 1:
            return next(iter(things))
        if things:
            ids = ", ".join(sorted(map(self.id, sorted(things, key=str)[:_MOST_SHOWN])))
            more = ", …" if len(things) > _MOST_SHOWN else ""
            raise CellError(
                f"Several things are called “{shortened(item)}”. Write the ID of the one that is "
                f"meant: {ids}{more}."
            )
        found = self.prefixed(item)
        if found is not None:
            return found
        raise CellError(self._missing(item, near))

    def _missing(self, item: str, near: tuple[Sheet, ...]) -> str:
        what = f"Nothing is called “{shortened(item)}”."
        names = [name for name, things in self._names.items() if any(s in near for s, _ in things)]
        close = difflib.get_close_matches(item, names[:_MOST_COMPARED], n=1)
        if close:
            return f"{what} Did you mean “{shortened(close[0])}”?"
        parts = [part.strip() for part in re.split("[;,]", item)]
        if len(parts) > 1 and any(part in self._names for part in parts):
            return f"{what} Write each name on a line of its own in the cell (Alt+Enter)."
        sheets = " or ".join(sheet.title for sheet in near) or "one of the sheets"
        return f"{what} Add a row of that name to {sheets}, or write an ID or an <IRI>."

    def _shortest(self, thing: Node, column: Column, names: Iterable[str]) -> str:
        candidates = [*names, self.id(thing), self.short(thing)]
        if thing in column.codes:
            candidates.insert(0, self.form.label(thing))
        for item in candidates:
            try:
                is_item = is_plain(item) or item == quoted(thing)
                if is_item and self.find(item, column) == thing:
                    return item
            except CellError:
                continue
        return quoted(thing)


def _look(name: str) -> str:
    """Return a name so that all that look alike are the same: spaces that are not to be broken or
    are doubled, and accents that stand apart from their letters, come from pages and programs."""
    if name.isascii() and "  " not in name and name.isprintable():
        return name
    return " ".join(unicodedata.normalize("NFC", name).split())


def _iri(text: str, what: str) -> URIRef:
    try:
        to_oxigraph(URIRef(text))
    except InputError:
        raise CellError(f"{what} cannot be part of an IRI: leave out spaces and signs.") from None
    return URIRef(text)
