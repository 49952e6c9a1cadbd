"""The command ``elocute``: one module per subcommand."""

from elocute.cli.main import main

__all__ = ["main"]
