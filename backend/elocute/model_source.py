"""Where models come from, as whoever makes performances sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from elocute.generator import Generator, ModelInfo
from elocute.models.catalogue import ChosenModel
from elocute.models.family import ExtractedStyle, LoadOptions
from elocute.motion.clip import MotionClip


class ModelSource(Protocol):
    """Where models come from."""

    def infos(self) -> Sequence[ModelInfo]:
        """Return what can be loaded, the default first; quick."""
        ...

    def choose(self, name: str | None) -> ChosenModel:
        """Return what ``name`` comes to, the default for None; quick.

        Raises:
            SettingsError: there is no such model, or it cannot be used here.
        """
        ...

    def fingerprint(self, chosen: ChosenModel) -> str:
        """Return a digest that changes with the model's files; loads nothing."""
        ...

    def load(self, chosen: ChosenModel, options: LoadOptions) -> Generator:
        """Return the model.

        Raises:
            SettingsError: it cannot be used here, or not like this.
            InputError: its files are damaged.
        """
        ...

    def extract_style(self, chosen: ChosenModel, clip: MotionClip, start: int, source: str) -> ExtractedStyle:
        """Return the style of a clip; arguments and errors of :meth:`Family.extract_style`."""
        ...
