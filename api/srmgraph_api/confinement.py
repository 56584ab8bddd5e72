"""What a worker gives up before it reads anything that a stranger wrote: memory, network, cores.

Linux only; elsewhere memory may not be limited and the network cannot be given up, which an
operator has to allow.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of sched.h
_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of prctl.h
_ARENAS = -8  # M_ARENA_MAX of malloc.h


class ConfinementError(Exception):
    """The system does not let a process give up its network."""


def confine(memory: int, needs_no_network: bool) -> None:
    """Limit this process to so many bytes of memory and cut it off from every network.

    It leaves no image of its memory when it crashes, is not stopped from the keyboard, and ends
    when its parent does. Raises ConfinementError if it cannot be cut off, unless it need not.
    """
    limit(memory)
    if sys.platform != "linux":
        if needs_no_network:
            raise ConfinementError("This system cannot cut a process off from the network.")
        return
    system = ctypes.CDLL(None, use_errno=True)
    # Else each thread would reserve 64 MB of the addresses that the limit leaves.
    if hasattr(system, "mallopt"):
        system.mallopt(_ARENAS, 2)
    # Whoever may, does it alone; others need a namespace of users in which they may.
    for kinds in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USERS):
        if system.unshare(kinds) == 0:
            return
    if needs_no_network:
        reason = os.strerror(ctypes.get_errno())
        raise ConfinementError(f"This process could not be cut off from the network: {reason}.")


def limit(memory: int) -> None:
    """Do the same but for the network, which the fork of a process without one has not either."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)
