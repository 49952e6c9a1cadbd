"""The installed model families, and the model that each reference resolves to.

A family is found as a folder beside this file and reached by import when it is needed. Which family a
checkpoint belongs to stands in its config.json. Nothing else about any family is known here.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import elocute
from elocute import models
from elocute.checkpoint.folder import architecture_of, is_checkpoint
from elocute.checkpoint.hub import HUB_PACKAGES, fetch, parse_reference
from elocute.errors import InputError, SettingsError
from elocute.generator import Generator, ModelInfo
from elocute.models.family import ExtractedStyle, Family, LoadOptions
from elocute.motion.clip import MotionClip
from elocute.optional_packages import OPTIONAL_PACKAGES, missing_package, package_error

ALTERNATIVE: Final = "choose another model (see: elocute models)"
_TORCH: Final = "torch"


@dataclass(frozen=True)
class Model:
    """A model that can be loaded.

    Attributes:
        id: name in menus, on the wire, and in its clips.
        family: name of its family; None where its config.json has to be asked.
        folder: its checkpoint, None for one that is built in.
        bundled: whether it comes with Elocute.
    """

    id: str
    family: str | None
    folder: Path | None
    bundled: bool = False


def family_names() -> tuple[str, ...]:
    """Names of the families, sorted."""
    packages = [module.name for module in pkgutil.iter_modules(models.__path__) if module.ispkg]
    return tuple(
        sorted(name for name in packages if importlib.util.find_spec(f"{models.__name__}.{name}.family"))
    )


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        InputError: there is none.
    """
    if name not in family_names():
        raise InputError(
            f"This version of Elocute has no model family {name!r}.",
            f"It has {', '.join(family_names())}; update Elocute.",
            code="bad_checkpoint",
        )
    return cast("Family", importlib.import_module(f"{models.__name__}.{name}.family").FAMILY)


def families() -> Iterator[Family]:
    """Every family, by name."""
    return (family(name) for name in family_names())


def bundled_root() -> Path:
    """The folder of the checkpoints that come with Elocute, inside this package."""
    return Path(elocute.__file__).resolve().parent / "bundled"


def bundled_models() -> tuple[Model, ...]:
    """The checkpoints that come with Elocute, by name."""
    folders = sorted(path for path in bundled_root().glob("*") if is_checkpoint(path))
    return tuple(Model(folder.name, None, folder, bundled=True) for folder in folders)


def built_in_models() -> tuple[Model, ...]:
    """The models that need no checkpoint, by family."""
    return tuple(Model(info.id, one.name, None) for one in families() for info in one.built_in)


def folder_named(reference: str) -> Path | None:
    """The folder of that name, None where there is none and where no file could have such a name."""
    try:
        folder = Path(reference).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None


def references_at(reference: str) -> tuple[str, ...]:
    """One reference for each model that ``reference`` stands for: checkpoints in a folder, else itself."""
    folder = folder_named(reference)
    if folder is None or is_checkpoint(folder):
        return (reference,)
    return tuple(map(str, sorted(filter(is_checkpoint, folder.iterdir())))) or (reference,)


def models_at(reference: str) -> tuple[Model, ...]:
    """The models that a path or a hub id stands for; a model on the hub is downloaded.

    Args:
        reference: a checkpoint folder, a folder of checkpoint folders, or ``organisation/name[@revision]``.

    Raises:
        InputError: there is no such folder or model, or it holds no checkpoint.
        SettingsError: ``reference`` can be neither.
    """
    folder = folder_named(reference)
    if folder is not None:
        inner = () if is_checkpoint(folder) else sorted(filter(is_checkpoint, folder.iterdir()))
        found = inner or [folder]
        return tuple(Model(path.resolve().name, architecture_of(path), path) for path in found)
    hub = parse_reference(reference)
    if hub is None:
        raise SettingsError(
            f"There is no model {reference!r}.",
            "Give a name from `elocute models`, the folder of a checkpoint, or a Hugging Face hub id.",
            code="unknown_model",
        )
    missing = missing_package(HUB_PACKAGES)
    if missing is not None:
        named = f"There is no folder {reference}; a model of that name on the Hugging Face hub"
        raise package_error(missing, named)
    folder = fetch(hub)
    return (Model(reference, architecture_of(folder), folder),)


def problem_of(model: Model) -> SettingsError | None:
    """Why ``model`` cannot be used in this installation, or None; quick.

    Raises:
        InputError: its folder is damaged.
    """
    with _damage_named(model):
        missing = missing_package(_family(model).packages(model.folder))
    if missing is None:
        return None
    return package_error(missing, f"The model {model.id}", ALTERNATIVE)


def describe(model: Model) -> ModelInfo:
    """What ``model`` would say of itself; quick, loads nothing.

    Raises:
        InputError: its folder is damaged.
    """
    if model.folder is None:
        return next(info for info in _family(model).built_in if info.id == model.id)
    with _damage_named(model):
        return _family(model).describe(model.folder, model.id)


def load(model: Model, options: LoadOptions) -> Generator:
    """The model, ready to use.

    Raises:
        SettingsError: it cannot be used here, says what to install; or there is no such device.
        InputError: its folder is damaged.
    """
    problem = problem_of(model)
    if problem is not None:
        raise problem
    # Two threads that import libraries which overlap can see half of each other's modules: the analysis,
    # which another thread may be importing, always comes before the networks.
    importlib.import_module("elocute.audio.analysis")
    try:
        return _family(model).load(model.folder, model.id, options)
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in OPTIONAL_PACKAGES:
            raise
        name, other = f"The model {model.id}", ALTERNATIVE
        if package == _TORCH and options != LoadOptions():  # else it had been missed above
            name = f"{name} on {options.device} in {options.precision}"
            other = "leave the device and the precision out"
        raise package_error(package, name, other) from error
    except ImportError as error:  # the package is there, but a library of the system is not
        raise SettingsError(
            f"The model {model.id} cannot be used: {_first_line(error)}.",
            f"Install its packages again, or {ALTERNATIVE}.",
            code="missing_package",
        ) from error


def extract_style(model: Model, clip: MotionClip, start: int, source: str) -> ExtractedStyle:
    """The style of a clip.

    Args:
        model: whose style.
        clip: motion in the model's basis and frame rate.
        start: first frame that is used.
        source: what the clip is called, kept in the style file.

    Raises:
        SettingsError: the model has no style encoder, or the clip no such frame.
        InputError: the clip does not fit the model, or the model's folder is damaged.
    """
    if model.folder is None:
        raise SettingsError(f"The model {model.id} has no style encoder.", "Choose a learned model.")
    return _family(model).extract_style(model.folder, model.id, clip, start, source)


def _family(model: Model) -> Family:
    if model.family is not None:
        return family(model.family)
    if model.folder is None:
        raise AssertionError("a model without a folder names its family")
    return family(architecture_of(model.folder))


@contextmanager
def _damage_named(model: Model) -> Iterator[None]:
    """Errors about the files of a bundled model say what a user can do about it."""
    try:
        yield
    except InputError as error:
        if not model.bundled:
            raise
        raise InputError(
            f"The folder of the model {model.id} is damaged.", "Install Elocute again.", code="bad_checkpoint"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
