"""A built wheel, installed into a clean environment: the knowledge travels inside the package."""

import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import srmgraph
from srmgraph import knowledge

pytestmark = pytest.mark.slow
ROOT = knowledge.ROOT
FOLDERS = ("data", "mappings", "ontology", "queries", "shapes")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


class Environment:
    """A virtual environment with the wheel in it, and with our dependencies, but no checkout."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "env"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        venv.create(self.folder, with_pip=False)
        self.bin = self.folder / ("Scripts" if sys.platform == "win32" else "bin")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install"),
                *("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)),
            ],
            check=True,
            capture_output=True,
        )

    def run(self, command: str, *arguments: str) -> str:
        """Return what a command of the environment says; it must succeed."""
        # A path in PYTHONPATH brings packages, but no .pth files, by which a checkout is found.
        environment = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PYTHONUTF8": "1"}
        ran = subprocess.run(
            [self.bin / command, *arguments],
            cwd=self.elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("clean"), wheel)


def test_nothing_else_lands_at_the_top(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"srmgraph", "srmgraph_api"}
    assert len([top for top in tops if top.endswith(".dist-info")]) == 1
    assert "srmgraph/py.typed" in names


def test_the_whole_knowledge_and_nothing_else_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    kept = tracked.stdout.splitlines()
    if not kept:
        pytest.skip("this is no checkout of git")
    assert {f"srmgraph/{name}" for name in kept if (ROOT / name).exists()} <= names
    folders = {name.split("/")[1] for name in names if name.count("/") > 1}
    python = {folder.name for folder in (ROOT / "src" / "srmgraph").iterdir() if folder.is_dir()}
    python |= {folder.name for folder in (ROOT / "api" / "srmgraph_api").iterdir()}
    assert folders - {"licenses", "cases"} <= python | set(FOLDERS)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    folder = metadata.rpartition("/")[0]
    said = message_from_string(archive.read(metadata).decode())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert said["Name"] == "srmgraph"
    assert said["Version"] == project["version"]
    assert said["License-Expression"] == project["license"]
    assert sorted(said.get_all("Requires-Dist", [])) == sorted(project["dependencies"])
    assert archive.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert b"srmgraph = srmgraph.cli:main" in archive.read(f"{folder}/entry_points.txt")


def test_it_stands_apart_from_the_checkout(environment: Environment) -> None:
    program = (
        "import sys, srmgraph, srmgraph_api\n"
        "from srmgraph import knowledge\n"
        "print(srmgraph.__file__, srmgraph_api.__file__, knowledge.ROOT, sep='\\n')\n"
        "print(*sys.path, sep='\\n')\n"
    )
    *places, path = environment.run("python", "-c", program).split("\n", 3)
    for place in places:
        assert Path(place).is_relative_to(environment.folder)
    assert Path(places[2]) == Path(places[0]).parent, "the knowledge is in the package"
    assert not {str(ROOT), str(ROOT / "src"), str(ROOT / "api")} & set(path.splitlines())


def test_its_knowledge_is_that_of_the_checkout(environment: Environment) -> None:
    program = (
        "from srmgraph import knowledge, queries\n"
        "print(len(knowledge.ontology()), len(knowledge.alignments()), len(knowledge.shapes()))\n"
        "print(len(knowledge.meta_shapes()), len(knowledge.examples()), len(queries.questions()))\n"
        "print(len(knowledge.context()['@context']))\n"
    )
    found = [int(number) for number in environment.run("python", "-c", program).split()]
    assert found == [
        len(knowledge.ontology()),
        len(knowledge.alignments()),
        len(knowledge.shapes()),
        len(knowledge.meta_shapes()),
        len(knowledge.examples()),
        len(knowledge.question_files()),
        len(knowledge.context()["@context"]),
    ]
    assert min(found) > 0


def test_its_command_works(environment: Environment) -> None:
    assert "usage: srmgraph" in environment.run("srmgraph", "--help")
    assert environment.run("srmgraph", "--version").startswith("srmgraph ")
    example = environment.elsewhere / "cellphone.ttl"
    example.write_bytes((ROOT / "data" / "cellphone" / "cellphone.ttl").read_bytes())
    assert "Conforms" in environment.run("srmgraph", "validate", "cellphone.ttl")
    assert "Dion" in environment.run("srmgraph", "ask", "who-provides-and-who-consumes")
    environment.run("python", "-c", "from srmgraph_api import create_app; create_app()")


def test_an_editable_install_finds_the_checkout() -> None:
    assert Path(srmgraph.__file__).is_relative_to(ROOT / "src")
    assert (ROOT / "pyproject.toml").is_file()
    for folder in FOLDERS:
        assert (ROOT / folder).is_dir()
    assert knowledge.examples()
