"""Every verb, good input and bad, as transcripts in files beside this one."""

import argparse
import gzip
import io
import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.command import transcripts

from srmgraph import cli, knowledge, queries
from srmgraph.verbs import reading

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(FOLDER.glob("*.console"))
CELLPHONE = str(knowledge.ROOT / "data" / "cellphone" / "cellphone.ttl")
BROKEN = str(knowledge.ROOT / "data" / "cellphone" / "broken.ttl")


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript(file: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER / "files", tmp_path / "files")
    for step in transcripts.read(file.read_text(encoding="utf-8")):
        found, code = transcripts.run(step.line, folder)
        difference = transcripts.differs(step.output, found)
        assert difference is None, f"$ {step.line}\n{difference}"
        assert code == step.code, step.line
        assert "Traceback" not in found


def test_there_are_transcripts_of_every_verb() -> None:
    lines = [s.line.split() for f in TRANSCRIPTS for s in transcripts.read(f.read_text("utf-8"))]
    shown = {words[1] for words in lines if len(words) > 1}
    (verbs,) = [a for a in cli._parser()._actions if isinstance(a, argparse._SubParsersAction)]
    assert set(verbs.choices) <= shown


def test_a_transcript_that_is_wrong_is_noticed() -> None:
    assert transcripts.differs("one\n…\nthree\n", "one\ntwo\ntwo\nthree\n") is None
    assert transcripts.differs("one\ntwo\n", "one\nthree\n")
    assert transcripts.differs("one\n", "one\ntwo\n")


@pytest.mark.parametrize("name", sorted(queries.questions()))
def test_no_parameter_hides_an_option_of_ask(name: str) -> None:
    taken = {"data", "format", "input-format", "help", "name"}
    assert not taken & {parameter.name for parameter in queries.question(name).parameters}


@pytest.mark.parametrize("format", ["text", "turtle", "json", "junit", "sarif"])
def test_a_report_is_written_to_a_file(format: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    arguments = ["validate", BROKEN, "--format", format, "--output", str(file)]
    assert cli.main(arguments) == 1
    text = file.read_text(encoding="utf-8")
    assert "agreement-does-not-end-before-it-begins" in text
    match format:
        case "json" | "sarif":
            assert json.loads(text)
        case "junit":
            assert ElementTree.fromstring(text).find("testsuite") is not None


def test_fail_on_decides_the_exit_code(tmp_path: Path) -> None:
    file = tmp_path / "x.ttl"
    file.write_text(
        "@prefix srm: <https://w3id.org/srm#> . <https://example.org/p> a srm:Person .\n"
    )
    assert cli.main(["validate", str(file)]) == 0
    assert cli.main(["validate", str(file), "--fail-on", "warning"]) == 1


def test_rules_of_your_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix srm: <https://w3id.org/srm#> .\n"
        "<https://example.org/rules#nobody> a sh:PropertyShape ; sh:targetClass srm:Person ;\n"
        '    sh:path srm:isMemberOf ; sh:minCount 9 ; sh:message "Nobody is a person." .\n'
    )
    assert cli.main(["validate", CELLPHONE, "--shapes", str(shapes)]) == 1
    assert "Nobody is a person" in capsys.readouterr().out


def test_a_defect_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("the moon is full")

    monkeypatch.setattr(reading, "of_files", fail)
    assert cli.main(["validate", CELLPHONE]) == 70
    assert "RuntimeError: the moon is full" in capsys.readouterr().err
    monkeypatch.setenv("SRMGRAPH_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli.main(["validate", CELLPHONE])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("format", ["text", "json", "turtle"])
def test_a_full_disk_is_told_as_one(
    format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", full)
        assert cli.main(["validate", BROKEN, "--format", format]) == 2
    told = capsys.readouterr().err
    assert "It cannot be written: No space left on device." in told
    assert "report it" not in told


@pytest.mark.parametrize("name", ["acme.ttl.gz", "acme.TTL.GZ", "-"])
def test_what_gzip_packed_is_read_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress(b"\xef\xbb\xbf" + Path(BROKEN).read_bytes())
    (tmp_path / name).write_bytes(packed)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    assert cli.main(["validate", name, "--show", "violation"]) == 1
    told = capsys.readouterr().out
    assert cli.main(["validate", BROKEN, "--show", "violation"]) == 1
    plain = capsys.readouterr().out.replace(f"{Path(BROKEN).parent}/", "")
    # What comes in by a pipe has no places.
    expected = (
        plain.replace("broken.ttl", name) if name != "-" else re.sub(r"  \S+:\d+\n", "\n", plain)
    )
    assert told == expected
    (tmp_path / name).write_bytes(packed[:-20])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed[:-20])))
    assert cli.main(["validate", name]) == 2
    assert "packed by gzip, and cannot be unpacked" in capsys.readouterr().err


def test_files_that_say_nothing_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.ttl"
    file.write_text("# nothing yet\n")
    assert cli.main(["validate", str(file)]) == 0
    assert "holds no statement" in capsys.readouterr().err
    assert cli.main(["validate", str(file), CELLPHONE]) == 0
    assert capsys.readouterr().err == ""
