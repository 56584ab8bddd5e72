"""Processes are killed at any moment: what was acknowledged stays, and nothing is half-done."""

from pathlib import Path

import pytest
from benchmarks import reliability


@pytest.mark.slow
def test_kill_at_any_moment(tmp_path: Path) -> None:
    outcome = reliability.run(tmp_path / "store", rounds=4)
    assert outcome.faults == []
    assert outcome.answers["command"] > 0
    assert outcome.answers.total() > outcome.answers["command"]
