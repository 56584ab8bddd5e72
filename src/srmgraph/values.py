"""What people write for a term, turned into SPARQL text that nothing can break out of."""

from __future__ import annotations

import datetime
import difflib
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph
import rdflib
from rdflib import RDFS, XSD

from srmgraph import knowledge
from srmgraph.errors import InputError, ParameterError
from srmgraph.terms import to_oxigraph, to_rdflib

if TYPE_CHECKING:
    from srmgraph.store import Store

_NAME = re.compile(r"([^\W\d_][\w.-]*)?:(\S*)")
_TURTLE_LITERAL = re.compile(
    r"""(?s)"(?:[^"\\\n]|\\.)*"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^\S+)?"""
)

_EXAMPLES = {"date": "2027-01-31", "dateTime": "2027-01-31T09:00:00Z", "boolean": "true or false"}


class Values:
    """Turns values into terms, with the prefixes and the labels that are known."""

    def __init__(self, prefixes: dict[str, str], store: Store | None = None) -> None:
        self._store = store
        self._declared = prefixes
        self._prefixes = knowledge.prefixes() | ({} if store is None else store.prefixes) | prefixes

    def sparql(
        self, name: str, value: object, default: str | None = None, datatype: str | None = None
    ) -> str:
        """Return the SPARQL text of the term that `value` means.

        A plain text takes the `datatype` of XML Schema that is named, else that of the `default`,
        when that is a literal; else it is the name of a thing.
        Raises ParameterError, which names the parameter `name`.
        """
        kind = XSD[datatype] if datatype else self._datatype(default)
        return str(to_oxigraph(self.term(name, value, kind)))

    def term(
        self, name: str, value: object, datatype: rdflib.URIRef | None = None
    ) -> rdflib.term.Node:
        """Return the term that `value` means; see `sparql`."""
        try:
            term = self._term(value, datatype)
            to_oxigraph(term)
            return term
        except InputError as error:
            raise ParameterError(
                f"The value of “{name}” cannot be used: {error.message}"
            ) from error
        except ParameterError as error:
            raise ParameterError(f"The value of “{name}” cannot be used: {error}") from error

    def _term(self, value: object, datatype: rdflib.URIRef | None) -> rdflib.term.Node:
        if isinstance(value, rdflib.BNode):
            raise ParameterError("a blank node has no name that a question could use.")
        if isinstance(value, rdflib.term.Identifier):
            return value
        if isinstance(value, str):
            return self._text(value, datatype)
        if isinstance(value, bool | int | float | Decimal | datetime.date | datetime.datetime):
            return rdflib.Literal(value)
        raise ParameterError(f"{value!r} is neither a term nor text, number, truth value or date.")

    def _text(self, text: str, datatype: rdflib.URIRef | None) -> rdflib.term.Node:
        if text.startswith("<") and text.endswith(">"):
            return _iri(text[1:-1])
        if _TURTLE_LITERAL.fullmatch(text):
            return self._turtle(text)
        if datatype is not None:
            literal = rdflib.Literal(text, datatype=datatype)
            if literal.ill_typed:
                kind = datatype.rpartition("#")[2] or datatype
                example = _EXAMPLES.get(kind)
                advice = f" Write it like {example}." if example else ""
                raise ParameterError(f"“{text}” is no {kind}.{advice}")
            return literal
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
            return _iri(text)
        name = _NAME.fullmatch(text)
        if name:
            if (name[1] or "") in self._prefixes:
                return self._prefixed(name[1] or "", name[2])
            known = ", ".join(f"{prefix}:" for prefix in sorted(self._prefixes))
            raise ParameterError(
                f"the prefix {name[1] or ''}: is not known. Known are {known}. "
                f"Write the IRI as <…>, or plain text as '\"{text}\"'."
            )
        return self._labelled(text)

    def _prefixed(self, prefix: str, local: str) -> rdflib.URIRef:
        iris = [_iri(self._prefixes[prefix] + local)]
        # Files may use one prefix for different namespaces: the thing that is there is meant.
        if self._store is not None and prefix not in self._declared:
            for namespace in sorted(self._store.namespaces.get(prefix, ())):
                iri = _iri(namespace + local)
                if iri not in iris and self._is_there(iri):
                    iris.append(iri)
            if len(iris) > 1 and not self._is_there(iris[0]):
                del iris[0]
        if len(iris) > 1:
            listing = ", ".join(f"<{iri}>" for iri in iris)
            raise ParameterError(f"{prefix}:{local} means several things: {listing}.")
        return iris[0]

    def _is_there(self, iri: rdflib.URIRef) -> bool:
        node = to_oxigraph(iri)
        return self._store is not None and self._store.holds(
            f"ASK {{ {{ {node} ?property ?value }} UNION {{ ?thing ?property {node} }} }}"
        )

    def _labelled(self, text: str) -> rdflib.term.Node:
        labels = self._labels()
        exact = [thing for label, thing in labels if label == text]
        things = sorted(set(exact or (t for label, t in labels if label.lower() == text.lower())))
        if len(things) == 1:
            return things[0]
        if things:
            listing = ", ".join(thing.n3() for thing in things)
            raise ParameterError(
                f"several things are called “{text}”: {listing}. Write one of these."
            )
        near = difflib.get_close_matches(text, {label for label, _ in labels}, n=3, cutoff=0.85)
        if near:
            listing = " or ".join(f"“{label}”" for label in near)
            raise ParameterError(f"nothing is called “{text}”. Did you mean {listing}?")
        raise ParameterError(
            f"nothing is called “{text}”. Write a name as it stands in the data, a prefixed name, "
            "an <IRI>, or a text in quotation marks."
        )

    def _labels(self) -> list[tuple[str, rdflib.URIRef]]:
        pairs: list[tuple[rdflib.term.Node | None, rdflib.term.Node | None]] = []
        if self._store is not None:
            sparql = f"SELECT ?thing ?label {{ ?thing <{RDFS.label}> ?label }}"
            pairs += [(row["thing"], row["label"]) for row in self._store.select(sparql)]
        pairs += knowledge.ontology().subject_objects(RDFS.label)
        return [(str(label), thing) for thing, label in pairs if isinstance(thing, rdflib.URIRef)]

    def _datatype(self, default: str | None) -> rdflib.URIRef | None:
        if default is None or default.startswith("<") or default == "":
            return None
        term = self._turtle(default)
        return term.datatype if isinstance(term, rdflib.Literal) else None

    def _turtle(self, text: str) -> rdflib.term.Node:
        declarations = "".join(f"PREFIX {p}: <{iri}> " for p, iri in self._prefixes.items())
        try:
            quads = list(
                pyoxigraph.parse(
                    f"{declarations} <x:> <x:> {text} .", format=pyoxigraph.RdfFormat.TURTLE
                )
            )
        except SyntaxError as error:
            # Where in our own few words the mistake was, nobody needs to know.
            reason = re.sub(r"^Parser error .*?: ", "", str(error.args[0])).rstrip(".")
            raise ParameterError(f"{text} is no term: {reason}.") from error
        if len(quads) != 1:
            raise ParameterError(f"{text} is not one term.")
        return to_rdflib(quads[0].object)


def _iri(text: str) -> rdflib.URIRef:
    # The constructor logs a warning of its own for what `to_oxigraph` refuses with a reason.
    return str.__new__(rdflib.URIRef, text)
