"""What all tests share."""

import os
import sys

import pytest
from hypothesis import settings

# The same cases in each run, and no deadline: a busy machine is no failure.
settings.register_profile("project", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Keep bytecode among what pytest keeps, where none is to be written beside the sources: tests
    start some hundred commands and services, and each would compile all that it imports."""
    cache = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache is not None:
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
