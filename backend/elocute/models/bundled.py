"""The learned model that ships with Elocute: where it is, whether it can run here, what it is.

Nothing here imports torch, so that listing models is quick and works where torch is not installed.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Final

import elocute
from elocute.errors import InputError, SettingsError
from elocute.generator import Generator, ModelInfo, NumberOption

BUNDLED_MODEL: Final = "elocute-lite"
PACKAGES: Final = ("torch", "safetensors", "diffusers")
"""What it needs on top of what the ``rules`` model needs."""
REQUIREMENTS: Final = ("requirements/torch-cpu.txt", "requirements/backend-lite.txt")
"""Files that list those packages with all that they need, relative to the repository."""


def bundled_folder() -> Path:
    """Where the checkpoint lies, inside this package."""
    return Path(elocute.__file__).resolve().parent / "bundled" / BUNDLED_MODEL


def bundled_problem() -> SettingsError | None:
    """Why the model cannot be used in this installation, or None. Quick: it imports nothing."""
    if not (bundled_folder() / "config.json").is_file():
        return SettingsError(
            f"The model {BUNDLED_MODEL} is not in this installation of Elocute.",
            "Install Elocute again, or choose the model rules.",
            code="missing_model",
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    return _missing_package(missing[0]) if missing else None


def bundled_info() -> ModelInfo:
    """What the loaded model would say of itself, from its folder's config.json and styles.

    Raises:
        InputError: the folder is damaged.
    """
    folder = bundled_folder()
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return _describe(config, sorted(path.stem for path in (folder / "styles").glob("*.npz")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The folder of the model {BUNDLED_MODEL} is damaged.",
            "Install Elocute again.",
            code="bad_checkpoint",
        ) from error


def load_bundled() -> Generator:
    """The model, ready to use.

    Raises:
        SettingsError: it cannot be used here; names what to install.
        InputError: its folder is damaged.
    """
    problem = bundled_problem()
    if problem is not None:
        raise problem
    try:
        from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
    except ModuleNotFoundError as error:
        raise _missing_package((error.name or "").split(".")[0]) from error
    except (ImportError, OSError) as error:  # torch is there, but a library of the system is not
        raise SettingsError(
            f"The model {BUNDLED_MODEL} cannot be used: PyTorch does not load ({_first_line(error)}).",
            "Install PyTorch again, or choose the model rules.",
            code="missing_package",
        ) from error
    return DiffPoseTalkGenerator.from_folder(bundled_folder())


def _describe(config: dict[str, Any], presets: list[str]) -> ModelInfo:
    sampling, steps = config["sampling"], int(config["steps"])
    default = sampling["style"]
    return ModelInfo(
        id=BUNDLED_MODEL,
        family=config["architecture"],
        title=f"DiffPoseTalk, from speech and phones ({BUNDLED_MODEL})",
        basis=config["basis"],
        fps=float(config["fps"]),
        styles=(default, *(name for name in presets if name != default), "null"),
        options={
            "audio_scale": NumberOption(0.0, float(sampling["audio_scale"]), 5.0),
            "style_scale": NumberOption(0.0, float(sampling["style_scale"]), 10.0),
            "steps": NumberOption(1.0, float(min(sampling["steps"], steps)), float(steps), whole=True),
            "threshold": NumberOption(0.0, 0.0, 1.0),
            "gaze": NumberOption(0.0, 1.0, 2.0),
            "blinks": NumberOption(0.0, 1.0, 2.0),
        },
    )


def _missing_package(name: str) -> SettingsError:
    files = " ".join(f"-r {file}" for file in REQUIREMENTS)
    return SettingsError(
        f"The model {BUNDLED_MODEL} needs the Python package {name}, which is not installed.",
        f"Install it with: pip install {files}; or choose the model rules.",
        code="missing_package",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
