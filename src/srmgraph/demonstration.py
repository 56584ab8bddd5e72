"""What `srmgraph demo` shows in one screen: what is there, what holds, what does not, and answers.

Which example, which broken twin and which questions is told by data/demo.toml.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.graph import ServiceGraph
from srmgraph.queries import question, questions
from srmgraph.validation.formats import text

if TYPE_CHECKING:
    from pathlib import Path

    from srmgraph.terminal import Terminal


def show(terminal: Terminal) -> None:
    """Load the worked examples, check them and a broken one, and ask some questions."""
    with (knowledge.ROOT / "data" / "demo.toml").open("rb") as file:
        script = tomllib.load(file)
    terminal.line(f"srmgraph {version('srmgraph')}: who provides what to whom", "bold")
    _what_holds(terminal)
    _what_does_not(terminal, script["broken"]["example"], script["broken"]["rules"])
    for asked in script["question"]:
        _answer(terminal, asked["name"], asked["example"], asked.get("parameters", {}))
    terminal.line()
    terminal.line("Next: srmgraph --help, srmgraph ask, srmgraph validate YOUR-FILE", "dim")


def _what_holds(terminal: Terminal) -> None:
    reports = {}
    files = knowledge.example_files()
    with terminal.counting("Checking") as count:
        for done, file in enumerate(files):
            count(done, len(files))
            graph = _read(file)
            reports[file.stem] = (len(graph.store), graph.validate())
    statements = sum(size for size, _ in reports.values())
    rules = len(next(iter(reports.values()))[1].rules)
    terminal.line(
        f"Loaded {len(reports)} worked examples with {statements:,} statements, "
        f"{rules} rules and {len(questions())} questions.",
    )
    for name, (size, report) in reports.items():
        terminal.line(f"  {name:<20} {size:>6,} statements  {text.verdict(report)}")


def _what_does_not(terminal: Terminal, example: str, rules: list[str]) -> None:
    report = _read(knowledge.example_file(example).with_name("broken.ttl")).validate()
    terminal.line()
    terminal.line(
        f"What does not hold: {example} told badly ({text.verdict(report)}), for example", "bold"
    )
    for rule in rules:
        results = report.by_rule.get(rule, ())
        if results:
            terminal.line(f"  {results[0].message}")
            terminal.line(f"    • {report.name(results[0].focus_node)}", "red")
            terminal.line(f"    → {results[0].advice}", "dim")


def _answer(terminal: Terminal, name: str, example: str, parameters: dict[str, str]) -> None:
    kept = question(name)
    graph = _read(knowledge.example_file(example))
    terminal.line()
    terminal.line(f"{kept.summary}", "bold")
    given = "".join(f" --{key} {value!r}" for key, value in parameters.items())
    terminal.line(f"  srmgraph ask {name}{given}", "dim")
    with terminal.working("Inferring …") as say:
        solutions = graph.ask(name, progress=say, **parameters)
    rows = [tuple(row) for row in solutions]
    terminal.answer(solutions.variables, rows, graph.store)


def _read(file: Path) -> ServiceGraph:
    graph = ServiceGraph.open()
    graph.store.read(file)
    return graph
