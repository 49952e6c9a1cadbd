"""The rules family: one built-in model, and nothing to convert or train."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.errors import InputError, SettingsError
from elocute.generator import Generator, ModelInfo
from elocute.models.family import Converter, ExtractedStyle, LoadOptions, Training, fixed_arithmetic
from elocute.models.rules.description import FAMILY as NAME
from elocute.models.rules.description import rules_info
from elocute.motion.clip import MotionClip


class RulesFamily:
    """Coarticulation by dominance functions, and head, brows and eyes from prosody."""

    name = NAME
    converters: tuple[Converter, ...] = ()
    trainings: tuple[Training, ...] = ()

    @property
    def built_in(self) -> tuple[ModelInfo, ...]:
        """The one model there is."""
        return (rules_info(),)

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """None: numpy suffices."""
        return ()

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """There are no checkpoints.

        Raises:
            InputError: always.
        """
        raise _no_checkpoints(folder)

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model.

        Raises:
            InputError: a folder was given.
            SettingsError: a device or precision was asked for.
        """
        if folder is not None:
            raise _no_checkpoints(folder)
        if options != LoadOptions():
            raise fixed_arithmetic(name)
        from elocute.models.rules.generator import RulesGenerator

        return RulesGenerator()

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """The styles are numbers that a user sets.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(f"The family {self.name} has no style encoder.")


def _no_checkpoints(folder: Path) -> InputError:
    return InputError(
        f"{folder} cannot be loaded: the family {NAME} has no checkpoints.", code="bad_checkpoint"
    )


FAMILY: Final = RulesFamily()
