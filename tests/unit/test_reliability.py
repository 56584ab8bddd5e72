"""Processes are killed at any moment: what was acknowledged stays, and nothing is half-done."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks import reliability

_PARENT = """
import subprocess, sys, time
from benchmarks.reliability import end_with_parent
print(subprocess.Popen(["sleep", "60"], preexec_fn=end_with_parent).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do it")
def test_servers_of_tests_end_with_them() -> None:
    path = {"PYTHONPATH": os.pathsep.join(["", *sys.path, str(Path.cwd())])}
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, env=os.environ | path
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / str(int(parent.stdout.readline()))
        assert child.exists()
        parent.kill()
        parent.wait()
    for _ in range(300):
        # Whoever takes up orphans may leave it dead for a while.
        if not child.exists() or ") Z " in (child / "stat").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the server lives on")


@pytest.mark.slow
def test_kill_at_any_moment(tmp_path: Path) -> None:
    outcome = reliability.run(tmp_path / "store", rounds=4)
    assert outcome.faults == []
    assert outcome.answers["command"] > 0
    assert outcome.answers.total() > outcome.answers["command"]
