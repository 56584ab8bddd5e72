"""The pages of the documentation, and how they are written to a folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from markupsafe import Markup

from srmgraph import knowledge
from srmgraph.documentation.gathering import Documentation
from srmgraph.documentation.model import anchor
from srmgraph.errors import InputError
from srmgraph.syntax import write_bytes

TEMPLATES = Path(__file__).parent / "templates"
STYLES = tuple(TEMPLATES / name for name in ("look.css", "documentation.css"))
"""The style sheets of the pages, by the names that they have beside them."""


class Site:
    """Pages by their addresses, which are relative: `index.html`, `terms/MODULE.html` and so on.

    They link to each other by relative addresses, so they can lie in any folder or on any server.
    """

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["sentence"] = _sentence

    @cached_property
    def documentation(self) -> Documentation:
        """What the pages tell."""
        return Documentation()

    @cached_property
    def addresses(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """By the address of each page: its template, and what it is about."""
        told = self.documentation
        return {
            "index.html": ("index.html", {"title": "The service relationship model"}),
            **{
                f"terms/{module.name}.html": (
                    "terms.html",
                    {"title": module.title, "module": module},
                )
                for module in told.modules
            },
            **{
                f"rules/{module.name}.html": (
                    "rules.html",
                    {"title": module.title, "module": module},
                )
                for module in told.rule_modules
            },
            "questions.html": ("questions.html", {"title": "Questions"}),
        }

    @cached_property
    def places(self) -> dict[str, str]:
        """By the IRI of each term and rule: the address at which it is described.

        All pages of a service link to them, so it takes no more than the order of the files.
        """
        told = self.documentation
        return {
            **{
                iri: f"terms/{module.name}.html#{anchor(iri)}"
                for module in told.modules
                for iri in module.members
            },
            **{
                iri: f"rules/{module.name}.html#{anchor(iri)}"
                for module in told.rule_modules
                for iri in module.members
            },
        }

    def page(self, address: str) -> str:
        """Return a page that stands alone; raises KeyError for what is not among `addresses`."""
        return self._render(address, "layout.html")

    def part(self, address: str) -> Markup:
        """Return the same without head and style, for a site that puts it into its own frame."""
        return Markup(self._render(address, "part.html"))

    def title(self, address: str) -> str:
        """Return what a page is called; raises KeyError."""
        return str(self.addresses[address][1]["title"])

    def _render(self, address: str, layout: str) -> str:
        template, about = self.addresses[address]
        root = "../" * (len(PurePosixPath(address).parts) - 1)

        def link(iri: str) -> Markup:
            """A term or rule by its label, with a link to where it is described."""
            told = self.documentation
            name = told.rules[iri].name if iri in told.rules else told.label(iri)
            target = f"{root}{self.places[iri]}" if iri in self.places else iri
            return Markup('<a href="{}">{}</a>').format(target, name)

        return self._environment.get_template(template).render(
            layout=layout,
            styles=[style.name for style in STYLES],
            told=self.documentation,
            root=root,
            address=address,
            link=link,
            iri=knowledge.ontology_iri(),
            version=knowledge.version(),
            **about,
        )


def write(folder: Path) -> list[Path]:
    """Write all pages to a folder, and return their files.

    Raises InputError where there is a file of that name, or where nothing can be written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("It is a file. Name a folder for the pages.", folder)
    site = Site()
    pages = {address: site.page(address).encode() for address in site.addresses}
    written = []
    for address, content in {**pages, **{one.name: one.read_bytes() for one in STYLES}}.items():
        file = folder / address
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"It cannot be made: {error.strerror}.", file.parent) from None
        write_bytes(file, content)
        written.append(file)
    return written


def _sentence(clause: str) -> str:
    """A clause as a sentence: with a capital letter and a full stop."""
    return f"{clause[:1].upper()}{clause[1:]}."
