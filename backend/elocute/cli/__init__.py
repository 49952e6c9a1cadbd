"""The command ``elocute``: one module per subcommand."""

import os

# Threads of torch that spin while they wait take the processors from those that work: several times slower
# where every core is busy; and numpy's matrices here are too small to be shared between threads, which took
# `elocute transfer` three times as long on two busy cores. Both must be said before the libraries are loaded;
# processes started from here inherit them, and what the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from elocute.cli.main import main

__all__ = ["main"]
