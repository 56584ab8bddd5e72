"""The sections of the site, in the order of the bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of the site: its address, and what the bar calls it."""

    path: str
    label: str


SECTIONS = (
    Section("/", "Who serves whom"),
    Section("/what-if", "What if it fails?"),
    Section("/questions", "Questions"),
    Section("/validation", "Validation"),
    Section("/enter", "Enter data"),
    Section("/history", "History"),
    Section("/editor", "SPARQL"),
    Section("/documentation/index.html", "Ontology & rules"),
)


def current(path: str) -> Section | None:
    """Return the section that an address belongs to: the one with the longest fitting path."""
    fitting = [
        section
        for section in SECTIONS
        if path == section.path
        or (
            (folder := section.path.removesuffix("index.html").rstrip("/"))
            and path.startswith(f"{folder}/")
        )
    ]
    return max(fitting, key=lambda section: len(section.path), default=None)
