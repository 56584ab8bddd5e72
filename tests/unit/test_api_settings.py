"""What is set wrongly is told by its name, before anything is served."""

from pathlib import Path

import pytest
import uvicorn

from srmgraph import cli
from srmgraph.store.folder import FolderStore
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


def test_a_file_says_what_is_served_and_by_which_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore.create(tmp_path / "acme")
    store.parse("<x:a> <x:b> <x:c> .", "turtle")
    store.close()
    (tmp_path / "one.ttl").write_text("<x:a> <x:b> 1 .")
    monkeypatch.chdir(tmp_path)
    served: list[settings.Settings] = []

    def begun(server: uvicorn.Server) -> None:
        app = server.config.loaded_app
        while not hasattr(app, "state"):
            app = app.app
        served.append(app.state.service.settings)

    monkeypatch.setattr(uvicorn.Server, "run", begun)
    for text, arguments in (
        ('store = "acme"\nhosts = "data.example.org"', []),
        ('files = "one.ttl"', []),
        ('store = "nowhere"', ["one.ttl"]),
        ('files = "nowhere.ttl"', ["--store", "acme"]),
    ):
        for name in ("STORE", "FILES", "HOSTS"):
            monkeypatch.delenv(f"SRMGRAPH_{name}", raising=False)
        (tmp_path / "srmgraph.toml").write_text(text)
        assert cli.main(["serve", *arguments]) == 0
    own = "localhost 127.0.0.1 [::1]"
    assert [(one.store, one.files, one.hosts) for one in served] == [
        ("acme", "", "data.example.org"),
        ("", "one.ttl", own),
        ("", "one.ttl", own),
        ("acme", "", own),
    ]


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
