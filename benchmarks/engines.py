"""One validation by one engine, in a process of its own, measured.

Run as ``python -m benchmarks.engines ENGINE FILE``; prints the measurements as JSON. A process of
its own, so that the time includes everything a user waits for, and memory is not shared.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypedDict

from benchmarks.manifest import Finding, Manifest

Measured = tuple[float, float, list[tuple[Finding, str]]]
"""Seconds to load, seconds to validate, findings with their severities."""


class Measurement(TypedDict):
    """What one run took: times in seconds, memory in megabytes."""

    load: float
    validate: float
    whole: float
    memory: float
    results: dict[str, int]


def compiled(file: Path) -> Measured:
    """Validate with srmgraph's own engine."""
    from srmgraph.store import open_store
    from srmgraph.validation import validate

    start = time.perf_counter()
    store = open_store("memory:")
    store.read(file)
    loaded = time.perf_counter()
    # Nobody else reads the store, so that no copy is needed.
    report = validate(store, exclusive=True)
    done = time.perf_counter()
    findings = [
        (
            Finding.of(result.rule, str(result.focus_node), _plain(result.value)),
            result.severity,
        )
        for result in report.results
    ]
    return loaded - start, done - loaded, findings


def in_the_store(file: Path) -> Measured:
    """Validate with srmgraph's own engine, without columns, however many the data are."""
    from srmgraph.store import embedded
    from srmgraph.validation import runs

    runs.MANY = embedded._WORTH_COLUMNS = sys.maxsize
    return compiled(file)


def pyshacl(file: Path) -> Measured:
    """Validate with pyshacl as its manual says: rdflib graphs in memory, Turtle shapes."""
    import rdflib
    from pyshacl import validate
    from rdflib.namespace import RDF, SH

    from srmgraph import knowledge

    start = time.perf_counter()
    data = rdflib.Graph().parse(file, format="nt")
    loaded = time.perf_counter()
    data += knowledge.ontology()
    _, report, _ = validate(data, shacl_graph=knowledge.shapes())
    done = time.perf_counter()
    assert isinstance(report, rdflib.Graph), "pyshacl gives a text where it cannot validate"
    findings = [
        (
            Finding.of(
                _local(report.value(result, SH.sourceShape)),
                str(report.value(result, SH.focusNode)),
                _plain(report.value(result, SH.value)),
            ),
            _local(report.value(result, SH.resultSeverity)),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    ]
    return loaded - start, done - loaded, findings


ENGINES: dict[str, Callable[[Path], Measured]] = {
    "compiled": compiled,
    "in the store": in_the_store,
    "pyshacl": pyshacl,
}


def _local(term: object) -> str:
    return str(term).rsplit("#", 1)[-1]


def _plain(term: object) -> str:
    return "" if term is None else str(term)


def _of_severity(findings: Iterable[tuple[Finding, str]], severity: str | None) -> list[Finding]:
    return [finding for finding, its in findings if severity in (None, its)]


def main() -> None:
    """Validate a file and print the measurements."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("file", type=Path)
    parser.add_argument("--started", type=float, default=time.monotonic())
    parser.add_argument("--findings", type=Path, help="write what was found")
    parser.add_argument("--severity", help="only findings of this severity, such as Violation")
    options = parser.parse_args()
    load, validate, findings = ENGINES[options.engine](options.file)
    # The monotonic clock is one for all processes, so the parent's reading can be the start.
    whole = time.monotonic() - options.started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = memory / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    results = dict(sorted(Counter(severity for _, severity in findings).items()))
    if options.findings:
        Manifest(_of_severity(findings, options.severity)).write(options.findings)
    measurement = Measurement(
        load=load, validate=validate, whole=whole, memory=megabytes, results=results
    )
    print(json.dumps(measurement))


if __name__ == "__main__":
    main()
