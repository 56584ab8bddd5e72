"""How a service is set up: by the environment (SRMGRAPH_…) or by a file srmgraph.toml beside it."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from srmgraph.errors import ParameterError

_PREFIX = "SRMGRAPH_"
_FILE = "srmgraph.toml"


class Settings(BaseSettings):
    """What can be set. The environment stands above the file."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, toml_file=_FILE, extra="forbid")

    store: str = Field(
        default="", description="the folder of the store; without one, files are served"
    )
    files: str = Field(
        default="", description="files to serve, separated as in PATH; else the examples"
    )
    base: str = Field(default="", description="the address under which the world knows the service")
    hosts: str = Field(default="", description="the names by which it may be called; any if empty")
    origins: str = Field(default="", description="whose web pages may read answers; * is any")
    reading: Literal["open", "keys"] = Field(
        default="open", description="whether reading needs a key"
    )
    checking: Literal["all", "none"] = Field(
        default="all",
        description="`none` keeps what is sent as it is: no rules, nothing inferred",
    )
    workers: int = Field(default_factory=lambda: max(2, os.cpu_count() or 2), ge=1)
    worker_memory: int = Field(default=2048, ge=256, description="what each may use, in megabytes")
    in_memory: int = Field(
        default=1024,
        ge=0,
        description="how many megabytes a copy of the data in memory may take; 0 reads from disk",
    )
    query_seconds: float = Field(
        default=60.0, gt=0, description="how long a request that reads may take"
    )
    write_seconds: float = Field(
        default=600.0, gt=0, description="how long one that writes may take"
    )
    waiting: int = Field(default=256, ge=1, description="how many requests may wait for their turn")
    waiting_of_each: int = Field(
        default=64, ge=1, description="how many requests of one client may wait"
    )
    patience: float = Field(
        default=10.0, gt=0, description="how many seconds one waits for its turn"
    )
    largest_upload: int = Field(
        default=100_000_000, gt=0, description="bytes that an upload may have"
    )
    largest_answer: int = Field(
        default=50_000_000, gt=0, description="bytes that an answer may have"
    )
    arriving: int = Field(
        default=256_000_000,
        gt=0,
        description="bytes of requests and answers that may be on their way at a time; half of "
        "them of one client",
    )
    arriving_seconds: float = Field(
        default=30.0,
        gt=0,
        description="for how long a client that sends or reads may pause, and how long a request "
        "may take to arrive, besides a second for each 10,000 bytes",
    )
    connections: int = Field(
        default=500,
        ge=10,
        description="how many connections there may be; for more, an idle one is closed",
    )
    needs_room: int = Field(
        default=50_000_000, ge=0, description="bytes free on the disk, or not ready"
    )
    network: Literal["none", "allowed"] = Field(
        default="none",
        description="`allowed` only where a process cannot be cut off from the network",
    )

    @property
    def paths(self) -> list[Path]:
        """The files to serve."""
        return [Path(name) for name in self.files.split(os.pathsep) if name]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what was given, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read() -> Settings:
    """Return what environment and file say; raises ParameterError for what cannot be meant."""
    for name in os.environ:
        # Others may have set more that begins so, such as the address of a container.
        if name.startswith(_PREFIX) and (near := _near(name.removeprefix(_PREFIX), 0.8)):
            raise ParameterError(
                f"There is no setting {name}. Did you mean {_PREFIX}{near.upper()}?"
            )
    try:
        return Settings()
    except ValidationError as error:
        faults = [_told(".".join(map(str, fault["loc"])), fault) for fault in error.errors()]
        raise ParameterError("\n".join(faults)) from error
    except OSError as error:
        raise ParameterError(f"{_FILE} cannot be read: {error.strerror}.") from error
    except TOMLDecodeError as error:
        raise ParameterError(f"{_FILE} is no TOML: {error}.") from error


def _told(name: str, fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        near = _near(name, 0.6)
        advice = (
            f"Did you mean {near}?" if near else f"There are: {', '.join(Settings.model_fields)}."
        )
        return f"There is no setting {name} in {_FILE}. {advice}"
    field = Settings.model_fields.get(name)
    meaning = f" It says {field.description}." if field and field.description else ""
    called = f"{_PREFIX}{name.upper()} (or {name} in {_FILE})"
    return f"{called} is “{fault['input']}”. {fault['msg']}.{meaning}"


def _near(name: str, likeness: float) -> str:
    """Return the setting that a name may stand for; empty if it is one itself, or like none."""
    known, lower = [*Settings.model_fields], name.lower()
    found = get_close_matches(lower, known, 1, likeness)
    return found[0] if found and lower not in known else ""
