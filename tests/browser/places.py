"""All pages of the service, as they are looked at: by tests of each of them, and for pictures.

A new page is named here, and so is tried in all widths and colours, without scripts, by keyboard,
with hostile labels, behind a proxy and by axe-core.
"""

from dataclasses import dataclass

EXAMPLE = "https://example.org/training-ecosystem"
MODEL = "https://w3id.org/srm%23"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns%23"


@dataclass(frozen=True)
class Place:
    """A page: its name, its address, and whether only those see it who are signed in."""

    name: str
    address: str
    needs_key: bool = False


PLACES = [
    Place("map", "/"),
    Place("map-of-one", f"/?party={EXAMPLE}/google"),
    Place("what-if", "/what-if"),
    Place("what-if-google-fails", f"/what-if?thing={EXAMPLE}/google"),
    Place("questions", "/questions"),
    Place("question", "/questions/which-agreements-end-before-a-day"),
    Place("question-with-bars", "/questions/which-parties-are-the-hubs"),
    Place("validation", "/validation"),
    Place("check", "/check"),
    Place("enter", "/enter"),
    Place("entry", "/enter/service-relationship", needs_key=True),
    Place(
        "edit",
        f"/enter/service-relationship?thing={EXAMPLE}/streaming-relationship",
        needs_key=True,
    ),
    Place("delete", f"/delete?iri={EXAMPLE}/google", needs_key=True),
    Place("history", "/history"),
    Place("difference", "/history/0/1", needs_key=True),
    Place("editor", "/editor"),
    Place("editor-with-question", "/editor?question=who-are-the-vendors-of-our-vendors"),
    Place("thing", f"/resource?iri={EXAMPLE}/google"),
    Place("relationship", f"/resource?iri={EXAMPLE}/streaming-relationship"),
    Place("offering", f"/resource?iri={EXAMPLE}/course"),
    Place(
        "why",
        f"/why?subject=<{EXAMPLE}/google>&predicate=<{RDF}type>&object=<{MODEL}ServiceProvider>",
    ),
    Place("find", "/find?text=training"),
    Place("documentation", "/documentation/index.html"),
    Place("documentation-of-terms", "/documentation/terms/value.html"),
    Place("documentation-of-rules", "/documentation/rules/parties-and-relationships.html"),
    Place("documentation-of-questions", "/documentation/questions.html"),
    Place("sign-in", "/sign-in"),
    Place("machines", "/api"),
]
