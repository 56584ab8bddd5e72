"""The command `srmgraph`: every use of the library, from a shell.

Exit codes: 0 done, and for `validate` the data conform; 1 the data do not conform, or contradict
the ontology; 2 the command was not understood, or something it names cannot be read.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from srmgraph.errors import DoesNotConformError, InconsistentError, SrmgraphError
from srmgraph.verbs import (
    asking,
    checking,
    documenting,
    exchanging,
    keeping,
    modelling,
    serving,
)
from srmgraph.verbs.arguments import (
    DEFECT,
    DOES_NOT_CONFORM,
    DONE,
    NOT_UNDERSTOOD,
    Arguments,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, those of the process if left out; return the exit code."""
    # A pipe whose reader expects another encoding would otherwise end the command.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.verb != "ask":
        options.parser.error(f"This is too much: {' '.join(rest)}")
    # It needs rdflib, for which a cry for help is not to wait.
    from srmgraph.terminal import Terminal

    terminal = Terminal()
    try:
        return int(options.run(options, rest, terminal))
    except (DoesNotConformError, InconsistentError) as error:
        terminal.remark(str(error), "bold red")
        return DOES_NOT_CONFORM
    except SrmgraphError as error:
        terminal.remark(str(error), "bold red")
        return NOT_UNDERSTOOD
    except BrokenPipeError:
        # Whoever reads has seen enough.
        _write_no_more()
        return DONE
    except KeyboardInterrupt:
        terminal.remark("Stopped.")
        return 130
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _write_no_more()
            terminal.remark(f"It cannot be written: {error.strerror}.", "bold red")
            return NOT_UNDERSTOOD
        if os.environ.get("SRMGRAPH_DEBUG"):
            raise
        terminal.remark(
            f"srmgraph itself went wrong, not your data: {type(error).__name__}: {error}\n"
            "Please report it. To see where it happened, set SRMGRAPH_DEBUG=1 and try again.",
            "bold red",
        )
        return DEFECT


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _write_no_more() -> None:
    """Let Python not complain once more when it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_EPILOG = """
try it:
  srmgraph demo                                   see all of it in one screen
  srmgraph validate acme.ttl                      what is missing or contradictory, and what to do
  srmgraph ask                                    list the questions, by who asks them
  srmgraph ask who-provides-and-who-consumes      ask one, of a worked example
  srmgraph query "SELECT * { ?thing rdfs:label ?name }" --data acme.ttl

exit codes: 0 done and conforming, 1 does not conform or is to be decided,
2 not understood or not readable
"""


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(
        prog="srmgraph",
        description="Who provides what to whom: check, ask and serve a graph of service "
        "relationships.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"srmgraph {version('srmgraph')}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")

    def verb(name: str, help: str, more: str = "", add_help: bool = True) -> Arguments:
        description = f"{help[0].upper()}{help[1:]}.{f' {more}' if more else ''}"
        made: Arguments = verbs.add_parser(
            name, help=help, description=description, add_help=add_help, allow_abbrev=False
        )
        made.set_defaults(parser=made)
        return made

    for module in (checking, asking, keeping, exchanging, modelling, documenting, serving):
        module.install(verb)
    return parser


if __name__ == "__main__":
    sys.exit(main())
