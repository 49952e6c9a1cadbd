"""Start a process of our own that computes for this one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import elocute
from elocute.processor_threads import helper_variables


def start_child(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``command`` with pipes; it finds this package and computes on one thread.

    Raises:
        OSError: it cannot be started.
    """
    package_parent = str(Path(elocute.__file__).resolve().parents[1])
    paths = [package_parent, os.environ.get("PYTHONPATH", "")]
    environment = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join(path for path in paths if path),
        **helper_variables(),
    )
    return subprocess.Popen(  # noqa: S603 our own module, no shell
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
