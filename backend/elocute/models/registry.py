"""Which models there are, and how each is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.errors import SettingsError
from elocute.generator import Generator, ModelInfo
from elocute.models.bundled import BUNDLED_MODEL, bundled_info, bundled_problem, load_bundled
from elocute.models.rules.description import MODEL_ID, rules_info

DEFAULT_MODEL: Final = BUNDLED_MODEL
RULES: Final = MODEL_ID
"""The model that needs nothing but numpy: it stands in where the default cannot be used."""


def _load_rules() -> Generator:
    from elocute.models.rules.generator import RulesGenerator

    return RulesGenerator()


@dataclass(frozen=True)
class _Entry:
    """A known model.

    Attributes:
        info: what it is; quick.
        load: the model itself.
        problem: why it cannot be used here, or None; quick.
    """

    info: Callable[[], ModelInfo]
    load: Callable[[], Generator]
    problem: Callable[[], SettingsError | None]


_MODELS: Final[dict[str, _Entry]] = {
    BUNDLED_MODEL: _Entry(bundled_info, load_bundled, bundled_problem),
    RULES: _Entry(rules_info, _load_rules, lambda: None),
}
"""The default first."""


@dataclass(frozen=True)
class ChosenModel:
    """The model that a wish comes to.

    Attributes:
        info: what it is.
        note: one sentence where it is not the one a user would expect, else empty.
    """

    info: ModelInfo
    note: str = ""


def is_model_folder(model_id: str) -> bool:
    """True if ``model_id`` is the path of a checkpoint folder rather than a name."""
    return model_id not in _MODELS and Path(model_id).expanduser().is_dir()


def choose_model(model_id: str | None) -> ChosenModel:
    """The model of that id; for None the default, or ``rules`` with a note where it cannot be used.

    Raises:
        SettingsError: there is no such model, or it was asked for by name and cannot be used here.
        InputError: its files are damaged.
    """
    if model_id is None:
        problem = _MODELS[DEFAULT_MODEL].problem()
        if problem is None:
            return ChosenModel(_MODELS[DEFAULT_MODEL].info())
        reason = problem.message[:1].lower() + problem.message[1:]
        return ChosenModel(_MODELS[RULES].info(), f"Made with the model {RULES}: {reason}")
    entry = _entry(model_id)
    if (problem := entry.problem()) is not None:
        raise problem
    return ChosenModel(entry.info())


def load_generator(model_id: str = DEFAULT_MODEL) -> Generator:
    """The model of that id, or of that checkpoint folder, ready to use.

    Raises:
        SettingsError: there is no such model, or it cannot be used here; the hint says what to do.
        InputError: the folder holds no usable checkpoint.
    """
    if is_model_folder(model_id):
        from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator

        return DiffPoseTalkGenerator.from_folder(Path(model_id).expanduser())
    return _entry(model_id).load()


def list_models() -> tuple[ModelInfo, ...]:
    """What each model is that can be used here, the default first. Quick; loads none.

    Raises:
        InputError: a model's files are damaged.
    """
    return tuple(entry.info() for entry in _MODELS.values() if entry.problem() is None)


def _entry(model_id: str) -> _Entry:
    if model_id not in _MODELS:
        raise SettingsError(
            f"There is no model {model_id!r}.", f"Choose one of {', '.join(_MODELS)}.", code="unknown_model"
        )
    return _MODELS[model_id]
