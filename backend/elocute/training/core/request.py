"""The request of ``elocute train``, the same for every training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeVar

from elocute.errors import SettingsError
from elocute.progress import Progress
from elocute.training.core.run_folder import SETTINGS_FILE, last_checkpoint, open_run
from elocute.training.core.settings import read_settings

_T = TypeVar("_T")


@dataclass(frozen=True)
class TrainRequest:
    """A run to start or to continue.

    Attributes:
        out: folder of the run.
        config: settings of a new run as JSON; None continues the run in ``out`` with its own.
        iterations: train up to this update instead of the settings' own.
        without: parts to leave out, for trainings that know some.
        device: ``auto``, or ``cpu`` to leave other devices alone.
        progress: is told how far it is.
    """

    out: Path
    config: Path | None = None
    iterations: int | None = None
    without: tuple[str, ...] = ()
    device: Literal["auto", "cpu"] = "auto"
    progress: Progress = field(default_factory=Progress)

    @property
    def resume(self) -> bool:
        """Whether a run is continued."""
        return self.config is None

    @property
    def iterations_done(self) -> int:
        """Of the last checkpoint in the run's folder, 0 without one."""
        last = last_checkpoint(self.out)
        return 0 if last is None else last[0]

    def settings(self, kind: type[_T]) -> _T:
        """The settings of the run, as they are in its file.

        Raises:
            InputError: the file is missing or not JSON, or there is no run to resume.
            SettingsError: an unknown key, a value that does not fit, or a run that is asked for fewer
                iterations than it has.
        """
        if self.config is not None:
            return read_settings(self.config, kind)
        open_run(self.out, resume=True)
        done = self.iterations_done
        if self.iterations is not None and self.iterations < done:
            raise SettingsError(
                f"The run in {self.out} has {done} iterations already.",
                f"Give --iterations more than {done}, or leave it out.",
            )
        return read_settings(self.out / SETTINGS_FILE, kind)

    def leave_out_nothing(self) -> None:
        """For a training that knows no parts to leave out.

        Raises:
            SettingsError: the request asks for it.
        """
        if self.without:
            raise SettingsError("This training has no parts to leave out.", "Train without --without.")


TrainingEntry = Callable[[TrainRequest], Path]
"""Runs a training and returns the folder of its last checkpoint."""


def load_entry(entry: str) -> TrainingEntry:
    """The function that a family names as ``module:function``."""
    module, _, name = entry.partition(":")
    function: TrainingEntry = getattr(import_module(module), name)
    return function
