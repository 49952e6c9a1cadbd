"""Packages that only some subcommands need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from elocute.errors import SettingsError


@contextmanager
def needs_packages(requirements: str) -> Iterator[None]:
    """Turn an import that fails inside the block into a sentence that says what to install.

    Args:
        requirements: file that lists the packages, relative to the repository.

    Raises:
        SettingsError: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("elocute"):
            raise
        raise SettingsError(
            f"This needs the Python package {error.name}, which is not installed.",
            f"Install what {requirements} lists.",
            code="missing_package",
        ) from error
