#!/usr/bin/env python3
"""Elocute's two commands: ``python3 scripts/run.py demo`` and ``python3 scripts/run.py test``.

Each makes the virtual environments it needs in ``.venv`` and says what it does. The imports wait until the
version of Python has been checked, so that any Python from 3.7 gets a sentence instead of a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection

WANTED_PYTHON = (3, 11)


def python_problem(version: tuple[int, int]) -> str:
    """Return one sentence if this version of Python cannot be used, else an empty string."""
    if version == WANTED_PYTHON:
        return ""
    return (
        "Elocute's demo and tests need Python 3.11, because Blender's Python module exists for that "
        "version only; this is Python {}.{}: install Python 3.11 and run 'python3.11 scripts/run.py' instead."
    ).format(*version)


def place_problem(modules: Collection[str]) -> str:
    """Return one sentence if this runs inside Blender, whose modules are these, else an empty string."""
    if "bpy" not in modules:
        return ""
    return (
        "This program starts Blender itself and does not run inside it: "
        "run 'python3.11 scripts/run.py' in a terminal."
    )


def main() -> int:
    """Check where this runs, then hand over to the command; return its exit code."""
    problem = place_problem(sys.modules) or python_problem(sys.version_info[:2])
    if problem:
        print("error: " + problem, file=sys.stderr)
        return 2
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    from scripts.commands import main as run_command

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
