"""The pages of the documentation: all is there, links lead somewhere, and nothing is markup."""

from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest
from rdflib import RDF, RDFS, SH, SKOS, Graph, Literal, URIRef

from srmgraph import knowledge, queries
from srmgraph.documentation import Site, write
from srmgraph.documentation.gathering import Documentation
from srmgraph.documentation.passages import passages
from srmgraph.errors import InputError

SRM = "https://w3id.org/srm#"


class Page(HTMLParser):
    """The anchors and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.append(value)
            if name == "href" and value:
                self.links.append(value)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def pages(site: Site) -> dict[str, Page]:
    return {address: Page(site.page(address)) for address in site.addresses}


def test_each_link_leads_somewhere(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        assert len(page.anchors) == len(set(page.anchors)), address
        for link in page.links:
            if "://" in link or link.endswith(".css"):
                continue
            target, _, anchor = link.partition("#")
            parts: list[str] = []
            for part in (*PurePosixPath(address).parent.parts, *PurePosixPath(target).parts):
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            found = pages["/".join(parts)] if target else page
            assert not anchor or anchor in found.anchors, f"{link} on {address}"


def test_every_described_term_every_rule_and_every_question_is_there(
    site: Site, pages: dict[str, Page]
) -> None:
    ontology = knowledge.ontology()
    described = {str(term) for term in ontology.subjects(SKOS.definition) if "srm" in str(term)}
    rules = {str(rule) for rule in knowledge.shapes().subjects(SH.severity)}
    assert described - rules <= set(site.documentation.terms) | {
        str(term) for term in ontology.subjects(RDF.type, SKOS.ConceptScheme)
    }
    assert set(site.documentation.rules) >= {r for r in rules if r.startswith("https://w3id")}
    assert set(pages["questions.html"].anchors) >= set(queries.questions())
    for iri, place in site.places.items():
        address, _, anchor = place.partition("#")
        assert anchor in pages[address].anchors, iri
    assert {iri.rpartition("#")[2] for iri in described if iri.startswith(SRM)} <= set(
        pages["index.html"].anchors
    )


def test_a_term_tells_what_follows_and_who_asks(site: Site) -> None:
    told = site.documentation
    provides = told.terms[f"{SRM}consumesFrom"]
    assert "“is consumer in” and then “has provider” make “consumes from”" in [
        one.sentence for one in provides.follows
    ]
    assert "“consumes from” implies “cooperates with”" in [one.sentence for one in provides.leads]
    relationship = told.terms[f"{SRM}ServiceRelationship"]
    assert "https://w3id.org/srm/rule#relationship-has-provider" in relationship.rules
    assert "who-provides-and-who-consumes" in told.terms[f"{SRM}hasProvider"].questions
    assert f"{SRM}Party" in relationship.excludes
    assert f"{SRM}hasProvider" in relationship.outgoing
    assert {use.example for use in relationship.uses} == {f.name for f in knowledge.examples()}


def test_a_use_is_counted_as_it_stands(site: Site) -> None:
    file = knowledge.example_file("cellphone")
    data = Graph().parse(file)
    for term in site.documentation.terms.values():
        for use in term.uses:
            if use.example == "cellphone":
                name = URIRef(term.iri)
                times = len(list(data.triples((None, name, None))))
                times += len(list(data.triples((None, None, name))))
                assert use.count == times, term.iri
                assert use.passage is None or term.name in use.passage.text


def test_passages_are_the_text_of_the_file() -> None:
    for file in [*(knowledge.ROOT / "ontology").glob("*.ttl"), *knowledge.example_files()]:
        lines = file.read_text().splitlines()
        for passage in passages(file):
            own = passage.text.splitlines()
            assert lines[passage.line - 1 : passage.line - 1 + len(own)] == own
            prefixes = "\n".join(line for line in lines if line.startswith(("@prefix", "@base")))
            assert len(Graph().parse(data=f"{prefixes}\n{passage.text}")) > 0


def test_nothing_becomes_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of the ontology are shown as they are, whatever they hold."""
    hostile = "<script>alert(1)</script>\"'&"
    ontology = knowledge.ontology()
    changed = Graph()
    for triple in ontology:
        subject, predicate, value = triple
        is_told = predicate in (SKOS.definition, SKOS.example, RDFS.label)
        changed.add((subject, predicate, Literal(f"{value}{hostile}") if is_told else value))
    monkeypatch.setattr(knowledge, "ontology", lambda: changed)
    site = Site()
    site.__dict__["documentation"] = Documentation()
    for address in ("index.html", "terms/value.html"):
        text = site.page(address)
        assert "script" not in Page(text).tags
        assert "&lt;script&gt;" in text


def test_written_files_are_the_same_each_time(tmp_path: Path) -> None:
    files = write(tmp_path / "docs")
    first = {file: file.read_bytes() for file in files}
    assert (tmp_path / "docs" / "index.html") in files
    write(tmp_path / "docs")
    assert {file: file.read_bytes() for file in files} == first
    assert set((tmp_path / "docs").rglob("*.*")) == set(files)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("mine")
    with pytest.raises(InputError, match="Name a folder"):
        write(tmp_path / "docs")
    assert (tmp_path / "docs").read_text() == "mine"
