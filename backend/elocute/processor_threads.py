"""How many threads compute, and how they wait for each other: the settings of every library, in one place.

Libraries read their variables when they are first imported, so a program calls :func:`prepare_program` before
it imports any; processes that it starts inherit them, and what the user has set stays. Standard library only.
What was measured, and where: docs/service.md, "Threads".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_COUNT: Final = "OMP_NUM_THREADS"
"""What a user sets to bound the threads of every engine; read by all of them."""
_COUNTS: Final = (_COUNT, "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MOST: Final = 4
"""Threads of a graph of ONNX Runtime: the bundled model gains nothing from more."""
PROGRAM: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Threads of PyTorch (OpenMP of GNU, LLVM or Intel) that spin while they wait take the processors from
        # those that work: several times slower where every core is busy.
        "OMP_WAIT_POLICY": "PASSIVE",
        # NumPy's matrices are too small here to be shared: `elocute transfer` took three times as long.
        "OPENBLAS_NUM_THREADS": "1",
    }
)
"""Variables of a program that does one piece of work at a time."""
_GRAPH_WAITING: Final = ("session.intra_op.allow_spinning", "0")
"""Setting of a session of ONNX Runtime, which knows nothing of the variables: its threads sleep too."""
WORD_THREADS: Final = 1
"""Threads that words are recognised with: its graphs are called for one piece of a word at a time."""


def prepare_program() -> None:
    """Set what is not set yet; before NumPy, ONNX Runtime or PyTorch is imported."""
    for name, value in PROGRAM.items():
        os.environ.setdefault(name, value)


def prepare_worker(threads: int) -> None:
    """The same for a process that is one of several: so many threads, unless the user has said how many."""
    for name in _COUNTS:
        os.environ.setdefault(name, str(threads))


def helper_variables() -> dict[str, str]:
    """Variables of a process that hears or decodes beside this one, on one thread whatever is set here."""
    return {_COUNT: "1", "OPENBLAS_NUM_THREADS": "1"}


def told_threads() -> int | None:
    """How many threads the user has told this program to compute with; None where nothing was said."""
    told = os.environ.get(_COUNT, "")
    return int(told) if told.isdecimal() and int(told) else None


def graph_threads() -> int:
    """Threads of a graph: as many as this program was told, else one for each processor it may use."""
    if (told := told_threads()) is not None:
        return told
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, _MOST)


def bind_session(options: Any, threads: int) -> None:
    """Tell the options of a session of ONNX Runtime how many threads compute a graph, and how they wait."""
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry(*_GRAPH_WAITING)
