"""Find a Python interpreter that can make the backend's environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..errors import UserError

LOWEST_PYTHON: Final = (3, 11)
HIGHEST_PYTHON: Final = (3, 13)
_PROBE: Final = (
    "import sys, json\n"
    "missing = []\n"
    "for name in ('venv', 'ensurepip'):\n"
    "    try:\n"
    "        __import__(name)\n"
    "    except ImportError:\n"
    "        missing.append(name)\n"
    "print(json.dumps({'version': list(sys.version_info[:3]), 'missing': missing}))\n"
)


def find_base_python(
    lowest: tuple[int, int] = LOWEST_PYTHON,
    highest: tuple[int, int] = HIGHEST_PYTHON,
    candidates: Iterable[Path] | None = None,
) -> Path:
    """Return an interpreter of a fitting version that can make virtual environments.

    Raises:
        UserError: there is none; the sentence says what was missing.
    """
    found: list[str] = []
    for candidate in _candidates(lowest, highest) if candidates is None else candidates:
        problem = python_problem(candidate, lowest, highest)
        if problem is None:
            return candidate
        found.append(problem)
    wanted = ".".join(map(str, lowest))
    if highest != lowest:
        wanted += " to " + ".".join(map(str, highest))
    raise UserError(
        f"No Python {wanted} was found on this computer"
        + (f" ({'; '.join(dict.fromkeys(found))})." if found else "."),
        "Install it from python.org (on Debian or Ubuntu: apt install python3-venv), "
        "or choose one in the preferences.",
    )


def python_problem(python: Path, lowest: tuple[int, int], highest: tuple[int, int]) -> str | None:
    """Return why ``python`` cannot make the environment, or None when it can."""
    try:
        probe = subprocess.run(  # noqa: S603 - an interpreter from PATH or of the user's choice
            [str(python), "-I", "-c", _PROBE], capture_output=True, timeout=60, check=True
        )
        facts = json.loads(probe.stdout)
        version, missing = tuple(facts["version"]), list(facts["missing"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return f"{python} does not run"
    if not lowest <= version[:2] <= highest:
        return f"{python} is Python {'.'.join(map(str, version))}"
    if missing:
        return f"{python} lacks the module {missing[0]}"
    return None


def _candidates(lowest: tuple[int, int], highest: tuple[int, int]) -> list[Path]:
    minors = range(lowest[1], highest[1] + 1)
    names = [f"python3.{minor}" for minor in minors] + ["python3", "python"]
    paths = [Path(found) for name in names if (found := shutil.which(name))]
    # pyenv's commands on PATH answer only for the versions it has made global; the others lie here.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    paths += [path for minor in minors for path in sorted(versions.glob(f"3.{minor}.*/bin/python3"))]
    own = Path(sys.executable) if sys.executable else None
    if own is not None and own.stem.lower().startswith("python"):  # Blender may name itself here
        paths.insert(0, own)
    return list(dict.fromkeys(paths))
