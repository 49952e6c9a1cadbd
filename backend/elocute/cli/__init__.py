"""The command ``elocute``: one module per subcommand."""

from elocute.processor_threads import prepare_program

prepare_program()

from elocute.cli.main import main  # noqa: E402 - reads what was set

__all__ = ["main"]
