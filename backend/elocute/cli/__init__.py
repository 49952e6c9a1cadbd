"""The command ``elocute``: one module per subcommand."""

import os

# Threads of torch that spin while they wait take the processors from those that work: several times slower
# where every core is busy. It must be said before torch is loaded; processes started from here inherit it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from elocute.cli.main import main

__all__ = ["main"]
