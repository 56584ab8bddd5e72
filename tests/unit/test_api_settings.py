"""What is set wrongly is told by its name, before anything is served."""

from pathlib import Path

import pytest

from srmgraph import cli

FAULTS = [
    ("IN_MEMORY", "", "SRMGRAPH_IN_MEMORY (or in_memory in srmgraph.toml) is “”."),
    ("WORKERS", "0", "Input should be greater than or equal to 1."),
    ("READING", "closed", "Input should be 'open' or 'keys'."),
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


def test_a_file_of_settings_that_is_no_toml_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("srmgraph.toml").write_text("workers: 2\n", encoding="utf-8")
    assert cli.main(["serve"]) == 2
    assert "srmgraph.toml is no TOML" in capsys.readouterr().err
