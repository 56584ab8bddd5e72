"""Who tracks whom on the web: a real service ecosystem, as observed from May 2017 to April 2018.

The data are those of WhoTracks.Me (Cliqz and Ghostery; package ``whotracksme`` 2018.5.17, MIT):
which tracking service was seen on which website in which month. What they say is said, no more:

==================  ==============================================================================
in the data         in the model
==================  ==============================================================================
company             organization
tracker             product of its company, the service it enables, an offering made by the company
tracker's company   where it is not known, an organization "Operator of …": someone operates it
tracker's category  subject (dct:subject) of the service
tracker's domains   resources of the company, which the product configures
website             organization; its category is a consumer group it belongs to
tracker on website  relationship: company provides, website consumes, offering used
first month seen    first day of the relationship (from then on at the latest)
last month seen     last day and state "ended", unless it is the last month of the data: "active"
share of page loads how often the website uses the service
==================  ==============================================================================

There are no agreements, no people and no joint activities in the data, and none are made up; the
warnings about them are right.
"""

import argparse
import csv
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from benchmarks.manifest import Finding, Manifest, manifest_file
from benchmarks.ntriples import Node, Values, code, day, literal, render

BASE = "https://example.org/whotracksme/"
OUT = Path(__file__).parent / "out" / "whotracksme.nt"


@dataclass(slots=True)
class Tracker:
    """A tracking service."""

    identifier: str
    name: str
    category: str = ""
    company: str = ""
    domains: list[str] = field(default_factory=list)

    @property
    def provider(self) -> str:
        """Whoever operates it, by name if the data have one."""
        return iri("company", self.company) if self.company else iri("operator", self.identifier)


@dataclass(slots=True)
class Observation:
    """A tracker on a website, over the months."""

    first: str
    last: str
    share: float


@dataclass(slots=True)
class Observations:
    """All that the package holds."""

    companies: dict[str, str]
    trackers: dict[str, Tracker]
    categories: dict[str, str]
    """Categories of websites, where known."""
    seen: dict[tuple[str, str], Observation]
    last_month: str


def iri(*path: str) -> str:
    """The IRI of something, by its kind and its name in the data."""
    return f"<{BASE}{'/'.join(quote(part, safe='') for part in path)}>"


def assets() -> Path:
    """The folder of data in the installed package."""
    try:
        package = distribution("whotracksme")
    except PackageNotFoundError:
        sys.exit(
            "The package whotracksme is not installed. Install it with: ./run bench whotracksme"
        )
    return Path(str(package.locate_file("whotracksme/data/assets")))


def read_observations(folder: Path) -> Observations:
    """Read the database of trackers and the tables of all months."""
    companies, trackers = _read_trackers(folder / "trackerdb.sql")
    months = sorted(path.name for path in folder.iterdir() if path.is_dir())
    categories: dict[str, str] = {}
    seen: dict[tuple[str, str], Observation] = {}
    for month in months:
        for row in _rows(folder / month / "global" / "sites.csv"):
            categories[row["site"]] = row["category"].strip()
        for row in _rows(folder / month / "global" / "sites_trackers.csv"):
            key = (row["site"], row["tracker"])
            share = float(row["site_proportion"])
            if observation := seen.get(key):
                observation.last, observation.share = month, share
            else:
                seen[key] = Observation(month, month, share)
            if row["tracker"] not in trackers:
                trackers[row["tracker"]] = Tracker(row["tracker"], row["tracker"])
    categories = {site: name for site, name in categories.items() if name != "NOT FOUND"}
    return Observations(companies, trackers, categories, seen, months[-1])


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _read_trackers(script: Path) -> tuple[dict[str, str], dict[str, Tracker]]:
    with sqlite3.connect(":memory:") as database:
        database.executescript(script.read_text(encoding="utf-8"))
        companies = dict(database.execute("SELECT id, name FROM companies"))
        trackers = {
            identifier: Tracker(identifier, name, category or "", company or "")
            for identifier, name, category, company in database.execute(
                "SELECT trackers.id, trackers.name, categories.name, company_id FROM trackers"
                " LEFT JOIN categories ON categories.id = category_id"
            )
        }
        for identifier, domain in database.execute("SELECT tracker, domain FROM tracker_domains"):
            trackers[identifier].domains.append(domain)
    database.close()
    return companies, trackers


def describe(observations: Observations) -> Iterator[list[Node]]:
    """The ecosystem, a few things at a time: providers and what they offer, then relationships."""
    used = {tracker for _, tracker in observations.seen}
    trackers = [observations.trackers[identifier] for identifier in sorted(used)]
    for company in sorted({tracker.company for tracker in trackers if tracker.company}):
        name = observations.companies[company].strip()
        yield [Node(iri("company", company), "Organization", label=literal(name))]
    for tracker in trackers:
        yield list(_tracker(tracker))
    for category in sorted(set(observations.categories.values())):
        yield [Node(iri("category", category), "ConsumerGroup", label=literal(category))]
    for site in sorted({site for site, _ in observations.seen}):
        yield [_site(site, observations.categories.get(site, ""))]
    for (site, identifier), seen in sorted(observations.seen.items()):
        tracker = observations.trackers[identifier]
        yield list(_relationship(site, tracker, seen, observations.last_month))


def _tracker(it: Tracker) -> Iterator[Node]:
    name = it.name.strip()
    part = {
        what: iri("tracker", it.identifier, what) for what in ("product", "service", "offering")
    }
    if not it.company:
        yield Node(it.provider, "Organization", label=literal(f"Operator of {name}"))
    yield Node(
        part["product"],
        "Product",
        label=literal(name),
        isProductOf=it.provider,
        configures=[iri("domain", domain) for domain in it.domains],
    )
    for domain in it.domains:
        yield Node(
            iri("domain", domain),
            "Resource",
            label=literal(domain),
            inDimension=code("InformationAndTechnology"),
            ownedBy=it.provider,
        )
    yield Node(
        part["service"],
        "Service",
        label=literal(name),
        isEnabledBy=part["product"],
        subject=literal(it.category) if it.category else "",
    )
    yield Node(
        part["offering"],
        "ServiceOffering",
        label=literal(name),
        describesService=part["service"],
        offeredBy=it.provider,
    )


def _site(site: str, category: str) -> Node:
    return Node(
        iri("site", site),
        "Organization",
        label=literal(site),
        belongsToGroup=iri("category", category) if category else "",
    )


def _relationship(
    site: str, tracker: Tracker, seen: Observation, last_month: str
) -> Iterator[Node]:
    has_ended = seen.last != last_month
    use = iri("relationship", site, tracker.identifier, "use")
    yield Node(
        iri("relationship", site, tracker.identifier),
        "ServiceRelationship",
        label=literal(f"{tracker.name.strip()} on {site}"),
        hasProvider=tracker.provider,
        hasConsumer=iri("site", site),
        usesOffering=iri("tracker", tracker.identifier, "offering"),
        hasStatus=code("Ended" if has_ended else "Active"),
        validFrom=day(_first_day(seen.first)),
        validUntil=day(_first_day(seen.last, months_later=1) - 1) if has_ended else "",
        includesConsumption=use,
    )
    yield Node(
        use,
        "ServiceUse",
        label=literal(f"Load {tracker.name.strip()} with pages of {site}"),
        performedBy=iri("site", site),
        recurrence=literal(f"with {seen.share:.0%} of the pages loaded"),
    )


def _first_day(month: str, months_later: int = 0) -> int:
    year, number = (int(part) for part in month.split("-"))
    months = year * 12 + number - 1 + months_later
    return date(months // 12, months % 12 + 1, 1).toordinal()


# ── Defects ──────────────────────────────────────────────────────────────────────────────────────

EVERY = 1000
"""One relationship in so many gets a defect."""


def without_provider(nodes: list[Node]) -> list[Finding]:
    """Nobody provides."""
    relationship = nodes[0]
    del relationship.facts["hasProvider"]
    return [_finding("relationship-has-provider", relationship.iri)]


def used_by_the_provider(nodes: list[Node]) -> list[Finding]:
    """The provider, not the website, is said to use the service."""
    relationship, use = nodes
    use.facts["performedBy"] = provider = _only(relationship.facts["hasProvider"])
    return [_finding("consumption-is-performed-on-the-consumers-side", use.iri, provider)]


def ends_before_it_begins(nodes: list[Node]) -> list[Finding]:
    """First and last day do not fit."""
    relationship = nodes[0]
    relationship.facts["validUntil"] = day(date(2001, 1, 1).toordinal())
    relationship.facts["hasStatus"] = code("Ended")
    first = _only(relationship.facts["validFrom"]).split('"')[1]
    return [_finding("relationship-does-not-end-before-it-begins", relationship.iri, first)]


def with_undeclared_property(nodes: list[Node]) -> list[Finding]:
    """A property is misspelt."""
    relationship = nodes[0]
    relationship.facts["hasProvidor"] = relationship.facts["hasProvider"]
    return [
        Finding(
            "only-declared-properties-are-used",
            "https://w3id.org/srm",
            "https://w3id.org/srm#hasProvidor",
        )
    ]


DEFECTS = (without_provider, used_by_the_provider, ends_before_it_begins, with_undeclared_property)


def _finding(rule: str, focus_node: str, value: str = "") -> Finding:
    return Finding(rule, focus_node.strip("<>"), value.strip("<>"))


def _only(value: Values) -> str:
    if not isinstance(value, str):
        raise TypeError("one value is needed here")
    return value


def write(out: TextIO, observations: Observations, manifest: Manifest) -> int:
    """Write the ecosystem as N-Triples, with defects; return the number of triples."""
    triples = relationships = 0
    once: set[Finding] = set()
    for nodes in describe(observations):
        if nodes[0].kinds == ("ServiceRelationship",):
            relationships += 1
            if relationships % EVERY == 0:
                planted = DEFECTS[relationships // EVERY % len(DEFECTS)](nodes)
                manifest.add(finding for finding in planted if finding not in once)
                once.update(planted)
        lines = render(nodes)
        out.writelines(lines)
        triples += len(lines)
    return triples


def main() -> None:
    """Write the ecosystem and its manifest."""
    parser = argparse.ArgumentParser(
        prog="./run bench whotracksme", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, help="N-Triples file to write")
    file: Path = parser.parse_args().out
    start = time.perf_counter()
    observations = read_observations(assets())
    manifest = Manifest()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as out:
        triples = write(out, observations, manifest)
    manifest.write(manifest_file(file))
    print(
        f"{file}: {triples:,} triples, {len(observations.seen):,} relationships,"
        f" {len(manifest)} violations planted, {time.perf_counter() - start:.1f} s"
    )


if __name__ == "__main__":
    main()
