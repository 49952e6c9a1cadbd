"""Which models there are, and how each is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from elocute.errors import SettingsError
from elocute.models.generator import Generator, ModelInfo

DEFAULT_MODEL: Final = "rules"


def _load_rules() -> Generator:
    from elocute.models.rules.generator import RulesGenerator

    return RulesGenerator()


_LOADERS: Final[dict[str, Callable[[], Generator]]] = {"rules": _load_rules}


def is_model_folder(model_id: str) -> bool:
    """True if ``model_id`` is the path of a checkpoint folder rather than a name."""
    return model_id not in _LOADERS and Path(model_id).expanduser().is_dir()


def load_generator(model_id: str = DEFAULT_MODEL) -> Generator:
    """The model of that id, or of that checkpoint folder, ready to use.

    Raises:
        SettingsError: there is no such model; the hint names those there are.
        InputError: the folder holds no usable checkpoint.
    """
    if is_model_folder(model_id):
        from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator

        return DiffPoseTalkGenerator.from_folder(Path(model_id).expanduser())
    loader = _LOADERS.get(model_id)
    if loader is None:
        raise SettingsError(
            f"There is no model {model_id!r}.", f"Choose one of {', '.join(_LOADERS)}.", code="unknown_model"
        )
    return loader()


def list_models() -> tuple[ModelInfo, ...]:
    """What each known model is, the default first."""
    return tuple(loader().info for loader in _LOADERS.values())
