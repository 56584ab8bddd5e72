"""All pages of the service, as they are looked at: by tests of each of them, and for pictures."""

from dataclasses import dataclass

EXAMPLE = "https://example.org/training-ecosystem"


@dataclass(frozen=True)
class Place:
    """A page: its name, its address, and whether only those see it who are signed in."""

    name: str
    address: str
    needs_key: bool = False


PLACES = [
    Place("map", "/"),
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
    Place("history", "/history", needs_key=True),
    Place("difference", "/history/0/1", needs_key=True),
    Place("editor", "/editor"),
    Place("thing", f"/resource?iri={EXAMPLE}/google"),
    Place("relationship", f"/resource?iri={EXAMPLE}/streaming-relationship"),
    Place("find", "/find?text=training"),
    Place("sign-in", "/sign-in"),
    Place("machines", "/api"),
]
