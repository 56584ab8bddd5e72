"""The sections of the site, in the order of the bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of the site: its address, what the bar calls it, and what else belongs to it."""

    path: str
    label: str
    also: tuple[str, ...] = ()


SECTIONS = (
    Section("/", "Who serves whom"),
    Section("/what-if", "What if it fails?"),
    Section("/questions", "Questions"),
    Section("/validation", "Validation", ("/check",)),
    Section("/enter", "Enter data", ("/delete",)),
    Section("/history", "History"),
    Section("/editor", "SPARQL"),
    Section("/documentation/index.html", "Ontology & rules"),
)


def current(path: str) -> Section | None:
    """Return the section that an address belongs to: the one with the longest fitting path."""
    fitting = {
        own: section
        for section in SECTIONS
        for own in (section.path, *section.also)
        if path == own
        or (
            (folder := own.removesuffix("index.html").rstrip("/")) and path.startswith(f"{folder}/")
        )
    }
    return fitting[max(fitting, key=len)] if fitting else None
