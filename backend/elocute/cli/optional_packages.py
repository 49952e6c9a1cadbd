"""Packages that only some subcommands need, and where they are listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from elocute.errors import SettingsError
from elocute.models.bundled import REQUIREMENTS

LITE: Final = REQUIREMENTS
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
        files = OPTIONAL_PACKAGES[package]
        raise SettingsError(
            f"This needs the Python package {package}, which is not installed.",
            f"Install it with: pip install {' '.join(f'-r {file}' for file in files)}",
            code="missing_package",
        ) from error
