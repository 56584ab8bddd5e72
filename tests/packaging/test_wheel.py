"""A built wheel, installed into a clean environment: the knowledge travels inside the package."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

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


def test_nothing_else_lands_at_the_top(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"srmgraph", "srmgraph_api"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    for folder in FOLDERS:
        kept = [f for f in (ROOT / folder).rglob("*") if f.is_file() and f.name[0] != "."]
        for file in kept:
            assert f"srmgraph/{file.relative_to(ROOT).as_posix()}" in names


def test_it_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    paths = sysconfig.get_paths(vars={"base": str(tmp_path / "env")})
    site = Path(paths["purelib"])
    site.mkdir(parents=True, exist_ok=True)
    zipfile.ZipFile(wheel).extractall(site)
    # The dependencies are those of this environment, without the checkout: a path in PYTHONPATH
    # brings packages, but no .pth files, by which a checkout is made importable.
    environment = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PATH": "/usr/bin:/bin"}

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [python, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    where = run("-c", "import srmgraph.knowledge as k; print(k.__file__); print(k.ROOT)").split()
    assert all(Path(place).is_relative_to(tmp_path) for place in where)
    example = tmp_path / "cellphone.ttl"
    example.write_bytes((ROOT / "data" / "cellphone" / "cellphone.ttl").read_bytes())
    assert "Conforms" in run("-m", "srmgraph.cli", "validate", str(example))
    assert "Dion" in run("-m", "srmgraph.cli", "ask", "who-provides-and-who-consumes")
    run("-c", "from srmgraph_api import create_app; create_app()")


def test_an_editable_install_finds_the_checkout() -> None:
    assert (knowledge.ROOT / "pyproject.toml").is_file()
    assert knowledge.examples()
