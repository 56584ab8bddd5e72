"""./run bench spreadsheets: how time and memory grow with the rows of workbooks and CSV files.

Ecosystems of growing size are written as a workbook and as a folder of CSV files, and read again,
each in a process of its own, so that memory can be told. A row of any sheet counts. Where openpyxl
is installed, it reads the cells of the same workbook, and nothing more. Seconds are those of the
processor, which other work does not change much.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rdflib import RDF, Graph

from benchmarks.ecosystem import write_ecosystem
from benchmarks.tables import markdown
from srmgraph.adapters import spreadsheet
from srmgraph.adapters.spreadsheet import workbook

SIZES = (6_000, 60_000, 610_000)
KINDS = {"xlsx": "data.xlsx", "csv": "data"}


def timed(action: Callable[[], object]) -> tuple[object, float]:
    """What an action returns, and the seconds of the processor that it took."""
    started = time.process_time()
    found = action()
    return found, time.process_time() - started


def peer(file: Path) -> int:
    """The number of cells that openpyxl finds; raises ImportError without it."""
    import openpyxl

    book = openpyxl.load_workbook(file, read_only=True)
    return sum(
        cell.value is not None for sheet in book for row in sheet.iter_rows() for cell in row
    )


def growth_row(triples: int, kind: str) -> dict[str, object]:
    """Write and read an ecosystem of so many triples."""
    with tempfile.TemporaryDirectory() as folder:
        data, target = Path(folder) / "data.nt", Path(folder) / KINDS[kind]
        write_ecosystem(data, triples, defects=False)
        graph = Graph().parse(data)
        _, written = timed(lambda: spreadsheet.write(graph, target))
        # What was in memory before it is read is not to be counted.
        before = set(graph)
        rows = len(set(graph.subjects(RDF.type)))
        again, read = timed(lambda: spreadsheet.read(target).graph)
        row: dict[str, object] = {
            "rows": rows,
            "triples": len(before),
            "write": written,
            "read": read,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "same": set(again) == before,  # type: ignore[call-overload]
        }
        if kind == "csv":
            row["bytes"] = sum(file.stat().st_size for file in target.iterdir())
            return row
        row["bytes"] = target.stat().st_size
        _, row["cells"] = timed(lambda: workbook.read(target.read_bytes(), target))
        try:
            _, row["peer"] = timed(lambda: peer(target))
        except ImportError:
            row["peer"] = None
        return row


def growth_table(sizes: tuple[int, ...]) -> str:
    """A table of ecosystems of growing size, each measured in a process of its own."""
    rows = []
    for kind in KINDS:
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.spreadsheets", "--one", str(size), kind]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(ran.stdout)
            rows.append(
                [
                    kind,
                    f"{found['rows']:,}",
                    f"{found['triples']:,}",
                    f"{found['bytes'] / 1e6:.1f} MB",
                    f"{found['write']:.1f} s",
                    f"{found['read']:.1f} s",
                    f"{found['peak']:,.0f} MB",
                    "yes" if found["same"] else "no",
                    f"{found['cells']:.1f} s" if "cells" in found else "",
                    f"{found['peer']:.1f} s" if found.get("peer") is not None else "",
                ]
            )
    header = ["form", "rows", "triples", "size", "write", "read", "memory", "same"]
    return markdown([*header, "cells only", "cells only, openpyxl"], rows)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; `--one N KIND` measures one size, for the table."""
    parser = argparse.ArgumentParser(prog="./run bench spreadsheets", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="TRIPLES")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(growth_row(int(options.one[0]), options.one[1])))
        return 0
    print(growth_table(tuple(options.sizes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
