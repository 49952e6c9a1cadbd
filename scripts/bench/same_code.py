"""Programs that compare outputs of processes started at different times: all must run the same code."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.backend_path import ROOT


@contextmanager
def same_code(*folders: Path) -> Iterator[None]:
    """End the program with an error after the block where the code changed meanwhile.

    A checkout that is edited, or moved to another commit, during a run gives later processes other code than
    earlier ones; what they make differs, and nothing is wrong with either.

    Args:
        folders: whose Python files count; by default those of backend and add-on.

    Raises:
        SystemExit: they changed.
    """
    watched = folders or (ROOT / "backend", ROOT / "addon")
    before = _digest(watched)
    yield
    if _digest(watched) != before:
        sys.exit("The code changed during the run, so its comparisons say nothing. Run it from a copy.")


def _digest(folders: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
