"""What the README shows is what happens."""

import doctest
import re
import shutil
from pathlib import Path

import pytest
from tests.command import transcripts
from tests.command.transcripts import Step

from srmgraph import knowledge

README = (knowledge.ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


STEPS = [step for block in blocks("console") for step in transcripts.read(block)]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.line)
def test_commands_print_what_the_readme_shows(step: Step, tmp_path: Path) -> None:
    (turtle,) = blocks("turtle")
    (tmp_path / "acme.ttl").write_text(turtle, encoding="utf-8")
    found, _ = transcripts.run(step.line, tmp_path)
    assert transcripts.differs(step.output, found) is None, transcripts.differs(step.output, found)


def test_python_does_what_the_readme_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(knowledge.ROOT)
    examples = doctest.DocTestParser().get_doctest(
        "\n".join(blocks("python")), {}, "README.md", "README.md", 0
    )
    assert examples.examples
    results = doctest.DocTestRunner().run(examples)
    assert results.failed == 0


def test_the_readme_names_only_files_that_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (knowledge.ROOT / target).exists(), target


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_the_run_script_is_executable() -> None:
    assert (knowledge.ROOT / "run").stat().st_mode & 0o100
