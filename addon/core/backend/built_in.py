"""The service's packages where the extension carries them: wheels that Blender has installed beside its own.

The service then runs in a child process of Blender's own Python, never in Blender's process. Nothing has to
be set up. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

WHEELS: Final = "wheels"
"""Folder of an extension that carries its packages."""
SPEECH_MODEL: Final = "speech_model"
BLENDERS_OWN: Final = "numpy"
NEEDED: Final = (
    "fastapi",
    "numpy",
    "onnxruntime",
    "parselmouth",
    "pocketsphinx",
    "pydantic_core",
    "safetensors",
    "soundfile",
    "soxr",
    "uvicorn",
)
"""Modules without which the service does not start or does not hear."""


@dataclass(frozen=True)
class PythonLaunch:
    """How a Python program of the backend's is started.

    Attributes:
        python: the interpreter.
        variables: environment variables on top of this process' own, those of Python's own taken away
            (:func:`child_variables`).
    """

    python: Path
    variables: Mapping[str, str]


@dataclass(frozen=True)
class BuiltInPackages:
    """What the service runs with where nothing is set up.

    Attributes:
        python: Blender's own interpreter.
        folders: where its packages are found, besides the interpreter's own.
        speech_model: folder of the model that places phones, or None where its package brings it.
    """

    python: Path
    folders: tuple[Path, ...]
    speech_model: Path | None = None

    def launch(self, backend: Path) -> PythonLaunch:
        """How a program of ``backend`` is started, without what the user has installed for this Python."""
        variables = {
            "PYTHONPATH": os.pathsep.join(map(str, (backend, *self.folders))),
            "PYTHONNOUSERSITE": "1",
        }
        if self.speech_model is not None:
            variables["POCKETSPHINX_PATH"] = str(self.speech_model)
        return PythonLaunch(self.python, variables)


def find_built_in(
    package: Path, search: Sequence[str], python: Path | None, needed: Iterable[str] = NEEDED
) -> BuiltInPackages | None:
    """The packages that the extension has brought; None where it has none or Blender has not installed them.

    Imports nothing.

    Args:
        package: the extension's folder.
        search: folders in which Blender's Python looks for modules, as ``sys.path``.
        python: Blender's own interpreter; None where there is none.
        needed: modules that must be there.
    """
    if python is None or not (package / WHEELS).is_dir():
        return None
    folders: dict[Path, None] = {}
    for name in needed:
        spec = PathFinder.find_spec(name, list(search))
        if spec is None or spec.origin is None:
            return None
        place = Path(spec.origin).parent
        if name != BLENDERS_OWN:  # which the child finds by itself
            folders[place.parent if spec.submodule_search_locations is not None else place] = None
    model = package / SPEECH_MODEL
    return BuiltInPackages(python, tuple(folders), model if model.is_dir() else None)


def blenders_python(executable: str, prefix: str) -> Path | None:
    """Blender's own interpreter, which can run a child process; None where there is none.

    Args:
        executable: as ``sys.executable``, which in some builds names Blender itself or nothing.
        prefix: as ``sys.prefix``.
    """
    named = Path(executable) if executable else None
    if named is not None and named.stem.lower().startswith("python") and named.is_file():
        return named
    folder = Path(prefix) / "bin"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    names = (f"python{version}", "python3", "python", "python.exe")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def child_variables(own: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Variables of a child: this process' own without what changes a Python, and ``variables``."""
    pythons = ("PYTHON", "__PYVENV_LAUNCHER")
    kept = {name: value for name, value in own.items() if not name.upper().startswith(pythons)}
    return {**kept, **variables}
