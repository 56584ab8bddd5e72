"""What is set wrongly is told by its name, before anything is served."""

from pathlib import Path

import pytest

from srmgraph import cli
from srmgraph_api import settings

FAULTS = [
    ("IN_MEMORY", "", "SRMGRAPH_IN_MEMORY (or in_memory in srmgraph.toml) is “”."),
    ("WORKERS", "0", "Input should be greater than or equal to 1."),
    ("READING", "closed", "Input should be 'open' or 'keys'."),
    ("WORKRES", "4", "There is no setting SRMGRAPH_WORKRES. Did you mean SRMGRAPH_WORKERS?"),
    ("HOST", "x", "There is no setting SRMGRAPH_HOST. Did you mean SRMGRAPH_HOSTS?"),
]


@pytest.fixture(autouse=True)
def what_the_command_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be as it was afterwards."""
    for name in ("STORE", "FILES"):
        monkeypatch.setenv(f"SRMGRAPH_{name}", "")
    monkeypatch.setenv("SRMGRAPH_HOSTS", "localhost")


@pytest.mark.parametrize(("name", "value", "told"), FAULTS)
def test_a_setting_that_cannot_be_meant_is_told(
    name: str,
    value: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"SRMGRAPH_{name}", value)
    assert cli.main(["serve"]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


FILES = [
    ("workers: 2", "srmgraph.toml is no TOML"),
    ("workres = 2", "There is no setting workres in srmgraph.toml. Did you mean workers?"),
    ("colour = 2", "There is no setting colour in srmgraph.toml. There are: store, files, base"),
    ("[serve]\nworkers = 2", "There is no setting serve in srmgraph.toml."),
    (
        "patience = 'long'",
        "(or patience in srmgraph.toml) is “long”.",
    ),
]


@pytest.mark.parametrize(("text", "told"), FILES)
def test_a_file_of_settings_that_is_faulty_is_told(
    text: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("srmgraph.toml").write_text(f"{text}\n", encoding="utf-8")
    assert cli.main(["serve"]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_what_others_have_set_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVICE_HOST", "PORT", "PORT_8000_TCP_ADDR", "SUITES", "DEBUG"):
        monkeypatch.setenv(f"SRMGRAPH_{name}", "1")
    monkeypatch.setenv("SRMGRAPH_WORKERS", "3")
    assert settings.read().workers == 3
