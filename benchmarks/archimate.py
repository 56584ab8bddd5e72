"""./run bench archimate: files of many tools through RDF and back, and how time and memory grow.

Each file is read, kept as RDF, written again and compared by a reader that knows nothing of ours.
Other libraries are measured beside it where they are installed. Then ecosystems of growing size are
written as models and read again, each in a process of its own, so that memory can be told. Seconds
are those of the processor, which other work does not change much.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

from rdflib import Graph

from benchmarks.ecosystem import write_ecosystem
from benchmarks.tables import markdown
from srmgraph.adapters import archimate

SUITE = Path(os.environ.get("SRMGRAPH_SUITES", "../shared/suites")) / "archimate"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ELEMENT = re.compile(
    rb'<element [^>]*type="(?!archimate:\w*Relationship"|archimate:\w*DiagramModel")'
)
SIZES = (5_000, 51_000, 515_000)
"""Triples that make about 1,000, 10,000 and 100,000 elements."""


def said(content: bytes) -> Counter[object]:
    """What a file says: each element of XML with its attributes and its text, below what it lies.

    Order is left out here; the tests compare that too.
    """
    found: Counter[object] = Counter()
    stack = [(ET.fromstring(content), "")]
    while stack:
        element, above = stack.pop()
        attributes = {
            name: value.rpartition(":")[2] if name == f"{XSI}type" else value
            for name, value in element.attrib.items()
            if name != f"{XSI}schemaLocation"
        }
        if LANG in attributes:
            attributes[LANG] = attributes[LANG].lower()
        text = "" if len(element) else element.text or ""
        found[above, element.tag, tuple(sorted(attributes.items())), text] += 1
        # The model's own identifier is left out: a tool may change it without harm to the rest.
        own = attributes.get("identifier") or attributes.get("id")
        key = own if own and above else element.tag
        stack += [(child, key) for child in element]
    return found


def through_srmgraph(file: Path, target: Path) -> None:
    """Read a file, keep it as RDF, and write it again."""
    archimate.write(archimate.read(file).graph, target)


def through_pyarchimate(file: Path, target: Path) -> None:
    """The same with pyArchimate, which keeps a model in memory; raises ImportError without it."""
    from pyArchimate import Model, Writers  # type: ignore[import-not-found]

    model = Model("model")
    model.read(str(file))
    model.write(str(target), Writers.archimate)


LIBRARIES: dict[str, Callable[[Path, Path], None]] = {
    "srmgraph": through_srmgraph,
    "pyArchimate": through_pyarchimate,
}


def round_trip(name: str, file: Path, folder: Path) -> tuple[str, str]:
    """How much of what a file says is still said after a library has read and written it; when."""
    target = folder / f"again{file.suffix}"
    started = time.process_time()
    try:
        LIBRARIES[name](file, target)
    except ImportError:
        return "not installed", ""
    except Exception as error:
        return f"{type(error).__name__}", ""
    seconds = time.process_time() - started
    before, after = said(file.read_bytes()), said(target.read_bytes())
    share = 1 - (before - after).total() / before.total()
    new = (after - before).total()
    is_all = before == after
    return "all" if is_all else f"{share:.0%}, {new} new", f"{seconds:.1f} s"


def files_table(patterns: tuple[str, ...]) -> str:
    """A table of the files of the test material."""
    files = [
        file
        for pattern in patterns
        for file in sorted(SUITE.glob(pattern))
        if file.parent.name not in ("matrix", "xsd")
    ]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            facts = said(file.read_bytes()).total()
            row = [file.name, f"{file.stat().st_size:,}", f"{facts:,}"]
            names = ["srmgraph"] if file.suffix == ".archimate" else list(LIBRARIES)
            for name in LIBRARIES:
                row += round_trip(name, file, Path(folder)) if name in names else ("", "")
            rows.append(row)
    header = ["file", "bytes", "facts"]
    header += [text for name in LIBRARIES for text in (f"same with {name}", "in")]
    return markdown(header, rows)


def growth_row(triples: int, format: str) -> dict[str, object]:
    """Write and read an ecosystem of so many triples; seconds, sizes, and the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.nt"
        model = data.with_name(f"model{archimate.FORMATS[format]}")
        write_ecosystem(data, triples, defects=False)
        graph = Graph().parse(data)
        started = time.process_time()
        archimate.write(graph, model)
        written = time.process_time()
        again = archimate.read(model)
        read = time.process_time()
        same = set(again.graph) == set(graph)
        return {
            "form": format,
            "triples": len(graph),
            "elements": len(ELEMENT.findall(model.read_bytes())),
            "bytes": model.stat().st_size,
            "write": written - started,
            "read": read - written,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "same": same,
        }


def growth_table(sizes: tuple[int, ...]) -> str:
    """A table of ecosystems of growing size, each measured in a process of its own."""
    rows = []
    for format, size in product(("exchange", "archi"), sizes):
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.archimate", "--one", str(size), format],
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(ran.stdout)
        rows.append(
            [
                found["form"],
                f"{found['triples']:,}",
                f"{found['elements']:,}",
                f"{found['bytes'] / 1e6:.1f} MB",
                f"{found['write']:.1f} s",
                f"{found['read']:.1f} s",
                f"{found['peak']:,.0f} MB",
                "yes" if found["same"] else "no",
            ]
        )
    return markdown(
        ["form", "triples", "elements", "file", "write", "read", "memory", "same"], rows
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; `--one N FORM` measures one size, for the table of growth."""
    parser = argparse.ArgumentParser(prog="./run bench archimate", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="TRIPLES")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(growth_row(int(options.one[0]), options.one[1])))
        return 0
    if SUITE.is_dir():
        print(files_table(("*/*.xml", "*/*.archimate")), end="\n\n")
    else:
        print("The test material is not at hand (SRMGRAPH_SUITES); no files are compared.\n")
    print(growth_table(tuple(options.sizes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
