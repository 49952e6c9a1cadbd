"""Packages that only some models and commands need: where they are listed, and what to say without them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from elocute.errors import SettingsError

LITE: Final = ("requirements/torch-cpu.txt", "requirements/backend-lite.txt")
PUBLISHED: Final = (*LITE, "requirements/backend-transformers.txt")
TRAINING: Final = (*PUBLISHED, "requirements/backend-training.txt")
OPTIONAL_PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "torch": LITE,
    "diffusers": LITE,
    "safetensors": LITE,
    "huggingface_hub": LITE,
    "transformers": PUBLISHED,
    "accelerate": TRAINING,
    "lmdb": TRAINING,
    "tensorboard": TRAINING,
}
"""Importable package -> requirement files, relative to the repository."""


def missing_package(packages: Sequence[str]) -> str | None:
    """The first of ``packages`` that is not installed, or None. Quick: it imports nothing."""
    return next((name for name in packages if importlib.util.find_spec(name) is None), None)


def package_error(package: str, needed_by: str = "", alternative: str = "") -> SettingsError:
    """The error for a package that is not installed.

    Args:
        package: importable name.
        needed_by: what needs it, for the start of the sentence.
        alternative: what else to do, in lower case.
    """
    files = OPTIONAL_PACKAGES.get(package)
    install = package if files is None else "--no-deps " + " ".join(f"-r {file}" for file in files)
    return SettingsError(
        f"{needed_by or 'This'} needs the Python package {package}, which is not installed.",
        f"Install it with: pip install {install}" + (f"; or {alternative}." if alternative else ""),
        code="missing_package",
    )


@contextmanager
def missing_packages_as_sentence() -> Iterator[None]:
    """Turn the failed import of an optional package inside the block into a sentence.

    Raises:
        SettingsError: an optional package is not installed; says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in OPTIONAL_PACKAGES:
            raise
        raise package_error(package) from error
