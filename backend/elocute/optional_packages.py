"""Packages that only some models and commands need: where they are listed, and what to say without them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import elocute
from elocute.errors import SettingsError

CORE: Final = ("requirements/backend.txt",)
LITE: Final = ("requirements/torch-cpu.txt", "requirements/backend-lite.txt")
PUBLISHED: Final = (*LITE, "requirements/backend-transformers.txt")
TRAINING: Final = (*PUBLISHED, "requirements/backend-training.txt")
PREVIEW: Final = ("requirements/backend-preview.txt",)
MEASURES: Final = (*LITE, "requirements/backend-measures.txt")
OPTIONAL_PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "torch": LITE,
    "onnxruntime": CORE,
    "scipy": ("requirements/backend-science.txt",),
    "safetensors": CORE,
    "huggingface_hub": LITE,
    "httpx2": LITE,
    "transformers": PUBLISHED,
    "accelerate": TRAINING,
    "lmdb": TRAINING,
    "tensorboard": TRAINING,
    "ray": ("requirements/backend-ray.txt",),
    "skimage": MEASURES,
    "sounddevice": ("requirements/backend-sound.txt",),
    "fastapi": CORE,
    "starlette": CORE,
    "uvicorn": CORE,
    "python_multipart": CORE,
    "pydantic": CORE,
    "prometheus_client": CORE,
    "onnx": TRAINING,
    "onnxscript": TRAINING,
    "matplotlib": PREVIEW,
    "PIL": PREVIEW,
}
"""Importable package -> requirement files, relative to the repository, in the order of installation."""
_DISTRIBUTIONS: Final = {
    "PIL": "pillow",
    "python_multipart": "python-multipart",
    "skimage": "scikit-image",
    "starlette": "fastapi",
}
"""Importable package -> what pip calls it, or what brings it."""
LITE_PACKAGES: Final = frozenset(name for name, files in OPTIONAL_PACKAGES.items() if files == LITE)
CPU_INDEX: Final = "https://download.pytorch.org/whl/cpu"
REPOSITORY: Final = Path(elocute.__file__).resolve().parents[2]
"""The repository, where Elocute runs from it."""


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
    return SettingsError(
        f"{needed_by or 'This'} needs the Python package {package}, which is not installed.",
        f"Install it with: {install_command(package)}" + (f"; or {alternative}." if alternative else ""),
        code="missing_package",
    )


def install_command(package: str) -> str:
    """Return what to type to install ``package`` and what it needs, for the Python that runs here.

    The requirement files are complete and one of them names a package index of its own, so each is installed
    in a step of its own and without following dependencies. Outside the repository there are none: there all
    that is named beside it in an extra of Elocute's own package is installed with it.
    """
    pip = f"{_quoted(sys.executable)} -m pip install"
    files = [REPOSITORY / file for file in OPTIONAL_PACKAGES.get(package, ())]
    if files and all(file.is_file() for file in files):
        return " && ".join(f"{pip} --no-deps -r {_quoted(str(file))}" for file in files)
    if package in LITE_PACKAGES and sys.platform == "linux":
        # The package index has the build with CUDA, several GB.
        first = "" if package == "torch" else f" && {pip} {package}"
        return f"{pip} --index-url {CPU_INDEX} torch{first}"
    return f"{pip} {' '.join(_with_its_extra(_DISTRIBUTIONS.get(package, package)))}"


def _with_its_extra(distribution: str) -> list[str]:
    """The distributions of the first extra of Elocute's package that names this one, or this one alone."""
    try:
        lines = importlib.metadata.requires("elocute") or []
    except importlib.metadata.PackageNotFoundError:  # runs from a folder
        return [distribution]
    extras: dict[str, list[str]] = {}
    for line in lines:
        name, extra = re.match(r"[\w.-]+", line), re.search(r"""extra == ['"]([\w-]+)['"]""", line)
        if name is not None and extra is not None and name[0] != "elocute":
            extras.setdefault(extra[1], []).append(name[0])
    return next((names for names in extras.values() if distribution in names), [distribution])


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


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
