"""Measurements, one program each: ``python -m scripts.bench.NAME`` at the repository's root."""

import sys

import scripts.backend_path  # noqa: F401  before anything of the backend
from scripts.terminal import say_error

if sys.argv[:1] == ["-m"]:  # one of them is about to run, and has not imported yet what may be missing
    sys.excepthook = say_error
