"""Which models may be requested, and which model a request resolves to."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from elocute import __version__
from elocute.errors import InputError, SettingsError
from elocute.generator import Generator, ModelInfo
from elocute.models import registry
from elocute.models.family import ExtractedStyle, LoadOptions
from elocute.models.registry import Model
from elocute.motion.clip import MotionClip
from elocute.storage.digest import folder_digest

DEFAULT_MODEL: Final = "elocute-lite"
"""The bundled model that is used where none is named."""
_log = logging.getLogger(__name__)
MOST_LOADED: Final = 2
"""Models that are kept in memory."""
FALLBACK_MODEL: Final = "rules"
"""The built-in model that stands in where the default cannot be used: it needs nothing but numpy."""


@dataclass(frozen=True)
class ChosenModel:
    """The model that a wish comes to.

    Attributes:
        info: what it is.
        problem: why it is not the one a user would expect, or None.
        asked: what the wish called it; empty where it named none.
    """

    info: ModelInfo
    problem: SettingsError | None = field(default=None, compare=False)
    asked: str = ""

    @property
    def note(self) -> str:
        """One sentence where the model is not the one a user would expect, else empty."""
        if self.problem is None:
            return ""
        reason = self.problem.message[:1].lower() + self.problem.message[1:]
        return f"Made with the model {self.info.id}: {reason}"

    @property
    def id(self) -> str:
        """What the model is called from here on."""
        return self.asked or self.info.id


class Catalogue:
    """The models of an installation. Safe to use from several threads.

    The last :data:`MOST_LOADED` that were used stay loaded.

    Args:
        allowed: checkpoint folders, folders of them, and hub ids that may be used besides what comes with
            Elocute; a request names their ids.
        anything: whether a request may name any folder or hub id itself, as on the command line.

    Attributes:
        left_out: what is wrong with each folder of ``allowed`` that cannot be used, by the id it would have:
            it is not among the models, and whoever asks for it is told.

    Raises:
        InputError: one of ``allowed`` cannot be fetched from the hub, or what was fetched is damaged.
        SettingsError: there is no such folder or model, or two models would have the same id.
    """

    def __init__(self, allowed: Sequence[str] = (), *, anything: bool = False) -> None:
        self._anything = anything
        self._bundled = {model.id: model for model in _bundled()}
        self._named: dict[str, Model] = {}
        self._loaded: OrderedDict[tuple[str, LoadOptions], Generator] = OrderedDict()
        self._fingerprints: dict[str, str] = {}
        self._lock = threading.Lock()
        self.left_out: dict[str, InputError] = {}
        for reference in allowed:
            for one in registry.references_at(reference):
                self._allow(one)

    @cached_property
    def _models(self) -> dict[str, Model]:
        """All but those that were named by their folder. Every family is imported to say what is built in,
        so a program that only needs a bundled model does not ask for this."""
        built_in = {model.id: model for model in registry.built_in_models()}
        return self._bundled | built_in

    def _allow(self, reference: str) -> None:
        try:
            (model,) = registry.models_at(reference)
            registry.describe(model)
        except InputError as error:
            folder = registry.folder_named(reference)
            if folder is None:
                raise
            # One damaged folder among the user's must not keep all the others from being used.
            self.left_out[folder.resolve().name] = error
            _log.warning("The model %s is left out: %s", folder, error)
            return
        if model.id in self._models:
            raise SettingsError(
                f"There are two models named {model.id}; the second is {model.folder}.",
                "Rename its folder.",
                code="bad_models",
            )
        self._models[model.id] = model

    def infos(self) -> tuple[ModelInfo, ...]:
        """What each model is that can be used here, the default first. Quick; loads none.

        Raises:
            InputError: a model's files are damaged.
        """
        known = self._models.values()
        return tuple(registry.describe(model) for model in known if registry.problem_of(model) is None)

    def choose(self, name: str | None) -> ChosenModel:
        """The model of that id; for None the default, or the built-in one where that cannot be used.

        Args:
            name: an id; where anything may be named also a checkpoint folder or a hub id.

        Raises:
            SettingsError: there is no such model, or it was asked for by name and cannot be used here.
            InputError: its files are damaged.
        """
        if name is None:
            problem = self._default_problem()
            chosen = self._find(DEFAULT_MODEL if problem is None else FALLBACK_MODEL)
            return ChosenModel(registry.describe(chosen), problem)
        model = self._find(name)
        problem = registry.problem_of(model)
        if problem is not None:
            raise problem
        return ChosenModel(registry.describe(model), asked=name)

    def load(self, chosen: ChosenModel, options: LoadOptions) -> Generator:
        """The model, ready to use.

        Raises:
            SettingsError: it cannot be used here, or there is no such device.
            InputError: its files are damaged.
        """
        with self._lock:
            key = chosen.id, options
            if key not in self._loaded:
                while len(self._loaded) >= MOST_LOADED:  # before loading, so that no more are ever in memory
                    self._loaded.popitem(last=False)
                self._loaded[key] = registry.load(self._find(chosen.id), options)
            self._loaded.move_to_end(key)
            return self._loaded[key]

    def folder(self, chosen: ChosenModel) -> Path | None:
        """Where the model's checkpoint lies; None for one that is built in."""
        return self._find(chosen.id).folder

    def fingerprint(self, chosen: ChosenModel) -> str:
        """A digest of the model's id and files. It is computed once for each model and process.

        Raises:
            InputError: its files cannot be read.
        """
        if chosen.id not in self._fingerprints:
            folder = self.folder(chosen)
            own = __version__ if folder is None else folder_digest(folder)
            self._fingerprints[chosen.id] = f"{chosen.info.id} {own}"
        return self._fingerprints[chosen.id]

    def extract_style(self, chosen: ChosenModel, clip: MotionClip, start: int, source: str) -> ExtractedStyle:
        """The style of a clip; arguments and errors of :meth:`Family.extract_style`."""
        with self._lock:  # it loads what another thread may be loading at this moment
            return registry.extract_style(self._find(chosen.id), clip, start, source)

    def _find(self, name: str) -> Model:
        if name in self._bundled:
            return self._bundled[name]
        if name in self._models or name in self._named:
            return self._models.get(name) or self._named[name]
        if name == DEFAULT_MODEL:
            raise _missing_default()
        if name in self.left_out:
            raise self.left_out[name].with_traceback(None)
        if not self._anything:
            raise SettingsError(
                f"There is no model {name!r}.",
                f"Choose one of {', '.join(self._models)}.",
                code="unknown_model",
            )
        found = registry.models_at(name)
        if len(found) != 1:
            raise SettingsError(
                f"{name} holds {len(found)} models.", "Give the folder of one of them.", code="unknown_model"
            )
        self._named[name] = found[0]
        return found[0]

    def _default_problem(self) -> SettingsError | None:
        if DEFAULT_MODEL not in self._bundled:
            return _missing_default()
        return registry.problem_of(self._bundled[DEFAULT_MODEL])


def _bundled() -> list[Model]:
    """The checkpoints that come with Elocute, the default first."""
    return sorted(registry.bundled_models(), key=lambda model: (model.id != DEFAULT_MODEL, model.id))


def _missing_default() -> SettingsError:
    return SettingsError(
        f"The model {DEFAULT_MODEL} is not in this installation of Elocute.",
        f"Install Elocute again, or choose the model {FALLBACK_MODEL}.",
        code="missing_model",
    )
